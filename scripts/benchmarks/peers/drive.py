"""Measures one library in its own environment: `python drive.py LIBRARY VECTORS FOLDER SIZE …`.

Prints one JSON object a line: {"size", "what", "value"}; times in milliseconds, each a median, by
the clock; "…, processor" is the time that all threads of the process worked.
Every measurement ends after SECONDS, so a slow library is measured by fewer calls, not left out;
a file that cannot be filled within FILL_SECONDS is not measured, and said to be cut.
"""

import importlib
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from material import SCOPE, Vectors, question, user

SECONDS = float(os.environ.get("BENCH_SECONDS", "4"))  # of each measurement
FILL_SECONDS = 40 * SECONDS  # of filling one file
BATCH = 1_000
TOP_K = 20
PAGE = 50
CHANGED_AT = 10_000  # the file in which single adds, updates and deletions are measured


def main(library: str, vectors: Path, folder: Path, sizes: list[int]) -> None:
    """Fill one file further and further, and measure at each size."""
    module = importlib.import_module(f"with_{library}")
    report(0, "version", module.version())
    driver = module.Driver(folder, Vectors(vectors))
    filled = 0
    for size in sizes:
        if not fill(driver, filled, size):
            report(size, "cut", f"filling it takes longer than {FILL_SECONDS:.0f} s")
            break
        filled = size
        measure_reads(driver, size)
        driver.close()
        report(size, "bytes a memory", disk(folder) / size)
        watch = Watch()
        driver = module.Driver(folder, Vectors(vectors))
        driver.search(question(0), user(0), TOP_K)
        report_medians(size, "open and search", [watch.read()])
        report(size, "RSS", resident())
        if size == min(CHANGED_AT, max(sizes)):
            measure_changes(driver, size)
    driver.close()


def fill(driver: Any, start: int, end: int) -> bool:
    """Add batches, one scope each; return True if there was time for all."""
    begun = time.perf_counter()
    spent = []
    add_many, fill = driver.add_many, getattr(driver, "fill", driver.add_many)
    for first in range(start, end, BATCH):
        watch = Watch()
        (add_many if first == 0 else fill)(range(first, first + BATCH))
        spent.append(watch.read(BATCH))
        if time.perf_counter() - begun > FILL_SECONDS and first + BATCH < end:
            return False
    driver.settle()
    if start == 0 or fill == add_many:
        report_medians(end, "batch add", spent)
    return True


def measure_reads(driver: Any, size: int) -> None:
    """Measure what changes nothing, in scopes that take turns."""
    scopes = size // SCOPE

    def whose(i: int) -> str:
        return user(i * 7 % scopes * SCOPE)

    report(size, "found", driver.search(question(0), whose(0), TOP_K))
    measure(size, "search", lambda i: driver.search(question(i), whose(i), TOP_K))
    measure(size, "search all", lambda i: driver.search(question(i), None, TOP_K))
    measure(size, "page", lambda i: driver.page(whose(i), PAGE))


def measure_changes(driver: Any, size: int) -> None:
    """Measure single adds, updates and the deletion of scopes of a thousand."""
    measure(size, "add", lambda i: driver.add(size + i), 500)
    ids = driver.page(user(0), PAGE)
    measure(size, "update", lambda i: driver.update(ids[i % len(ids)], size + i), 200)
    scopes = [user(i) for i in range(SCOPE, min(size, 6 * SCOPE), SCOPE)] or [user(0)]
    report(size, "began", time.time())  # it is what may have to be stopped
    measure(size, "delete_all", lambda i: driver.delete_all(scopes[i]), len(scopes), warm=0)


def measure(
    size: int, what: str, work: Callable[[int], object], most: int = 100, warm: int = 2
) -> None:
    """Report the median of calls of `work`, each with its number, after some to warm up."""
    times = []
    begun = time.perf_counter()
    for i in range(most):
        watch = Watch()
        work(i)
        times.append(watch.read())
        if time.perf_counter() - begun > SECONDS:
            break
    report_medians(size, what, times[warm:] or times)


class Watch:
    """Runs from when it is made, by the clock and by the processor."""

    def __init__(self) -> None:
        self._start = time.perf_counter(), time.process_time()

    def read(self, parts: int = 1) -> tuple[float, float]:
        """Return the milliseconds of both, for each of `parts` parts."""
        clock, processor = self._start
        return (
            (time.perf_counter() - clock) * 1000 / parts,
            (time.process_time() - processor) * 1000 / parts,
        )


def report_medians(size: int, what: str, times: list[tuple[float, float]]) -> None:
    """Report times by the clock and by the processor."""
    clock, processor = zip(*times, strict=True)
    report(size, what, statistics.median(clock))
    report(size, f"{what}, processor", statistics.median(processor))


def disk(folder: Path) -> int:
    """Return the bytes that the files of a folder take."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def resident() -> float:
    """Return the process's resident memory in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def report(size: int, what: str, value: float | str) -> None:
    """Print one result."""
    print(json.dumps({"size": size, "what": what, "value": value}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), [int(each) for each in sys.argv[4:]])
