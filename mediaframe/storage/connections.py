"""Connections: options of a store kept under a name on the machine that opens it, so that no secret has to travel."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from typing import Any

from fsspec.config import conf

from mediaframe.errors import UsageError

CONNECTION = "connection"
"""The storage option that names a connection."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_NESTED = frozenset({"client_kwargs", "config_kwargs", "s3_additional_kwargs"})


def resolve(options: Mapping[str, Any]) -> dict[str, Any]:
    """Give storage options with what stands behind the name of a connection on this machine.

    `{"connection": "acme"}` takes every variable of the environment that begins with `MEDIAFRAME_CONNECTION_ACME_`,
    such as `..._ENDPOINT_URL`, `..._KEY`, `..._SECRET` or `..._PROFILE`, as the option of that name in lower case;
    where there is none, the section `connection-acme` of the configuration of fsspec. Options beside the name win.

    >>> resolve({"anon": True})
    {'anon': True}
    """
    given = dict(options)
    name = given.pop(CONNECTION, None)
    if name is None:
        return given
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise UsageError(f"storage_options connection={name!r}: expected a name of letters, digits, - and _")
    prefix = f"MEDIAFRAME_CONNECTION_{name.upper().replace('-', '_')}_"
    found = {
        variable[len(prefix) :].lower(): value for variable, value in os.environ.items() if variable.startswith(prefix)
    }
    section = {} if found else conf.get(f"connection-{name}", {})
    if not found and not section:
        raise UsageError(
            f"storage_options connection={name!r}: nothing is known of it on this machine; set {prefix}ENDPOINT_URL, "
            f"{prefix}KEY, {prefix}SECRET or {prefix}PROFILE, or write a section [connection-{name}] in the "
            "configuration of fsspec"
        )
    return {**{one: _value(one, value, prefix) for one, value in {**section, **found}.items()}, **given}


def _value(name: str, value: Any, prefix: str) -> Any:
    if name in _NESTED and isinstance(value, str):
        try:
            return dict(json.loads(value))
        except (ValueError, TypeError):
            raise UsageError(f"{prefix}{name.upper()}: expected an object of JSON") from None
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    return value
