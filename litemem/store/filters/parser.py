"""Parse a filter dict into a tree of conditions; errors name the path."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from litemem.core.scope import WILDCARD
from litemem.errors import LONGEST_QUOTE, FilterError, quoted
from litemem.store.filters.fields import FIELDS, OPERATORS, Field, Reader, Value, metadata_field

MAX_DEPTH = 64  # steps from the root: a key, an operator, and an item of AND, OR, NOT
MAX_NODES = 2_000  # such steps in all


@dataclass(frozen=True, slots=True)
class Leaf:
    """One field compared in one way: `in` its values, `exists`, or an order or substring."""

    path: str
    field: Field
    operator: str
    values: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class Every:
    """True if all parts are true, also if there are no parts."""

    path: str
    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Some:
    """True if at least one part is true."""

    path: str
    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """True if the part is false or null."""

    path: str
    part: "Node"


Node = Leaf | Every | Some | Not


@dataclass(frozen=True, slots=True)
class _Place:
    """The position of a value in the filter; errors quote its `path`."""

    path: str
    depth: int
    budget: Iterator[int]  # shared by the whole filter, one number for each possible node

    def step(self, suffix: str) -> "_Place":
        if self.depth == MAX_DEPTH:
            raise FilterError(f"{quoted(self.path)} is nested deeper than {MAX_DEPTH} steps")
        if next(self.budget, None) is None:
            raise FilterError(
                f"{self.path}: a filter has at most {MAX_NODES:,} keys, operators and items"
            )
        return _Place(self.path + suffix, self.depth + 1, self.budget)


def parse_filter(filters: Mapping[str, Any]) -> Every:
    """Return the tree of a filter; its paths begin with `filters`.

    Raises:
        FilterError: the filter is invalid; the message quotes the path.
        ScopeError: an id is invalid.
    """
    root = _Place("filters", 0, iter(range(MAX_NODES)))
    if isinstance(filters, Mapping) and not filters:
        return Every(root.path, ())
    return _every(filters, root)


def _every(filters: object, place: _Place) -> Every:
    """Parse a dict; its keys are ANDed."""
    if not isinstance(filters, Mapping) or not filters:
        raise FilterError(f"{place.path} must be a dict with keys, got {quoted(filters)}")
    parts = (_entry(key, value, place) for key, value in filters.items())
    return Every(place.path, tuple(parts))


def _entry(key: object, value: object, place: _Place) -> Node:
    if not isinstance(key, str):
        raise FilterError(f"{place.path} has the key {quoted(key)}; keys are text")
    here = place.step(f".{_named(key)}")
    if key in _LOGIC:
        return _LOGIC[key](value, here)
    if key in FIELDS:
        return _field(FIELDS[key], value, here)
    if key == "metadata":
        return _metadata((), value, here)
    if key.startswith("metadata."):
        return _field(metadata_field(tuple(key.split(".")[1:]), here.path), value, here)
    if _is_word(key):
        raise _misplaced(key, here)
    return _field(metadata_field((key,), here.path), value, here)


def _and(value: object, place: _Place) -> Node:
    return Every(place.path, _items(value, place))


def _or(value: object, place: _Place) -> Node:
    return Some(place.path, _items(value, place))


def _not(value: object, place: _Place) -> Node:
    none_of = _every(value, place) if isinstance(value, Mapping) else _or(value, place)
    return Not(place.path, none_of)


_LOGIC: Mapping[str, Callable[[object, _Place], Node]] = {"AND": _and, "OR": _or, "NOT": _not}
_WORDS = frozenset(OPERATORS) | {word.lower() for word in _LOGIC}


def _items(value: object, place: _Place) -> tuple[Node, ...]:
    if not isinstance(value, list | tuple) or not value:
        raise FilterError(
            f"{place.path} must be a list of one or more filters, got {quoted(value)}"
        )
    return tuple(_every(item, place.step(f"[{i}]")) for i, item in enumerate(value))


def _metadata(steps: tuple[str, ...], value: object, place: _Place) -> Node:
    """Parse the value of "metadata": keys at the root, then either keys or operators."""
    if not isinstance(value, Mapping) or (steps and all(key in OPERATORS for key in value)):
        return _field(metadata_field(steps, place.path), value, place)
    if not value:
        raise FilterError(f"{place.path} must be a dict with keys, got {{}}")
    misplaced = [key for key in value if steps and _is_word(key)]
    if misplaced:
        raise _misplaced(misplaced[0], place)
    parts = (_metadata((*steps, k), v, place.step(f".{_named(k)}")) for k, v in value.items())
    return Every(place.path, tuple(parts))


def _named(key: object) -> str:
    """Return a key as part of a path, a long one shortened: each value below it has the path."""
    return key if isinstance(key, str) and len(key) <= LONGEST_QUOTE else quoted(key)


def _is_word(key: object) -> bool:
    return isinstance(key, str) and key.lstrip("$").lower() in _WORDS


def _misplaced(key: str, place: _Place) -> FilterError:
    return FilterError(
        f"{place.path}: {quoted(key)} is not a key here. Logical words are AND, OR, NOT; operators "
        f'are {", ".join(OPERATORS)} and come under a field. The metadata key is {{"metadata": '
        f'{{"{key}": …}}}}, and below another key "metadata.….{key}"'
    )


def _field(field: Field, value: object, place: _Place) -> Node:
    """Parse the value of a field: operators, a list, "*", null or a bare value."""
    if isinstance(value, Mapping):
        return _operators(field, value, place)
    if isinstance(value, str) and value == WILDCARD:
        return Leaf(place.path, field, "exists")
    if isinstance(value, list | tuple):
        return _operator(field, "in", value, place.path)
    if value is None:
        return _absent(field, place.path)
    return _operator(field, field.bare, value, place.path)


def _operators(field: Field, value: Mapping[str, object], place: _Place) -> Node:
    if not value:
        raise FilterError(f"{place.path} has an empty dict; it takes {', '.join(field.readers)}")
    parts = (
        _operator(field, name, v, place.step(f".{_named(name)}").path) for name, v in value.items()
    )
    return Every(place.path, tuple(parts))


def _operator(field: Field, name: str, value: object, path: str) -> Node:
    reader = _reader(field, name, path)
    match name:
        case "eq":
            return _equal(field, value, reader, path)
        case "ne":
            return Not(path, _equal(field, value, reader, path))
        case "in":
            return _among(field, _listed(value, path), reader, path)
        case "nin":
            return Not(path, _among(field, _listed(value, path), reader, path))
        case "exists":
            return Leaf(path, field, "exists") if reader(value, path) else _absent(field, path)
    return Leaf(path, field, name, (reader(value, path),))


def _reader(field: Field, name: str, path: str) -> Reader:
    if name in field.readers:
        return field.readers[name]
    takes = ", ".join(field.readers)
    if name in OPERATORS:
        raise FilterError(f"{path}: {field.name} takes {takes}, but not {name}")
    inner = ".".join(("metadata", *field.steps, _named(name)))
    hint = f'; the key inside is written "{inner}"' if field.steps else ""
    raise FilterError(f"{path}: unknown operator {quoted(name)}; {field.name} takes {takes}{hint}")


def _listed(value: object, path: str) -> Sequence[object]:
    if not isinstance(value, list | tuple):
        raise FilterError(f"{path} must be a list, got {quoted(value)} ({type(value).__name__})")
    return value


def _equal(field: Field, value: object, reader: Reader, path: str) -> Node:
    if value is None:
        return _absent(field, path)
    return Leaf(path, field, "in", (reader(value, path),))


def _among(field: Field, values: Sequence[object], reader: Reader, path: str) -> Node:
    """Return the condition that a field equals one of the values; null may be among them."""
    known = [reader(v, f"{path}[{i}]") for i, v in enumerate(values) if v is not None]
    leaf = Leaf(path, field, "in", tuple(known))
    if len(known) == len(values):
        return leaf
    absent = _absent(field, path)
    return Some(path, (leaf, absent)) if known else absent


def _absent(field: Field, path: str) -> Not:
    return Not(path, Leaf(path, field, "exists"))
