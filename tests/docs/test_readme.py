"""What the README shows is what happens."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


class SameButForPlaces(doctest.OutputChecker):
    """Compare without the ids of runs and the folders that they went to."""

    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        return super().check_output(*(self.plain(text) for text in (want, got)), optionflags)

    def plain(self, text: str) -> str:
        text = re.sub(r"Run \d{8}T\d{6}-[0-9a-f]{6}", "Run ID", text)
        return re.sub(r"(?:/[^/\s:']+)*/(photos|out|a\.webp)\b", r"/data/\1", text)


@pytest.fixture
def there(tmp_path, monkeypatch):
    photos = tmp_path / "photos"
    photos.mkdir()
    for name, size in (("a.jpg", (640, 480)), ("b.png", (320, 200)), ("c.webp", (200, 320)), ("torn.jpg", (640, 480))):
        Image.effect_noise(size, 40).convert("RGB").save(photos / name)
    torn = photos / "torn.jpg"
    torn.write_bytes(torn.read_bytes()[:9000])
    monkeypatch.chdir(tmp_path)


def test_the_examples_of_the_readme_give_what_they_show(there):
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    test = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, "README.md", "README.md", 0)
    runner = doctest.DocTestRunner(SameButForPlaces())
    said: list[str] = []

    failed, tried = runner.run(test, out=said.append)

    assert tried > 5
    assert not failed, "".join(said)


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^):#]+)\)", README))))
def test_what_the_readme_links_to_is_there(link):
    assert (ROOT / link).exists()


@pytest.mark.parametrize("end", [r"\.venv/bin/mediaframe demo", r"\.venv-test/bin/python -m pytest -n logical.*"])
def test_the_readme_has_one_line_for_each_start(end):
    lines = re.findall(rf"^python3 -m venv --without-pip .* && {end}$", README, re.MULTILINE)

    assert len(lines) == 1
