"""Time the pages of `litemem inspect` on a large file, and what an open page costs a writer.

    bench_inspector.py 100000 [FILE]    pages, their sizes, the process's memory, and the ratio

FILE is made if it does not exist. From 100,000 memories on, the rows of the table `memory` are
copied: pages read no vectors.
"""

import http.client
import os
import re
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlencode

import psutil

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(Path(__file__).parent), str(ROOT)]

from filled import fill  # noqa: E402
from litemem import Memory  # noqa: E402
from litemem.testing import HashEmbedder  # noqa: E402

ADDED = 100_000  # memories that are added one by one; more of them are copies of these rows
DIMENSIONS = HashEmbedder().identity.dimensions
TIMES = 5  # that each page is asked for
ROUNDS, ADDS, NOTES = 24, 60, 200  # of the ratio: rounds, adds in each, memories before the first


class Page:
    """A browser's requests to one inspector, each on a connection of its own."""

    def __init__(self, address: str, process: psutil.Process) -> None:
        self.process = process
        self.port = int(address.split(":")[2].split("/")[0])
        self.cookie = ""
        answer, _ = self._ask(address[address.index("/?") :])
        self.cookie = (answer.headers["set-cookie"] or "").split(";")[0]

    def get(self, path: str) -> tuple[str, float, float]:
        """Return a page, and the seconds that it took, of the clock and of the server's cores."""
        begun, before = time.perf_counter(), self._cores()
        answer, body = self._ask(path)
        assert answer.status == 200, (path, answer.status)
        return body, time.perf_counter() - begun, self._cores() - before

    def events(self) -> http.client.HTTPResponse:
        """Return the stream of changes."""
        return self._ask("/events", read=False)[0]

    def _ask(self, path: str, *, read: bool = True) -> tuple[http.client.HTTPResponse, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.request("GET", path, headers={"cookie": self.cookie})
        answer = connection.getresponse()
        return answer, answer.read().decode() if read else ""

    def _cores(self) -> float:
        times = self.process.cpu_times()
        return times.user + times.system


@contextmanager
def served(path: Path) -> Iterator[Page]:
    """Run the command on a file, and lend a page of it as soon as it prints its address."""
    command = ["inspect", "--db", str(path), "--embedder", "hash", "--no-browser"]
    with subprocess.Popen(
        [sys.executable, "-m", "litemem", *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.stdout is not None
        try:
            yield Page(process.stdout.readline().strip(), psutil.Process(process.pid))
        finally:
            process.terminate()


def make(path: Path, memories: int) -> None:
    """Write a file with a number of memories."""
    fill(path, min(memories, ADDED), DIMENSIONS)
    with closing(sqlite3.connect(path)) as connection:
        names = [row[1] for row in connection.execute("PRAGMA table_info(memory)")]
        changed = {
            "pk": "pk + :first",
            "id": "replace(id, '-', :copy)",
            "created_at": "created_at + :later",
            "updated_at": "updated_at + :later",
            "sources": "'[]'",
        }
        values = ", ".join(changed.get(name, name) for name in names)
        for copy in range(1, memories // ADDED):
            connection.execute(
                f"INSERT INTO memory ({', '.join(names)})"
                f" SELECT {values} FROM memory WHERE pk <= {ADDED}",
                {"copy": str(copy), "first": copy * ADDED, "later": copy * 6_000_000_000_000},
            )
            connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def pages(path: Path) -> None:
    """Print what each page takes."""
    word = _a_word(path)
    views = {
        "overview": "/",
        "everyone": "/memories",
        "a scope": "/memories?user_id=user3",
        "a word": f"/memories?{urlencode({'q': word})}",
        "a word in a scope": f"/memories?{urlencode({'q': word, 'user_id': 'user3'})}",
        "a scope, superseded": "/memories?user_id=user3&state=superseded",
        "everyone, in doubt": "/memories?state=doubtful",
        "a conversation": "/conversation?user_id=user3",
        "a graph": "/graph?user_id=user3",
        "health": "/health",
    }
    with served(path) as page:
        first, wall, cores = page.get("/")
        print(f"{'first request':22} {1000 * wall:6.0f} ms, {1000 * cores:.0f} of them computing")
        print(f"resident {page.process.memory_info().rss / 1e6:.0f} MB after it")
        memory_id = re.findall(r"/memory\?id=([^\"&]+)", first)[0]
        for name, view in {**views, "a memory": f"/memory?id={memory_id}"}.items():
            taken = [page.get(view) for _ in range(TIMES)]
            walls, sizes = [wall for _, wall, _ in taken], len(taken[0][0].encode())
            cores = min(each for *_, each in taken)
            print(
                f"{name:22} {1000 * walls[0]:6.0f} ms, again {1000 * statistics.median(walls):.0f},"
                f" {1000 * cores:.0f} of them computing, {sizes / 1000:.0f} kB"
            )
        own = page.process.memory_full_info()
        print(f"resident {own.rss / 1e6:.0f} MB, {own.uss / 1e6:.0f} of them its own")


def ratio(folder: Path) -> None:
    """Print what an open page makes of the time of an `add`."""
    path = folder / "ratio.db"
    taken: dict[bool, list[float]] = {True: [], False: []}
    with Memory(path, embedder=HashEmbedder()) as memory:
        for number in range(NOTES):
            memory.add(f"note {number}", user_id="cam", infer=False)
        with served(path) as page:
            is_open = threading.Event()
            threading.Thread(target=_watch, args=(page, is_open), daemon=True).start()
            for each in range(ROUNDS):
                with_page = each % 2 == 0
                is_open.set() if with_page else is_open.clear()
                time.sleep(0.7)
                for number in range(ADDS):
                    begun = time.perf_counter()
                    memory.add(f"note {each} {number}", user_id="cam", infer=False)
                    taken[with_page].append(time.perf_counter() - begun)
    with_page, without = statistics.median(taken[True]), statistics.median(taken[False])
    print(
        f"an add with the page open {1000 * with_page:.2f} ms,"
        f" without {1000 * without:.2f} ms: ratio {with_page / without:.2f}"
    )


def _watch(page: Page, is_open: threading.Event) -> None:
    """Load the list again at each change, as the script of an open page does."""
    try:
        while True:
            is_open.wait()
            stream = page.events()
            while is_open.is_set():
                if stream.readline().startswith(b"event: change"):
                    page.get("/memories?user_id=cam")
            stream.close()
    except (OSError, http.client.HTTPException):
        return  # the server has ended


def _a_word(path: Path) -> str:
    with Memory(path, embedder=HashEmbedder(DIMENSIONS), read_only=True) as memory:
        return str(memory.get_all(user_id="user3", top_k=1)["results"][0]["memory"]).split()[0]


def main() -> None:
    memories = int(sys.argv[1].replace(",", "").replace("_", ""))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(sys.argv[2] if len(sys.argv) > 2 else f"{folder}/large.db")
        if not path.exists():
            make(path, memories)
        print(f"{memories:,} memories, {path.stat().st_size / 1e6:.0f} MB")
        pages(path)
        ratio(Path(folder))


if __name__ == "__main__":
    main()
