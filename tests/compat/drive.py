"""Run every scenario of one Mem0's dialect in one library, and print the outcomes as JSON.

drive.py (mem0|litemem) (2.2.1|1.0.11)
"""

import asyncio
import json
import logging
import os
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

from calls import CALLS
from filters import FILTERS
from libraries import Awaited, classes, no_network, open_memory
from outcomes import outcome
from signatures import signatures

Outcomes = dict[str, Any]


def drive(library: str, dialect: str, folder: Path) -> Outcomes:
    """Return the outcome of each scenario by class and name."""
    found: Outcomes = {}
    for name, kind in classes(library).items():
        found |= {f"{name}/signature/{n}": s for n, s in signatures(kind).items()}
        if name in ("Memory", "AsyncMemory"):  # the others need their server
            found |= _scenarios(library, kind, dialect, folder / name)
    return found


def _scenarios(library: str, kind: type, dialect: str, folder: Path) -> Outcomes:
    loop = asyncio.new_event_loop()
    found: Outcomes = {}
    for number, (name, call) in enumerate({**CALLS[dialect], **FILTERS[dialect]}.items()):
        place = folder / str(number)
        place.mkdir(parents=True)
        memory = Awaited(open_memory(library, kind, place), loop)
        found[f"{kind.__name__}/{name}"] = outcome(lambda c=call, m=memory: c(m))
        memory.close()
    loop.close()
    return found


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        os.environ |= {"MEM0_TELEMETRY": "False", "MEM0_DIR": name, "LITEMEM_DB": f"{name}/none.db"}
        warnings.simplefilter("ignore")
        logging.disable()
        no_network()
        json.dump(drive(sys.argv[1], sys.argv[2], Path(name)), sys.stdout, ensure_ascii=False)
