"""Faults in other libraries that litemem works around: a test fails once its fault is fixed.

Then the workaround that it names can go.
"""

import ctypes
import sys
from pathlib import Path

import apsw
import pytest

from helpers import AT_HOME, run_python
from litemem.store.sqlite.connection import connect
from litemem.store.sqlite.vector_index import MAX_K


def test_sqlite_vec_still_loads_numpy_when_it_is_imported() -> None:
    """`store.opening` finds its library without importing it."""
    code = "import sys, sqlite_vec; print('numpy' in sys.modules)"
    assert run_python(code, Path()).strip() == "True"


def test_sqlite_vec_still_answers_no_more_neighbours_than_we_ask_it_for() -> None:
    """`VectorIndex.nearest` scans when more are wanted."""
    connection = connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE v USING vec0(vector float[8])")
    query = "SELECT rowid FROM v WHERE vector MATCH ? AND k = ?"
    connection.execute(query, (bytes(32), MAX_K)).fetchall()
    with pytest.raises(apsw.SQLError, match="k value"):
        connection.execute(query, (bytes(32), MAX_K + 1)).fetchall()


def test_onnxruntime_still_reports_to_its_makers_by_default(tmp_path: Path) -> None:
    """`libraries.fastembed` tells it; what it would report it keeps in the home folder."""
    run_python(f"{AT_HOME}; import onnxruntime", tmp_path)
    assert [path for path in tmp_path.rglob("*onnxruntime*") if path.is_file()]


@pytest.mark.slow
def test_llama_cpp_still_waits_by_openmp() -> None:
    """`libraries.llama_cpp` shortens the loops in which its threads wait for each other."""
    told = run_python("import llama_cpp; print('libgomp' in open('/proc/self/maps').read())")
    assert told.strip() == "True"


def test_ctypes_still_drops_what_is_raised_in_a_callback(monkeypatch: pytest.MonkeyPatch) -> None:
    """`llms` loads a model in a thread of its own, or a Ctrl-C would be lost in llama.cpp's log."""
    dropped: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", dropped.append)

    @ctypes.CFUNCTYPE(None)
    def interrupted() -> None:
        raise KeyboardInterrupt

    interrupted()
    assert len(dropped) == 1


def test_fts5_still_takes_an_apostrophe_for_syntax() -> None:
    """`words.any_of` quotes every word."""
    connection = connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE t USING fts5(content)")
    with pytest.raises(apsw.SQLError, match="syntax error"):
        connection.execute("SELECT * FROM t WHERE t MATCH ?", ("Cam's",)).fetchall()
