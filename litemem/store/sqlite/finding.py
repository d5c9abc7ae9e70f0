"""Finding: which memories a search chooses from, and what it takes of them.

Everything is read under the condition: also what a memory's neighbours and its run lend to it, and
how rare its words are, comes from no other memory.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import apsw

from litemem.core.ranking import Pool
from litemem.core.text.dates import Period
from litemem.core.types import Match, ScoreParts
from litemem.store.filters import Condition
from litemem.store.sqlite.candidates import everything, stemmed_query
from litemem.store.sqlite.promising import promising
from litemem.store.sqlite.rereading import records
from litemem.store.sqlite.rows import RowDamageError

SMALL = 4_096  # memories; all of them are read in 12 ms

Choose = Callable[[Pool], list[tuple[int, ScoreParts]]]


@dataclass(frozen=True, slots=True)
class Sought:
    """What memories are sought: near a float32 `vector`, with `words`, of the `periods`.

    With a `limit` only the promising are looked at, so many or more; otherwise all.
    """

    vector: bytes
    words: Sequence[str]
    periods: Sequence[Period]
    limit: int | None


@dataclass(frozen=True, slots=True)
class Survey:
    """What has to be known of a scope before a query can be read.

    `is_small`: all its memories may be looked at. `speakers` are those of the first few thousand.
    """

    is_small: bool
    speakers: frozenset[str]


def survey(connection: apsw.Connection, condition: Condition) -> Survey:
    """Look at a scope's first memories."""
    rows = connection.execute(
        "SELECT count(*), json_group_array(DISTINCT actor_id) FROM"
        f" (SELECT m.actor_id FROM memory AS m WHERE {condition.sql} LIMIT {SMALL + 1})",
        condition.parameters,
    )
    ((count, told),) = rows
    speakers = frozenset(filter(None, json.loads(told)))
    if not all(isinstance(name, str) for name in speakers):
        raise RowDamageError("a memory has a speaker that is no text")
    return Survey(count <= SMALL, speakers)


def find(
    connection: apsw.Connection, condition: Condition, sought: Sought, choose: Choose
) -> list[Match]:
    """Return what `choose` takes of the memories under a condition, in its order."""
    query = stemmed_query(connection, sought.vector, sought.words)
    try:
        if sought.limit is None:
            pool = everything(connection, condition, query)
        else:
            pool = promising(
                connection, condition, query, periods=sought.periods, limit=sought.limit
            )
        chosen = choose(pool)
    except TypeError as error:  # null where the table allows none
        raise RowDamageError("a memory holds what no memory can hold") from error
    read = records(connection, [pk for pk, _ in chosen], condition)
    cosines = dict(zip(pool.pks, pool.cosines, strict=True))
    return [Match(read[pk], cosines[pk], parts.words, parts.final, parts) for pk, parts in chosen]
