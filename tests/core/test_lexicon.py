"""Every language has its file, and every file is of a language that is recognised."""

from importlib import resources

import pytest

from litemem.core.text import lexicon


def test_each_file_belongs_to_a_language() -> None:
    files = resources.files("litemem.core.text") / "languages"
    codes = {*lexicon.LISTED.values(), lexicon.UNKNOWN}
    assert {file.name for file in files.iterdir()} == {f"{code}.toml" for code in codes}


@pytest.mark.parametrize("name", lexicon.LISTED)
def test_a_file_names_its_language(name: str) -> None:
    assert lexicon._read(lexicon.LISTED[name])["name"] == name


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Ich wohne in Wien und bin Koch", "de"),
        ("我住在成都", "zh"),
        ("I live in Leeds", "en"),
        ("?", "en"),
    ],
)
def test_the_code_of_a_text(text: str, code: str) -> None:
    assert lexicon.code_of(text) == code
