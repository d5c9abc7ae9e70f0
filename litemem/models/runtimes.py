"""Libraries of others that are heavy, imported late, and told better manners than their own."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import ModuleType

# onnxruntime writes an id of the machine into the home folder when it is imported, and reports to
# its makers
_NO_REPORTS = {"ORT_DISABLE_TELEMETRY": "1"}

# The threads of llama.cpp wait for each other in a loop that takes a core each. When another
# program wants the cores, that loop takes the time from the thread that is waited for: an `add` of
# 1.4 s takes 7 s beside two busy programs, and 2.7 s when it goes to sleep after so many rounds
_SHORT_WAITS = {"GOMP_SPINCOUNT": "1000"}


@cache
def fastembed() -> ModuleType:
    """Import fastembed: 0.3 s, and numpy, for programs that only read."""
    with _environment(_NO_REPORTS):
        import fastembed
    return fastembed


@cache
def llama_cpp() -> ModuleType:
    """Import llama_cpp: 0.3 s and 60 MB, for programs that only search."""
    with _environment(_SHORT_WAITS):
        import llama_cpp
    return llama_cpp


@contextmanager
def _environment(defaults: dict[str, str]) -> Iterator[None]:
    """Set variables that nobody has set; libraries read them once, while they are loaded."""
    missing = {name: value for name, value in defaults.items() if name not in os.environ}
    os.environ.update(missing)
    try:
        yield
    finally:
        for name in missing:
            os.environ.pop(name, None)
