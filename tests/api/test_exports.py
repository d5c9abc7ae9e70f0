"""The public names of the package."""

import importlib

import pytest

import litemem


def test_the_public_names_are_sorted() -> None:
    assert litemem.__all__ == sorted(litemem.__all__)


def test_what_the_package_shows_of_its_own_is_public() -> None:
    shown = {name for name in {*dir(litemem), *litemem.__all__} if not name.startswith("_")}
    own = {name for name in shown if _module(name).startswith("litemem")}
    assert own | {"__version__"} == set(litemem.__all__)


def _module(name: str) -> str:
    """Return where a public class or function is defined; "" for modules and others."""
    return getattr(getattr(litemem, name), "__module__", "")


@pytest.mark.parametrize("name", litemem.__all__)
def test_a_public_name_can_be_imported(name: str) -> None:
    assert getattr(importlib.import_module("litemem"), name)
