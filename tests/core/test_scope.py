"""Scopes: valid ids, and merging of ids."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litemem.core.scope import ID_KEYS, MAX_ID_CHARACTERS, Scope, check_id
from litemem.errors import ScopeError

ids = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(
    lambda value: value.strip() and value != "*" and "\0" not in value
)
scopes = st.builds(Scope, **{key: st.none() | ids for key in ID_KEYS})


@given(ids)
def test_any_text_that_is_not_blank_can_be_an_id(value: str) -> None:
    assert check_id(value, "user_id") == value


@given(st.text())
def test_a_text_is_an_id_or_refused_by_name(value: str) -> None:
    try:
        Scope(user_id=value)
    except ScopeError as error:
        assert str(error).startswith("user_id")  # noqa: PT017 - both outcomes are good


@pytest.mark.parametrize("value", ["", " ", "*", "a\0", "\ud800", "x" * (MAX_ID_CHARACTERS + 1)])
@pytest.mark.parametrize("key", ID_KEYS)
def test_an_impossible_id_is_refused_by_name(key: str, value: str) -> None:
    with pytest.raises(ScopeError, match=f"^{key}"):
        Scope(**{key: value})


@pytest.mark.parametrize("value", [5, True, b"x", ["x"], {"in": ["x"]}])
def test_an_id_that_is_not_text_is_refused_with_its_type(value: Any) -> None:
    with pytest.raises(ScopeError, match=type(value).__name__):
        Scope(user_id=value)


def test_an_id_as_long_as_can_be_is_accepted() -> None:
    assert Scope(user_id="x" * MAX_ID_CHARACTERS)


def test_a_scope_without_ids_is_false() -> None:
    assert not Scope()


@pytest.mark.parametrize("key", ID_KEYS)
def test_a_scope_with_any_id_is_true(key: str) -> None:
    assert Scope(**{key: "x"})


@given(scopes)
def test_the_ids_of_a_scope_make_the_same_scope(scope: Scope) -> None:
    assert Scope(**scope.ids()) == scope


@given(scopes)
def test_the_key_has_the_ids_in_their_order(scope: Scope) -> None:
    assert scope.key() == tuple(getattr(scope, key) for key in ID_KEYS)


@given(scopes, scopes)
def test_merging_gives_all_ids_or_refuses_a_contradiction(one: Scope, other: Scope) -> None:
    common = one.ids().keys() & other.ids().keys()
    if any(one.ids()[key] != other.ids()[key] for key in common):
        with pytest.raises(ScopeError, match="twice"):
            one.merged(other.ids())
    else:
        assert one.merged(other.ids()).ids() == one.ids() | other.ids()


def test_merging_skips_keys_that_are_not_ids() -> None:
    assert Scope(user_id="u").merged({"category": "food", "run_id": None}) == Scope(user_id="u")


def test_a_scope_is_required_by_name_of_the_call() -> None:
    with pytest.raises(ScopeError, match=r"add\(\) needs a scope: give user_id"):
        Scope().require("add()")


@given(scopes.filter(bool))
def test_a_scope_that_is_required_and_there_is_returned(scope: Scope) -> None:
    assert scope.require("add()") is scope
