"""Mem0's pickles, read without running what they say: only a short list of types is made.

A pickle is a program; one from elsewhere may do anything. Here it may build plain values, and one
class of another library, for which a stand-in of ours holds the attributes. What would call
anything, or names anything else, is refused before it runs.
"""

import io
import pickle
import pickletools
from typing import Any

from litemem.errors import ValidationError

MAX_BYTES = 512 * 1024 * 1024  # of one pickle; a faiss store's is all of its texts
MAX_MEMO = 100_000_000  # a place in the memo; the reader makes room for all below at once

POINTS = frozenset(
    ("qdrant_client.http.models.models", name) for name in ("PointStruct", "SparseVector")
)
# Nothing that calls: no REDUCE, INST, OBJ, EXT or PERSID. NEWOBJ makes only what `POINTS` names.
_PLAIN = frozenset(
    "PROTO FRAME STOP MARK POP POP_MARK NONE NEWTRUE NEWFALSE INT BININT BININT1 BININT2 LONG "
    "LONG1 LONG4 FLOAT BINFLOAT UNICODE BINUNICODE SHORT_BINUNICODE BINUNICODE8 BINBYTES "
    "SHORT_BINBYTES BINBYTES8 EMPTY_DICT DICT SETITEM SETITEMS EMPTY_LIST LIST APPEND APPENDS "
    "EMPTY_TUPLE TUPLE TUPLE1 TUPLE2 TUPLE3 EMPTY_SET ADDITEMS FROZENSET MEMOIZE PUT BINPUT "
    "LONG_BINPUT GET BINGET LONG_BINGET GLOBAL STACK_GLOBAL NEWOBJ BUILD".split()
)
_PUTS = ("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE")
_GETS = ("GET", "BINGET", "LONG_BINGET")
# What Python's hash goes through anew each time: of one that holds another twice, which holds a
# third twice, it takes time without end. To make them takes each part once, when none is got again
_HASHED_THROUGH = frozenset(("TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "FROZENSET"))
# after which a pickler puts what it made; elsewhere the top of the stack may be anything
_MADE = _HASHED_THROUGH | frozenset(
    "UNICODE BINUNICODE SHORT_BINUNICODE BINUNICODE8 BINBYTES SHORT_BINBYTES BINBYTES8 EMPTY_DICT "
    "DICT EMPTY_LIST LIST EMPTY_SET EMPTY_TUPLE GLOBAL STACK_GLOBAL NEWOBJ LONG LONG1 LONG4".split()
)


class Value:
    """Stands for an object of another library: its attributes, and none of its code."""

    attributes: dict[str, Any]

    def __setstate__(self, state: object) -> None:
        """Keep the attributes, which pydantic puts one level deeper."""
        inner = state.get("__dict__", state) if isinstance(state, dict) else {}
        self.attributes = inner if isinstance(inner, dict) else {}


class _Reader(pickle.Unpickler):
    """Makes stand-ins for what is in the list, and refuses everything else."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in POINTS:
            raise pickle.UnpicklingError(f"it names {module}.{name}")
        return _fresh()


def _fresh() -> type[Value]:
    """Return a class of its own: a pickle that changes it changes nothing of ours."""
    return type("Value", (Value,), {})


def read(data: bytes, place: str) -> Any:
    """Return what a pickle holds: plain values, and `Value` for a point.

    Raises:
        ValidationError: it is no pickle, is too long, or would do more than build values.
    """
    if len(data) > MAX_BYTES:
        raise ValidationError(f"{place} has {len(data):,} bytes; at most {MAX_BYTES:,} are read")
    try:
        _look_over(data)
        return _Reader(io.BytesIO(data)).load()
    except (pickle.UnpicklingError, EOFError, RecursionError, MemoryError) as error:
        raise _refusal(place, error) from error
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError) as error:
        raise _refusal(place, error) from error


def _look_over(data: bytes) -> None:
    """Refuse a pickle with a step that is not in the list, before one is done."""
    kept: dict[int, str] = {}  # the memo: after which step something was put there
    last = ""
    for step, argument, _ in pickletools.genops(data):
        if step.name not in _PLAIN:
            raise pickle.UnpicklingError(f"it has the step {step.name}")
        if step.name in _PUTS:
            place = len(kept) if step.name == "MEMOIZE" else int(argument or 0)
            if place > min(len(data), MAX_MEMO) or last not in _MADE:
                raise pickle.UnpicklingError("it puts aside what no pickler does")
            kept[place] = last
        elif step.name in _GETS and kept.get(int(argument or 0)) in _HASHED_THROUGH:
            raise pickle.UnpicklingError("it has one tuple or frozen set twice")
        if step.name != "FRAME":  # which may stand before any other
            last = step.name


def _refusal(place: str, error: Exception) -> ValidationError:
    return ValidationError(f"{place} is not what mem0ai writes, and was not run: {error}")
