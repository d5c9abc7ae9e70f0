"""Compile the tree of a filter into one SQL condition with bound values.

Each expression is TRUE exactly where its part of the filter is true, and FALSE or NULL elsewhere.
Only NOT distinguishes these two, and it is written IS NOT TRUE. So nulls need no other care, and
`m.user_id = ?` stays plain for the indexes.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from litemem.core.text.periods import ANY_LENGTH, FIRST_DAY, Period, every
from litemem.store.filters.fields import ORDER, SUBSTRING, Scalar, Shape, Span
from litemem.store.filters.parser import Every, Leaf, Node, Not, Some

WIDEST = 10  # operands of one AND or OR; more become a tree, as SQLite's limit of depth is 1,000

DOUBTED = """m.pk IN (
  SELECT first_pk FROM conflict WHERE settled_at IS NULL
  UNION ALL SELECT second_pk FROM conflict WHERE settled_at IS NULL
  UNION ALL SELECT memory_pk FROM feedback WHERE feedback <> 'POSITIVE'
)"""

Parameter = str | int | float | None | bytes


@dataclass(frozen=True, slots=True)
class Condition:
    """A boolean SQL expression over the table `memory` as `m`, and the values that it binds.

    It may call `litemem_casefold(x)`, which the connection must provide: deterministic,
    `str.casefold` of text, null of null.
    """

    sql: str
    parameters: tuple[Parameter, ...] = ()


def to_sql(node: Node) -> Condition:
    """Return the condition of a tree."""
    match node:
        case Every():
            return _join([to_sql(part) for part in _with_ranges(node.parts)], "AND")
        case Some():
            return _join([to_sql(part) for part in node.parts], "OR")
        case Not():
            part = to_sql(node.part)
            return Condition(f"({part.sql}) IS NOT TRUE", part.parameters)
        case Leaf():
            return _SHAPES[node.field.shape](node)


def _join(parts: Sequence[Condition], word: str) -> Condition:
    if not parts:
        return Condition("TRUE" if word == "AND" else "FALSE")
    if len(parts) == 1:
        return parts[0]
    if len(parts) > WIDEST:
        middle = len(parts) // 2
        return _join([_join(parts[:middle], word), _join(parts[middle:], word)], word)
    sql = f" {word} ".join(part.sql for part in parts)
    return Condition(f"({sql})", tuple(p for part in parts for p in part.parameters))


def _text(leaf: Leaf) -> Condition:
    if leaf.operator == "exists":
        return Condition(f"{leaf.field.sql} IS NOT NULL")
    return _compare(Condition(leaf.field.sql), leaf.operator, _scalars(leaf))


def _time(leaf: Leaf) -> Condition:
    if leaf.operator == "exists":
        return Condition(f"{leaf.field.sql} IS NOT NULL")
    spans = [value for value in leaf.values if isinstance(value, Span)]
    return _join([_compare_span(leaf.field.sql, leaf.operator, span) for span in spans], "OR")


def _compare_span(column: str, operator: str, span: Span) -> Condition:
    """Compare with a whole span: after a day means after its end."""
    match operator:
        case "gt":
            return Condition(f"{column} >= ?", (span.end,))
        case "gte":
            return Condition(f"{column} >= ?", (span.start,))
        case "lt":
            return Condition(f"{column} < ?", (span.start,))
        case "lte":
            return Condition(f"{column} < ?", (span.end,))
    return Condition(f"({column} >= ? AND {column} < ?)", (span.start, span.end))


def _with_ranges(parts: Sequence[Node]) -> list[Node]:
    """Join the bounds of days under one key, so that one and the same day is within them."""
    bounds = [part for part in parts if isinstance(part, Leaf) and _is_bound(part)]
    if len(bounds) < 2:
        return list(parts)
    values = tuple(value for bound in bounds for value in bound.values)
    names = " ".join(bound.operator for bound in bounds)
    joined = Leaf(bounds[0].path, bounds[0].field, names, values)
    return [joined, *(part for part in parts if part not in bounds)]


def _is_bound(leaf: Leaf) -> bool:
    return leaf.field.shape is Shape.DAYS and leaf.operator in ORDER


def _days(leaf: Leaf) -> Condition:
    """Compare the spans that a text speaks of; those that come again lie before `FIRST_DAY`."""
    spans = [value for value in leaf.values if isinstance(value, Span)]
    if leaf.operator == "exists":
        return _has_day(leaf, [Condition("TRUE")])
    if leaf.operator == "in":
        return _has_day(leaf, [c for span in spans for c in _overlapping(span.start, span.end)])
    bounds = list(zip(leaf.operator.split(), spans, strict=True))
    within = [_bound(operator, span) for operator, span in bounds]
    plain = _join([Condition("d.start >= ?", (FIRST_DAY,)), *within], "AND")
    return _has_day(leaf, [plain, *_again_within(bounds)])


def _has_day(leaf: Leaf, alternatives: Sequence[Condition]) -> Condition:
    any_of = _join(alternatives, "OR")
    sql = f"EXISTS (SELECT 1 FROM mention AS d WHERE d.owner = {leaf.field.sql} AND {any_of.sql})"
    return Condition(sql, any_of.parameters)


def _overlapping(start: int, end: int) -> list[Condition]:
    span = Period(start, end)
    places = [span, *every(span, ANY_LENGTH)]
    return [Condition("(d.start < ? AND d.stop > ?)", (p.end, p.start)) for p in places]


def _bound(operator: str, span: Span) -> Condition:
    match operator:
        case "gt":
            return Condition("d.start >= ?", (span.end,))
        case "gte":
            return Condition("d.stop > ?", (span.start,))
        case "lt":
            return Condition("d.stop <= ?", (span.start,))
    return Condition("d.start < ?", (span.end,))


def _again_within(bounds: Sequence[tuple[str, Span]]) -> list[Condition]:
    """Return conditions for days that come again, which have no first and no last one."""
    lowest = [s.end if name == "gt" else s.start for name, s in bounds if name in ("gt", "gte")]
    highest = [s.start if name == "lt" else s.end for name, s in bounds if name in ("lt", "lte")]
    if not lowest or not highest:
        return [Condition("d.start < ?", (FIRST_DAY,))]
    if max(lowest) >= min(highest):
        return []
    return _overlapping(max(lowest), min(highest))[1:]


def _array(leaf: Leaf) -> Condition:
    if leaf.operator == "exists":
        return Condition(f"EXISTS (SELECT 1 FROM json_each({leaf.field.sql}))")
    return _has_element(Condition(leaf.field.sql), leaf.operator, _scalars(leaf))


def _json(leaf: Leaf) -> Condition:
    column, values = leaf.field.sql, _scalars(leaf)
    path = ("$" + "".join(f".{json.dumps(key, ensure_ascii=False)}" for key in leaf.field.steps),)
    kind = Condition(f"json_type({column}, ?)", path)
    if leaf.operator == "exists":
        return Condition(f"{kind.sql} <> 'null'", path)
    content = Condition(f"json_extract({column}, ?)", path)
    if leaf.operator not in SUBSTRING:
        return _compare_typed(kind, content, leaf.operator, values)
    texts = [value for value in values if isinstance(value, str)]  # only text has substrings
    within = _compare_typed(kind, content, leaf.operator, texts)
    is_array = Condition(f"{kind.sql} = 'array'", path)
    element = _has_element(Condition(f"{column}, ?", path), leaf.operator, values)
    return _join([within, _join([is_array, element], "AND")], "OR")


def _has_element(array: Condition, operator: str, values: Sequence[Scalar]) -> Condition:
    comparison = "same letters" if operator == "icontains" else "in"
    equal = _compare_typed(Condition("e.type"), Condition("e.value"), comparison, values)
    sql = f"EXISTS (SELECT 1 FROM json_each({array.sql}) AS e WHERE {equal.sql})"
    return Condition(sql, array.parameters + equal.parameters)


def _compare_typed(
    kind: Condition, content: Condition, operator: str, values: Sequence[Scalar]
) -> Condition:
    """Compare JSON with values of the same type: json_extract alone turns true into 1."""
    groups: dict[str, list[Scalar]] = {}
    for value in values:
        groups.setdefault(_json_types(value), []).append(value)
    parts = (
        [Condition(f"{kind.sql} {types}", kind.parameters), _compare(content, operator, group)]
        for types, group in groups.items()
    )
    return _join([_join(part, "AND") for part in parts], "OR")


def _json_types(value: Scalar) -> str:
    if isinstance(value, bool):
        return "IN ('true', 'false')"
    return "= 'text'" if isinstance(value, str) else "IN ('integer', 'real')"


_COMPARISONS = {
    "gt": "{} > ?",
    "gte": "{} >= ?",
    "lt": "{} < ?",
    "lte": "{} <= ?",
    "contains": "instr({}, ?) > 0",
    "icontains": "instr(litemem_casefold({}), ?) > 0",
    "same letters": "litemem_casefold({}) = ?",
}
_FOLDED = ("icontains", "same letters")


def _compare(operand: Condition, operator: str, values: Sequence[Scalar]) -> Condition:
    """Compare an operand with values of its type: `in` any number of them, the others one."""
    if operator == "in":
        return _is_one_of(operand, values)
    if operator in _FOLDED:
        values = [value.casefold() for value in values if isinstance(value, str)]
    sql = _COMPARISONS[operator].format(operand.sql)
    return Condition(sql, (*operand.parameters, *values))


def _is_one_of(operand: Condition, values: Sequence[Scalar]) -> Condition:
    marks = ", ".join("?" * len(values))
    comparison = "= ?" if len(values) == 1 else f"IN ({marks})"
    return Condition(f"{operand.sql} {comparison}", (*operand.parameters, *values))


def _scalars(leaf: Leaf) -> list[Scalar]:
    return [value for value in leaf.values if not isinstance(value, Span)]


_SHAPES: Mapping[Shape, Callable[[Leaf], Condition]] = {
    Shape.TEXT: _text,
    Shape.TIME: _time,
    Shape.ARRAY: _array,
    Shape.JSON: _json,
    Shape.DAYS: _days,
}
