"""What test_fuzz.py and the script `fuzz` call: takes any value, fails only with our errors."""

import io
import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import apsw
from click.testing import CliRunner
from hypothesis import strategies as st

from helpers import file_fuzz, strategies
from helpers.filter_rows import find
from helpers.stores import reading
from helpers.strategies import junk
from litemem import Memory
from litemem.cli import main
from litemem.core.arguments import check_messages
from litemem.core.scope import Scope
from litemem.errors import LitememError, ValidationError
from litemem.store.filters import compile_filter
from litemem.transfer.importer import import_file

MOMENT = datetime(2025, 1, 2, tzinfo=UTC)

json_texts = st.text(max_size=8) | st.sampled_from(
    ["user", "assistant", "role", "content", "\ud800"]
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | json_texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(json_texts, inner, max_size=4),
    max_leaves=12,
)
_messages = st.lists(
    st.dictionaries(st.sampled_from(["role", "content", "name", "type", "text"]), anything),
    max_size=3,
)
_said = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "assistant", "system"]), "content": st.text(max_size=20)},
    optional={"name": anything, "extra": anything},
)
messages = st.lists(_said, max_size=3) | anything | _messages
filters = (
    strategies.filters()
    | junk
    | st.dictionaries(st.sampled_from(["AND", "OR", "NOT", "user_id", "k"]), junk)
)

_values = anything | st.integers(0, 9) | st.sampled_from(["cam", "user", "ADD", [], {}, None])
_fields = st.sampled_from(
    ["kind", "number", "id", "content", "user_id", "run_id", "metadata", "categories", "hash",
     "created_at", "updated_at", "valid_to", "superseded_by", "sources", "history", "memories",
     "source", "destination", "name", "role", "options", "vector", "repeats", "immutable", "extra"]
)  # fmt: skip
changes = st.lists(st.tuples(st.integers(0, 20), _fields, _values), max_size=2)


def archive_lines(path: Path) -> list[bytes]:
    """Return the lines of a real archive, with something of every kind in it."""
    file_fuzz.make(path, memories=12)
    done = CliRunner().invoke(main, ["export", "-", "--vectors", "--db", str(path)])
    assert done.exit_code == 0, done.stderr
    return done.stdout_bytes.splitlines()


def altered(lines: Sequence[bytes], given: Sequence[tuple[int, str, Any]]) -> bytes:
    """Return an archive with some fields changed, and a header that vouches for it."""
    header, *rest = map(json.loads, lines)
    for number, key, value in given:
        rest[number % len(rest)][key] = value
    body = b"".join(json.dumps(line).encode() + b"\n" for line in rest)
    kinds = Counter(str(line["kind"]) for line in rest)
    header |= {"counts": kinds, "sha256": sha256(body).hexdigest()}
    return json.dumps(header).encode() + b"\n" + body


def fuzz_filter(database: apsw.Connection, given: Any, rows: dict[str, str]) -> str:
    """Compile a filter for alice: refused, or SQLite takes it and returns only her rows."""
    try:
        condition = compile_filter(given, Scope(user_id="alice"))
    except ValidationError:  # FilterError and ScopeError are
        return "refused"
    assert {rows[found] for found in find(database, condition)} <= {"alice"}
    return "compiled"


def fuzz_open_filter(database: apsw.Connection, given: Any) -> str:
    """Compile a filter without ids: refused, or SQLite takes it."""
    try:
        condition = compile_filter(given, Scope())
    except ValidationError:
        return "refused"
    find(database, condition)
    return "compiled"


def fuzz_messages(memory: Memory, given: Any) -> str:
    """Store messages verbatim: all are refused, or all are stored as they were read."""
    try:
        said = check_messages(given)
    except ValidationError:
        return "refused"
    stored = memory.add(given, user_id="alice", infer=False)["results"]
    contents = [message.content for message in said]  # what is blank or the system's is left out
    assert [row["memory"] for row in stored if row["memory"] not in contents] == []
    return "stored"


def fuzz_archive(memory: Memory, given: bytes) -> str:
    """Import bytes: refused, and then nothing was written; or taken in."""
    before = reading(memory.store).overview()
    try:
        import_file(memory.store, memory.embedder, io.BytesIO(given), on_conflict="skip")
    except LitememError:
        assert reading(memory.store).overview() == before
        return "refused"
    return "imported"
