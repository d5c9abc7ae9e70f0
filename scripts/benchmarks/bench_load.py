"""Print how long an `add` takes alone, and beside other programs that keep the cores busy.

    bench_load.py [--programs 3] [--threads 2] [--rounds 3] [--model NAME] [--model-threads N]
        [--others compute|adds]

Each of the other programs computes in several threads, or makes such adds itself. The same adds are
timed alone and next to them, in turns; the ratio is that of the medians. "fair" is the ratio that a
program has which gets as much as each of the others: threads on the machine to cores, at least 1.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from litemem import Memory
from litemem.models.llms import LlamaCppLLM

SAID = (
    "I'm Cam. I avoid shellfish and prefer boutique hotels with a quiet room.",
    "My sister Jane runs marathons; her next one is in Lisbon in May.",
    "I moved from Oslo to Lisbon, and I work as a nurse in a children's hospital.",
    "We adopted a dog called Rex, and I take him to the beach on Sundays.",
)
ANSWERED = "Noted! I will keep that in mind."
COMPUTE = """
import hashlib, sys, threading
def work():
    data = bytes(1 << 20)
    while True:
        hashlib.sha256(data)  # without the interpreter's lock
for _ in range(int(sys.argv[1]) - 1):
    threading.Thread(target=work, daemon=True).start()
print("ready", flush=True)
work()
"""
SETTLE = 1.0  # seconds in which the others start


def main() -> None:
    """Time the adds in turns, and print the medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--programs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--model")
    parser.add_argument("--model-threads", type=int, help="by default as LlamaCppLLM chooses")
    parser.add_argument("--others", choices=("compute", "adds"), default="compute")
    parser.add_argument("--as-other", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        llm = LlamaCppLLM(given.model, threads=given.model_threads)
        with Memory(Path(folder) / "memory.db", llm=llm) as memory:
            add_all(memory, "warm-up")
            if given.as_other:
                print("ready", flush=True)
                while True:
                    add_all(memory, "other")
            alone: list[float] = []
            beside: list[float] = []
            for i in range(given.rounds):
                alone += add_all(memory, f"alone{i}")
                with busy(given):
                    beside += add_all(memory, f"beside{i}")
                print(f"round {i + 1}: alone {shown(alone)}, beside {shown(beside)}", flush=True)
    cores = os.cpu_count() or 1
    wanted = min(given.threads, cores)
    fair = max((given.programs * given.threads + wanted) / cores, 1)
    ratio = statistics.median(beside) / statistics.median(alone)
    print(
        f"an add, alone {statistics.median(alone):.2f} s; beside {given.programs} programs of "
        f"{given.threads} threads ({given.others}) {statistics.median(beside):.2f} s: "
        f"{ratio:.1f}x, fair {fair:.1f}x; tokens evaluated {llm.usage.evaluated}, "
        f"written {llm.usage.generated}"
    )


def shown(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):.2f} s (most {max(seconds):.2f})"


def add_all(memory: Memory, user: str) -> list[float]:
    """Return the seconds of each add of a conversation."""
    times = []
    for text in SAID:
        turn = [{"role": "user", "content": text}, {"role": "assistant", "content": ANSWERED}]
        begun = time.perf_counter()
        memory.add(turn, user_id=user)
        times.append(time.perf_counter() - begun)
    return times


@contextmanager
def busy(given: argparse.Namespace) -> Iterator[None]:
    """Run the other programs."""
    if given.others == "compute":
        command = [sys.executable, "-c", COMPUTE, str(given.threads)]
    else:
        command = [sys.executable, __file__, "--as-other"]
        command += ["--model", given.model] if given.model else []
    others = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(given.programs)
    ]
    try:
        for other in others:
            assert other.stdout is not None
            other.stdout.readline()
        time.sleep(SETTLE)
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


if __name__ == "__main__":
    main()
