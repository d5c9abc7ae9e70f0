"""The public names of the package."""

import importlib

import pytest

import litemem


def test_the_public_names_are_sorted() -> None:
    assert litemem.__all__ == sorted(litemem.__all__)


def test_what_the_package_shows_of_its_own_is_public() -> None:
    shown = {*dir(litemem), *litemem.__all__}
    own = {n for n in shown if getattr(getattr(litemem, n), "__module__", "").startswith("litemem")}
    assert own | {"__version__"} == set(litemem.__all__)


@pytest.mark.parametrize("name", litemem.__all__)
def test_a_public_name_can_be_imported(name: str) -> None:
    assert getattr(importlib.import_module("litemem"), name)
