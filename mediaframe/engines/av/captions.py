"""Captions that go along with a package: WebVTT as it is, SubRip made into it."""

from __future__ import annotations

import re

from mediaframe.engines.base import Source
from mediaframe.errors import AssetError
from mediaframe.model.input import Input

_CUE = re.compile(r"^(\d{1,2}:\d\d:\d\d),(\d{3})[ \t]*-->[ \t]*(\d{1,2}:\d\d:\d\d),(\d{3}).*$", re.MULTILINE)


def read(given: Input) -> bytes:
    """Give the text as WebVTT; E_INPUT where it is neither that nor SubRip."""
    assert isinstance(given.data, Source)  # noqa: S101  # the child puts the content there
    try:
        text = bytes(given.data.view()).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise AssetError(f"captions {given.told!r}: expected text in UTF-8", code="E_INPUT") from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if re.match(r"WEBVTT([ \t\n]|$)", text):
        return text.encode()
    if _CUE.search(text) is None:
        raise AssetError(f"captions {given.told!r}: expected WebVTT or SubRip", code="E_INPUT")
    return ("WEBVTT\n\n" + _CUE.sub(r"\1.\2 --> \3.\4", text)).encode()
