"""Patterns: `photos/**/*.jpg` taken apart, matched and used to leave folders out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from mediaframe.errors import UsageError

_MAGIC = re.compile(r"[*?\[{]")
_BRACES = re.compile(r"\{([^{}]*,[^{}]*)\}")


def is_pattern(text: str) -> bool:
    """Whether the text holds a character that means something in a pattern."""
    return _MAGIC.search(text) is not None


def split_pattern(text: str) -> tuple[str, str]:
    """Part a path into the folder that holds no pattern and the pattern below it.

    >>> split_pattern("/photos/2024/**/*.jpg")
    ('/photos/2024', '**/*.jpg')
    """
    parts = text.split("/")
    first = next(index for index, part in enumerate(parts) if is_pattern(part))
    return "/".join(parts[:first]) or ("/" if text.startswith("/") else ""), "/".join(parts[first:])


@dataclass(frozen=True)
class Pattern:
    """A pattern as of the shell: `*`, `?`, `[a-z]`, `[!a]`, `{a,b}` within a part, `**` for many folders.

    >>> Pattern("**/*.{jpg,png}").matches("a/b/c.png"), Pattern("*.jpg").matches("a/b.jpg")
    (True, False)
    """

    text: str
    _whole: re.Pattern[str] = field(init=False, repr=False, compare=False)
    _parts: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        parts = tuple(part for part in self.text.split("/") if part)
        if any("**" in part and part != "**" for part in parts):
            raise UsageError(f"pattern {self.text!r}: expected ** to stand alone between slashes")
        object.__setattr__(self, "_parts", parts)
        object.__setattr__(self, "_whole", re.compile(_translate(parts), re.DOTALL))

    @property
    def hidden(self) -> bool:
        """Whether a part asks for names that begin with a dot."""
        return any(part.startswith(".") for part in self._parts)

    def matches(self, path: str) -> bool:
        """Whether a path below the folder is meant."""
        return self._whole.fullmatch(path) is not None

    def may_hold(self, folder: str) -> bool:
        """Whether a folder below can hold what is meant, so that others need not be looked into."""
        for depth, name in enumerate(folder.split("/")):
            if depth >= len(self._parts) - 1:
                return self._parts[-1] == "**" and depth == len(self._parts) - 1
            if self._parts[depth] == "**":
                return True
            if not re.fullmatch(_part(self._parts[depth]), name, re.DOTALL):
                return False
        return True


def _translate(parts: tuple[str, ...]) -> str:
    """Give the regular expression; `**` takes any number of folders, at the end any file below."""
    out = []
    for index, part in enumerate(parts):
        last = index == len(parts) - 1
        if part == "**":
            out.append(".+" if last else "(?:[^/]+/)*")
        else:
            out.append(_part(part) + ("" if last else "/"))
    return "".join(out)


def _part(part: str) -> str:
    pieces = []
    for index, text in enumerate(_BRACES.split(part)):
        if index % 2:
            pieces.append("(?:" + "|".join(_plain(choice) for choice in text.split(",")) + ")")
        else:
            pieces.append(_plain(text))
    return "".join(pieces)


def _plain(text: str) -> str:
    out, at = [], 0
    while at < len(text):
        one, at = text[at], at + 1
        if one == "*":
            out.append("[^/]*")
        elif one == "?":
            out.append("[^/]")
        elif one == "[" and (end := text.find("]", at + (2 if text[at : at + 1] == "!" else 1))) > 0:
            out.append(_choice(text[at:end]))
            at = end + 1
        else:
            out.append(re.escape(one))
    return "".join(out)


def _choice(text: str) -> str:
    inside = text.removeprefix("!").replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]").replace("^", "\\^")
    try:
        re.compile(f"[{inside}]")
    except re.error:
        return re.escape(f"[{text}]")
    return f"(?!/)[{'^' if text.startswith('!') else ''}{inside}]"
