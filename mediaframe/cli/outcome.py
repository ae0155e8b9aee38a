"""How a command ends: its exit code, and errors said in a line instead of a traceback."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import typer
from rich.text import Text

from mediaframe.cli.screen import BAD, FAINT, STRONG, emit, err, in_shell, plain
from mediaframe.errors import CODES, MediaframeError, UsageError
from mediaframe.storage.redact import redact

OK = 0
FAILED = 1
USAGE = 2
WITH_ERRORS = 3
INTERRUPTED = 130

BY_STATE = {
    "planned": OK,
    "complete": OK,
    "complete_with_errors": WITH_ERRORS,
    "failed": FAILED,
    "cancelled": INTERRUPTED,
}
"""The exit code for the state that a run is in."""


def command(work: Callable[..., int]) -> Callable[..., None]:
    """Make a command of a function that gives an exit code: what it raises becomes one too.

    With `json=True` an error is the JSON document.
    """

    @wraps(work)
    def run(*args: Any, **given: Any) -> None:
        as_json = bool(given.get("as_json"))
        try:
            code = work(*args, **given)
        except MediaframeError as error:
            tell(error, as_json=as_json)
            code = USAGE if isinstance(error, UsageError) else FAILED
        except KeyboardInterrupt:
            code = INTERRUPTED
        raise typer.Exit(code)

    return run


def tell(error: MediaframeError, *, as_json: bool) -> None:
    """Say an error: what was given, what is allowed, what to do."""
    message, advice = in_shell(redact(error.message)), in_shell(CODES[error.code].advice)
    if as_json:
        told = {"code": error.code, "stage": error.stage, "message": message, "retryable": error.retryable}
        emit({"error": told | {"advice": advice}})
        return
    line = Text.assemble(("error: ", f"{STRONG} {BAD}"), plain(message), (f"  [{error.code}]", FAINT))
    if not isinstance(error, UsageError) and advice != "See the message.":
        line.append(f"\n       {advice}")
    err().print(line, soft_wrap=True)
