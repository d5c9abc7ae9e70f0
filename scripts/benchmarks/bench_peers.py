"""Compare litemem's speed with its peers' in one run on one machine, with the same vectors.

    bench_peers.py [--quick] [--processor] [--environments FOLDER] [--write] [LIBRARY …]

Each library runs in an environment of its own, which is made once with pinned versions (in
.venv/peers, or the folder given); after that it works offline. Prints a table of ratios and one of
milliseconds, by the clock or with --processor, for a busy machine, by how long its cores worked;
--write puts the tables and a plot into docs/engineering/speed.md and .svg. About ten minutes after
the installation, with --quick two. Needs litemem's own environment, with numpy.
"""

import argparse
import datetime
import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from pathlib import Path

import numpy

from peers.chart import chart
from peers.material import DIMENSIONS

ROOT = Path(__file__).parents[2]
PEERS = ROOT / "scripts" / "peers"
DOCUMENT, PLOT = ROOT / "docs/engineering/speed.md", ROOT / "docs/engineering/speed.svg"
VECTORS = 100_000
# how long each measurement may take, in seconds; filling a file may take 40 times as long
FULL = ((1_000, 10_000, 100_000), 1.0)
QUICK = ((1_000, 10_000), 0.5)
LIMIT = 130  # times that, after which a library is stopped; what it has reported by then counts

# LangGraph's store loads sqlite-vec, which many Pythons' own sqlite3 refuses; hence pysqlite3
REQUIREMENTS = {
    "mem0": "mem0ai==2.2.1 qdrant-client==1.20.0 pydantic==2.14.3 faiss-cpu==1.15.1",
    "langgraph": "langgraph-checkpoint-sqlite==3.1.2 pysqlite3-binary==0.5.4.post2",
    "chromadb": "chromadb==1.5.9",
    "lancedb": "lancedb==0.40.0",
}
LIBRARIES = {  # name: (title, environment; None is litemem's own)
    "litemem": ("litemem", None),
    "mem0": ("Mem0, Qdrant", "mem0"),
    "mem0_faiss": ("Mem0, FAISS", "mem0"),
    "langgraph": ("LangGraph", "langgraph"),
    "chromadb": ("Chroma", "chromadb"),
    "lancedb": ("LanceDB", "lancedb"),
}
ROWS = {  # what is printed: (measurement, of which file), for full and quick runs
    "search in a scope of 1,000, file of 1,000": ("search", 1_000),
    "the same, file of 10,000": ("search", 10_000),
    "the same, file of 100,000": ("search", 100_000),
    "search over all, file of 10,000": ("search all", 10_000),
    "search over all, file of 100,000": ("search all", 100_000),
    "a page of 50, file of 10,000": ("page", 10_000),
    "one add, file of 10,000": ("add", 10_000),
    "a memory of a batch of 1,000, empty file": ("batch add", 1_000),
    "one update, file of 10,000": ("update", 10_000),
    "delete_all of 1,000, file of 10,000": ("delete_all", 10_000),
    "open and search, file of 10,000": ("open and search", 10_000),
}
OTHERS = {
    "results of 20 in the scope, file of 10,000": "found",
    "bytes a memory, file of 10,000": "bytes a memory",
    "resident MB, file of 10,000": "RSS",
}
STOPPED = "delete_all was stopped"
PROCESSOR = ", processor"  # how the name of a time ends that is not of the clock
Results = dict[tuple[str, int], float | str]
Show = Callable[[float], str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("libraries", nargs="*", metavar="LIBRARY", help=", ".join(LIBRARIES))
    parser.add_argument("--quick", action="store_true", help="no file of 100,000, fewer calls")
    parser.add_argument("--processor", action="store_true", help="time of the processor")
    parser.add_argument("--environments", type=Path, default=ROOT / ".venv" / "peers")
    parser.add_argument(
        "--write", action="store_true", help="write docs/engineering/speed.md and its plot"
    )
    arguments = parser.parse_args()
    sizes, seconds = QUICK if arguments.quick else FULL
    chosen = dict.fromkeys(["litemem", *(arguments.libraries or LIBRARIES)])
    found: dict[str, Results] = {}
    with tempfile.TemporaryDirectory() as name:
        vectors = Path(name) / "vectors.f32"
        write_vectors(vectors)
        for library in chosen:
            environment = LIBRARIES[library][1]
            python = (
                sys.executable
                if environment is None
                else install(environment, arguments.environments)
            )
            folder = Path(name) / library
            folder.mkdir()
            found[library] = measure(library, str(python), vectors, folder, sizes, seconds)
    kind = "processor" if arguments.processor else "clock"
    timed = {library: by(kind, results) for library, results in found.items()}
    told = report(timed, kind)
    print(told)
    if arguments.write:
        replace_measured(told)
        PLOT.write_text(plot(timed, kind))


def by(kind: str, results: Results) -> Results:
    """Return results with the times of the clock, or of the processor."""
    processor = {
        (what.removesuffix(PROCESSOR), size): value
        for (what, size), value in results.items()
        if what.endswith(PROCESSOR)
    }
    return results | processor if kind == "processor" else results


def install(name: str, folder: Path) -> Path:
    """Return the Python of a peer's environment, which is made when it is not as it should be."""
    environment, requirements = folder / name, REQUIREMENTS[name]
    python, mark = environment / "bin" / "python", environment / ".installed"
    if not mark.exists() or mark.read_text() != requirements:
        print(f"Installing {requirements}…", file=sys.stderr)
        venv.create(environment, clear=True, with_pip=True)
        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
        subprocess.run([*pip, *requirements.split()], check=True)
        mark.write_text(requirements)
    return python


def write_vectors(path: Path) -> None:
    chance = numpy.random.default_rng(7)
    with path.open("wb") as file:
        for _ in range(0, VECTORS, 10_000):
            found = chance.standard_normal((10_000, DIMENSIONS), dtype="float32")
            found /= numpy.linalg.norm(found, axis=1, keepdims=True)
            file.write(found.tobytes())


def measure(
    library: str,
    python: str,
    vectors: Path,
    folder: Path,
    sizes: tuple[int, ...],
    seconds: float,
) -> Results:
    """Run a library's driver; what it printed counts, even when it had to be stopped."""
    print(f"{LIBRARIES[library][0]}…", file=sys.stderr)
    command = [python, str(PEERS / "drive.py"), library, str(vectors), str(folder)]
    environment = os.environ | {
        "BENCH_SECONDS": str(seconds),
        "MEM0_DIR": str(folder.parent / "mem0-home"),
        "MEM0_TELEMETRY": "False",
        "ANONYMIZED_TELEMETRY": "False",
        "LANCE_LOG": "error",
        "PYTHONPATH": str(ROOT) if library == "litemem" else "",
    }
    output, errors = folder.with_suffix(".json"), folder.with_suffix(".log")
    with output.open("w") as out, errors.open("w") as err:
        running = subprocess.Popen(
            [*command, *map(str, sizes)], stdout=out, stderr=err, env=environment
        )
        stopped = 0.0
        try:
            running.wait(LIMIT * seconds)
        except subprocess.TimeoutExpired:
            print(f"stopped after {LIMIT * seconds:.0f} s", file=sys.stderr)
            stopped = time.time()
            running.kill()
            running.wait()
    if running.returncode > 0:
        print(f"{library} failed: {errors.read_text()[-500:]}", file=sys.stderr)
    lines = [json.loads(line) for line in output.read_text().splitlines() if line[:1] == "{"]
    found = {(line["what"], line["size"]): line["value"] for line in lines}
    for (what, size), begun in list(found.items()):
        if what == "began" and stopped and ("delete_all", size) not in found:
            found["delete_all", size] = (stopped - begun) * 1000  # at least
            found["cut", size] = f"{STOPPED} after {stopped - begun:.0f} s"
    return found


def report(found: dict[str, Results], kind: str) -> str:
    """Return the tables as Markdown."""
    base = found["litemem"]
    peers = [library for library in found if library != "litemem"]
    titles = [LIBRARIES[peer][0] for peer in peers]
    rows = {title: key for title, key in ROWS.items() if key in base}
    versions = "; ".join(f"{LIBRARIES[p][0]}: {found[p].get(('version', 0), '?')}" for p in peers)
    cut = [
        f"{LIBRARIES[library][0]} at {size:,}: {value}"
        for library, results in found.items()
        for (what, size), value in results.items()
        if what == "cut"
    ]
    return "\n".join(
        [
            f"{datetime.date.today()}, {os.cpu_count()} cores. {versions}.",
            *(f"Cut short: {'; '.join(cut)}." for _ in cut[:1]),
            "",
            "How many times litemem's time the others take (– : not measured):",
            "",
            _head("", titles),
            *(
                _row(title, [_cell(found[peer], key, _times, base[key]) for peer in peers])
                for title, key in rows.items()
            ),
            "",
            f"The times themselves, p50 in milliseconds by the {kind}:",
            "",
            _head("", ["litemem", *titles]),
            *(
                _row(title, [_cell(results, key, _ms) for results in found.values()])
                for title, key in rows.items()
            ),
            *(
                _row(title, [_cell(results, (what, 10_000), _whole) for results in found.values()])
                for title, what in OTHERS.items()
            ),
        ]
    )


def plot(found: dict[str, Results], kind: str) -> str:
    """Return the plot: a panel a measurement, a bar a library."""
    panels = {
        "search in a scope of 1,000": ("search", 10_000),
        "one add": ("add", 10_000),
        "one update": ("update", 10_000),
        "delete_all of 1,000": ("delete_all", 10_000),
    }
    return chart(
        f"File of 10,000 memories: milliseconds by the {kind}, p50, on a logarithmic scale",
        {
            panel: [
                (LIBRARIES[library][0], value if isinstance(value, float) else None)
                for library, results in found.items()
                for value in [results.get(key)]
            ]
            for panel, key in panels.items()
        },
    )


def replace_measured(told: str) -> None:
    begin, end = "<!-- measured: bench_peers -->\n", "<!-- end -->"
    before, rest = DOCUMENT.read_text().split(begin)
    DOCUMENT.write_text(f"{before}{begin}{told}\n{end}{rest.split(end, 1)[1]}")


def _cell(results: Results, key: tuple[str, int], show: Show, base: float | str = 1.0) -> str:
    value = results.get(key)
    if value is None or isinstance(value, str) or isinstance(base, str):
        return "–"
    is_bound = key[0] == "delete_all" and STOPPED in str(results.get(("cut", key[1])))
    return ("> " if is_bound else "") + show(value / base)


def _head(first: str, titles: list[str]) -> str:
    return f"| {first} | " + " | ".join(titles) + " |\n|---|" + "---:|" * len(titles)


def _row(title: str, cells: list[str]) -> str:
    return f"| {title} | " + " | ".join(cells) + " |"


def _ms(value: float) -> str:
    return f"{value:,.2f}" if value < 10 else f"{value:,.0f}"


def _times(value: float) -> str:
    return f"{value:,.1f}×" if value < 10 else f"{value:,.0f}×"


def _whole(value: float) -> str:
    return f"{value:,.0f}"


if __name__ == "__main__":
    main()
