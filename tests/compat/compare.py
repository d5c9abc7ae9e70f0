"""Print how litemem differs from each Mem0, and fail on differences that the table lacks.

compare.py FOLDER, which holds VERSION.mem0.json and VERSION.litemem.json as drive.py wrote them.
"""

import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from differences import Difference, differences
from table import DOCS, Row, read_rows

SHOWN = 100  # characters of an outcome


def main(folder: Path) -> int:
    """Print the report; return how many differences and patterns are wrong."""
    rows = read_rows(DOCS.read_text("utf-8"))
    found: list[Difference] = []
    for file in sorted(folder.glob("*.mem0.json")):
        version = file.name.removesuffix(".mem0.json")
        mem0, litemem = (
            json.loads((folder / f"{version}.{library}.json").read_text("utf-8"))
            for library in ("mem0", "litemem")
        )
        print(f"{version}: {len(mem0)} outcomes of mem0ai, {len(litemem)} of litemem")
        found += [replace(d, name=f"{version}/{d.name}") for d in differences(mem0, litemem)]
    return report(found, rows)


def report(found: Sequence[Difference], rows: Sequence[Row]) -> int:
    """Print every difference, those that nobody wanted last."""
    covered = {d: _covering(d, rows) for d in found}
    for difference, pattern in covered.items():
        if pattern:
            print("wanted ", _line(difference))
    unknown = [d for d, pattern in covered.items() if not pattern]
    for difference in unknown:
        print("UNKNOWN", _line(difference))
    used = set(covered.values())
    idle = [p for row in rows for p in row.patterns if p not in used]
    for pattern in idle:
        print("GONE   ", pattern)
    kinds = Counter((d.kind, "wanted" if pattern else "unknown") for d, pattern in covered.items())
    for (kind, state), count in sorted(kinds.items()):
        print(f"{count:5} {kind}, {state}")
    print(f"{len(rows)} rows in {DOCS.name}; {len(unknown)} unknown differences, {len(idle)} gone")
    return len(unknown) + len(idle)


def _covering(difference: Difference, rows: Sequence[Row]) -> str | None:
    told = (difference.name, difference.mem0, difference.litemem)
    return next((p for row in rows if (p := row.pattern_for(*told))), None)


def _line(difference: Difference) -> str:
    one, other = (f"{side:.{SHOWN}}" for side in (difference.mem0, difference.litemem))
    return f"{difference.name}  mem0: {one}  litemem: {other}"


if __name__ == "__main__":
    sys.exit(1 if main(Path(sys.argv[1])) else 0)
