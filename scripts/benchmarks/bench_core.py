"""Print the numbers of litemem's core: import, size, speed of adding, warm and cold extraction.

    bench_core.py [SECTION …]    all sections, or: import memory embed add extract busy open

Machines are noisy: compare the ratios, which are taken within one run, side by side.
"""

import json
import multiprocessing
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import apsw

from litemem import Memory
from litemem.extraction.ask import load_prompt
from litemem.models.embedders import FastEmbedEmbedder
from litemem.models.llms import LlamaCppLLM
from litemem.testing import HashEmbedder, ScriptedLLM

WORDS = """the a to and of in is it you that he was for on are with as I his they be at one have
this from or had by hot but some what there we can out other were all your when up use word how
said an each she which do their time if will way about many then them would write like so these
her long make thing see him two has look more day could go come did my sound no most number who
over know water than call first people may down side been now find hiking mountains hotel shellfish
boutique Tokyo Lisbon sister marathon vegetarian allergy meeting budget invoice garden piano"""


def texts(count: int, characters: int = 100) -> list[str]:
    choose = random.Random(7)
    found = []
    for _ in range(count):
        text = ""
        while len(text) < characters:
            text += choose.choice(WORDS.split()) + " "
        found.append(text[:characters].strip() + str(choose.random())[2:6])
    return found


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def each(work: Callable[[str], object], said: list[str]) -> None:
    for text in said:
        work(text)


def run_python(code: str, **variables: str) -> str:
    # as an installed package is: with its modules compiled
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment |= variables
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return done.stdout


def bench_import(_: Path) -> None:
    code = (
        "import time; t = time.perf_counter(); import litemem, sys;"
        "print(time.perf_counter() - t, [m for m in ('numpy', 'fastembed', 'llama_cpp')"
        " if m in sys.modules])"
    )
    runs = [run_python(code).split(" ", 1) for _ in range(9)]
    print(f"import litemem: {statistics.median(float(s) for s, _ in runs) * 1000:.0f} ms", end="")
    print(f" (goal ≤ 100), heavy modules loaded: {runs[0][1].strip()}")


def bench_memory(folder: Path) -> None:
    code = (
        "from litemem import Memory; from litemem.testing import HashEmbedder;"
        f"m = Memory({str(folder / 'rss.db')!r}, embedder=HashEmbedder());"
        "[m.add(f'text {i}', user_id='u', infer=False) for i in range(10)];"
        "print([line.split()[1] for line in open('/proc/self/status') if 'VmRSS' in line][0])"
    )
    print(f"resident after 10 adds: {int(run_python(code)) / 1024:.0f} MB (goal ≤ 60)")


def bench_embed(folder: Path) -> None:
    said = texts(1_000)
    embedder = FastEmbedEmbedder()
    embedder.embed_query("warm")
    from fastembed import TextEmbedding

    from litemem.models import files as model_files

    alone = TextEmbedding(
        "sentence-transformers/all-MiniLM-L6-v2",
        specific_model_path=str(model_files.verified_folder("all-minilm-l6-v2-int8")),
    )
    ratios = []
    for i in range(3):
        with Memory(folder / f"embed{i}.db", embedder=FastEmbedEmbedder()) as memory:
            memory.embedder.embed_query("warm")
            bare = seconds(lambda: list(alone.passage_embed(said)))
            messages = [{"role": "user", "content": text} for text in said]
            ours = seconds(partial(memory.add, messages, user_id="u", infer=False))
        ratios.append(bare / ours)
        print(f"  1,000 messages: fastembed alone {bare:.2f} s, litemem {ours:.2f} s")
    print(f"infer=False against fastembed alone: {statistics.median(ratios):.2f} (goal ≥ 0.85)")


def bench_add(folder: Path) -> None:
    said = [{"role": "user", "content": text} for text in texts(20_000)]
    with Memory(folder / "batch.db", embedder=HashEmbedder()) as memory:
        spent = seconds(
            lambda: [
                memory.add(said[i : i + 1_000], user_id=f"u{i}", infer=False)
                for i in range(0, len(said), 1_000)
            ]
        )
        with memory.store.read() as r:
            size = r.overview().bytes
    print(f"batches of 1,000: {len(said) / spent:,.0f} memories/s (goal ≥ 5,000)", end="")
    print(f", {size / len(said):,.0f} bytes a memory")
    for durability in ("full", "normal"):
        _bench_single(folder, durability)


def _bench_single(folder: Path, durability: str) -> None:
    bare = apsw.Connection(str(folder / f"bare-{durability}.db"))
    bare.pragma("journal_mode", "wal")
    bare.pragma("synchronous", durability)
    bare.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)")
    said = texts(4_000)

    def transaction(text: str) -> None:
        bare.execute("BEGIN IMMEDIATE")
        bare.execute("INSERT INTO t (b) VALUES (?)", (text,))
        bare.execute("COMMIT")

    path = folder / f"single-{durability}.db"
    with Memory(path, embedder=HashEmbedder(), durability=durability) as memory:
        ratios, ours_total = [], 0.0
        for start in range(0, len(said), 500):  # in turns, so that both meet the same noise
            part = said[start : start + 500]
            alone = seconds(partial(each, transaction, part))
            ours = seconds(partial(each, partial(memory.add, user_id="u", infer=False), part))
            ratios.append(alone / ours)
            ours_total += ours
    print(
        f"single adds, durability={durability}: {len(said) / ours_total:,.0f}/s, "
        f"{statistics.median(ratios):.2f} of a bare transaction (goal ≥ 0.5 for full)"
    )


TURN = [
    {
        "role": "user",
        "content": "I'm Cam. Keep in mind I avoid shellfish and like boutique hotels.",
    },
    {"role": "assistant", "content": "Noted! I'll use those preferences in future itineraries."},
]


def bench_extract(folder: Path) -> None:
    with Memory(folder / "extract.db") as memory:
        memory.add(TURN, user_id="warm-up")
        llm = memory.llm
        assert isinstance(llm, LlamaCppLLM)
        before = llm.usage
        warm = seconds(lambda: memory.add(TURN, user_id="u"))
        evaluated = llm.usage.evaluated - before.evaluated
        turn = sum(llm.count_tokens(message["content"]) for message in TURN)
        print(
            f"warm add of a turn: {warm:.2f} s, {evaluated} tokens evaluated for a turn of {turn}, "
            f"{evaluated - turn:+d} beyond it (goal ≤ +60); "
            f"{llm.usage.generated - before.generated} written"
        )
    code = (
        "import time, json; from litemem import Memory; t = time.perf_counter();"
        f"m = Memory({str(folder / 'cold.db')!r});"
        f"m.add(json.loads({json.dumps(TURN)!r}), user_id='u' + str(t));"
        "print(time.perf_counter() - t)"
    )
    cold = [float(run_python(code)) for _ in range(3)]
    print(
        f"cold add in a new process: {statistics.median(cold):.2f} s, "
        f"{statistics.median(cold) - warm:.2f} s more than warm (goal ≤ 3)"
    )
    prompt = load_prompt("user_facts")
    print(f"  (the kept prompt is {len(prompt.system)} characters and its examples)")


BUSY = """
import json, statistics, sys, time
from litemem import Memory
warm_up, *turns = json.loads(sys.argv[1])
memory, spent = Memory(":memory:"), []
memory.add(warm_up, user_id="warm-up")
for turn in turns:
    start = time.perf_counter()
    memory.add(turn, user_id="u")
    spent.append(time.perf_counter() - start)
print(statistics.mean(spent))
"""
CITIES = ("Oslo", "Rome", "Lima", "Bern")
LIBGOMPS_OWN = "300000"  # how often its threads look before they sleep, if nobody says


def bench_busy(_: Path) -> None:
    said = [TURN[0]["content"], *(f"I'm Cam. I moved to {city} in May." for city in CITIES)]
    code = BUSY.replace("sys.argv[1]", repr(json.dumps(said)))
    for busy in (0, 1, os.cpu_count() or 2):
        keeps_busy = [sys.executable, "-c", "while True: pass"]
        neighbours = [subprocess.Popen(keeps_busy) for _ in range(busy)]
        try:
            ours = float(run_python(code))
            theirs = float(run_python(code, GOMP_SPINCOUNT=LIBGOMPS_OWN))
        finally:
            for neighbour in neighbours:
                neighbour.kill()
        print(
            f"warm add beside {busy} busy programs: {ours:.2f} s; "
            f"as libgomp's threads wait by themselves, {theirs:.2f} s"
        )


def _open(path: str, barrier: object) -> None:
    barrier.wait()  # type: ignore[attr-defined]
    with Memory(path, embedder=HashEmbedder(), llm=ScriptedLLM([])) as memory:
        memory.add("hello", user_id="u", infer=False)


def bench_open(folder: Path) -> None:
    context = multiprocessing.get_context("spawn")
    rounds, processes, failed = 100, 12, 0
    for i in range(rounds):
        barrier = context.Barrier(processes)
        path = str(folder / f"open{i}.db")
        running = [context.Process(target=_open, args=(path, barrier)) for _ in range(processes)]
        for process in running:
            process.start()
        for process in running:
            process.join()
        failed += sum(process.exitcode != 0 for process in running)
        with Memory(path, embedder=HashEmbedder()) as memory, memory.store.read() as r:
            failed += r.overview().memories != processes
    print(
        f"{processes} processes opening one new file, {rounds} rounds: {failed} failures (goal 0)"
    )


SECTIONS = {
    "import": bench_import,
    "memory": bench_memory,
    "embed": bench_embed,
    "add": bench_add,
    "extract": bench_extract,
    "busy": bench_busy,
    "open": bench_open,
}

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        for section in sys.argv[1:] or SECTIONS:
            SECTIONS[section](Path(name))
