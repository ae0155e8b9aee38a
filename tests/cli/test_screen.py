"""Nothing that a stranger wrote steers a terminal."""

import math

import pytest
from rich.console import Console

from mediaframe.cli.screen import emit, in_shell, out, place, plain, table
from mediaframe.errors import CODES
from mediaframe.model.limits import Limits


@pytest.mark.parametrize(
    "name",
    ["a\x1b[2Jb", "a\rb", "a\nb", "a\x07b", "a\u202egpj.exe", "a\u2066b", "a\u200bb", "a\x9bb", "a\u2028b", "\udcff"],
)
def test_what_cannot_be_seen_is_escaped(name: str) -> None:
    said = plain(name)

    assert said.isprintable()
    assert said != name


@pytest.mark.parametrize("name", ["plain.jpg", "Été 夏 ☕ ñ", "[bold]red[/bold]", ":smile:", r"back\slash"])
def test_what_can_be_seen_stays_as_it_is(name: str) -> None:
    assert plain(name) == name


def test_markup_and_emoji_codes_in_a_table_are_letters(capsys: pytest.CaptureFixture[str]) -> None:
    out().print(table(("name",), [("[bold red]x[/] :smile:",)]))

    assert "[bold red]x[/] :smile:" in capsys.readouterr().out


def test_a_table_escapes_what_its_cells_hold() -> None:
    console = Console(width=80)
    with console.capture() as captured:
        console.print(table(("name",), [("a\x1b[31mb",)]))

    assert "a\\x1b[31mb" in captured.get()


def test_a_place_is_shown_without_secrets() -> None:
    assert place("s3://KEY:SECRET@bucket/a") == "s3://bucket/a"


def test_a_document_is_ascii_and_has_no_numbers_that_json_does_not_know(capsys: pytest.CaptureFixture[str]) -> None:
    emit({"name": "夏\x1b", "share": math.nan, "list": (1, 2)})

    said = capsys.readouterr().out
    assert said.isascii()
    assert "\x1b" not in said
    assert '"share": null' in said


@pytest.mark.parametrize("code", sorted(CODES))
def test_advice_names_no_words_of_python_that_the_shell_spells_otherwise(code: str) -> None:
    advice = in_shell(CODES[code].advice)

    assert "Limits." not in advice
    assert "on_exists" not in advice


def test_limits_that_advice_names_are_limits() -> None:
    advices = [code.advice for code in CODES.values() if "Limits." in code.advice]
    named = [advice.partition("Limits.")[2].split()[0].rstrip(".") for advice in advices]

    assert named
    assert set(named) <= set(Limits.__dataclass_fields__)


def test_on_a_narrow_terminal_long_names_are_folded_and_codes_stay_whole() -> None:
    console = Console(width=60)
    with console.capture() as captured:
        console.print(table(("name", "code", "-size"), [("x" * 70, "E_FORMAT_MISMATCH", "168 kB")]))

    said = captured.get()
    assert said.count("x") == 70
    assert "E_FORMAT_MISMATCH" in said
    assert "168 kB" in said
