"""Redaction: what is secret in a URL or a message is taken out before anybody can read it."""

from __future__ import annotations

import re
from collections.abc import Mapping

STARS = "***"

# The address of one URL inside running text: up to white space, quotes and angle brackets.
_URL = re.compile(r"\b(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<rest>[^\s'\"<>`]*)")
_HEADER = re.compile(
    r"(?P<name>\b(?:proxy-)?authorization|\b(?:set-)?cookie)(?P<sep>['\"]?\s*[:=]\s*['\"]?)[^\r\n'\"]+",
    re.IGNORECASE,
)
_WORDS = (
    r"x-amz-[a-z-]+|x-goog-[a-z-]+|awsaccesskeyid|aws_access_key_id|aws_secret_access_key|aws_session_token"
    r"|secret[_-]?access[_-]?key|access[_-]?key(?:[_-]?id)?|account[_-]?key|api[_-]?key|client[_-]?secret"
    r"|connection[_-]?string|private[_-]?key|signature|sig|(?:access|refresh|session|id|sas)[_-]?token|token"
    r"|secret|password|passwd|passphrase|pwd|key"
)
_PAIR = re.compile(
    rf"(?P<name>(?<![A-Za-z0-9])(?:{_WORDS}))(?P<sep>['\"]?\s*[=:]\s*)(?P<quote>['\"]?)"
    r"(?P<value>[^\s'\"&,;)}\]]+)",
    re.IGNORECASE,
)
_OPTION = re.compile(rf"^(?:{_WORDS}|username|credentials?|auth|headers?|cookies?)$", re.IGNORECASE)


def redact(text: str) -> str:
    """Take secrets out of a URL, or of any text that may hold some.

    User names, passwords and queries of URLs go, so do `Authorization`, cookies, and the values of words
    such as `token=` or `X-Amz-Signature=`. A local path has no query, so its `?` stays.

    >>> redact("s3://KEY:SECRET@bucket/a.jpg?X-Amz-Signature=0f")
    's3://bucket/a.jpg?***'
    >>> redact("401 for https://h/a.jpg?w=2&token=abc, token=abc")
    '401 for https://h/a.jpg?***, token=***'
    >>> redact("/photos/what?.jpg")
    '/photos/what?.jpg'
    """
    text = _URL.sub(_redact_url, text)
    text = _HEADER.sub(rf"\g<name>\g<sep>{STARS}", text)
    return _PAIR.sub(_redact_pair, text)


def secret_options(options: Mapping[str, object]) -> list[str]:
    """Give the names of the options of a store that hold a literal secret, dotted where nested.

    >>> secret_options({"profile": "shop", "secret": "x", "client_kwargs": {"aws_session_token": "y"}})
    ['client_kwargs.aws_session_token', 'secret']
    """
    found = []
    for name, value in options.items():
        if isinstance(value, Mapping):
            found += [f"{name}.{inner}" for inner in secret_options(value)]
            if _OPTION.match(name):
                found.append(name)
        elif value is not None and not isinstance(value, bool) and _OPTION.match(name):
            found.append(name)
    return sorted(found)


def _redact_url(match: re.Match[str]) -> str:
    scheme, rest = match["scheme"], match["rest"]
    if scheme.lower() in ("file", "memory"):
        return match[0]
    authority, slash, path = rest.partition("/")
    # A secret may hold a slash, so what stands before an @ goes even beyond the first one.
    if "@" in authority:
        authority = authority.rpartition("@")[2]
    elif ":" in authority and "@" in path:
        authority, slash, path = path.rpartition("@")[2].partition("/")
    whole = f"{authority}{slash}{path}"
    before, mark, query = re.split(r"([?])", whole, maxsplit=1) if "?" in whole else (whole, "", "")
    if not mark:
        return f"{scheme}://{before}"
    tail = re.search(r"[,.;:)\]}]*$", query)
    return f"{scheme}://{before}?{STARS}{tail[0] if tail else ''}"


def _redact_pair(match: re.Match[str]) -> str:
    return match[0] if match["value"].startswith(STARS) else f"{match['name']}{match['sep']}{match['quote']}{STARS}"
