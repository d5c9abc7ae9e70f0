"""Run sessions of LoCoMo through `Memory.add`, and say how good the memories are.

    bench_extraction.py DATA [--model NAME]… [--conversations N] [--sessions N] [--show]
        [--mem0 FOLDER]

Each pair of turns is one call, as an application would make it: the speakers are named, the
session's date is the timestamp, a pair of speakers is one user. With --mem0, the first session also
goes through the Mem0s of that folder's environments (`tests/compat/run` makes them), with the
same GGUF and embedder. A table is printed:

- recall: observations of the data set that a memory means: a cosine of at least 0.65 between them,
  where the observation's speaker is named in the memory.
- precision: memories that the session supports: 60 % of their telling words stand within four
  turns, half of these in turns of the one whom the memory is about.
- invented: memories with a capitalised word or a number that the session does not hold.
- duplicates: memories with a cosine of at least 0.92 to an earlier one.
- junk: questions, greetings and thanks told as facts.
- per pair: memories, seconds (median), evaluated and written tokens, and the first pair's seconds.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "extraction"))

from judge import VERDICTS, Judge
from model_server import counted, serving
from sessions import Session, sessions

from litemem import Memory
from litemem.models import files as model_files
from litemem.models.embedders import FastEmbedEmbedder
from litemem.models.llms import LlamaCppLLM

MEM0 = ("2.2.1", "1.0.11")
COLUMNS = (
    "what | pairs | memories | recall | precision | invented | duplicates | junk "
    "| memories a pair | s a pair | first s | tokens evaluated | written"
)


@dataclass
class Row:
    """What became of some sessions: verdicts, and what each call took."""

    name: str
    memories: int = 0
    seconds: list[float] = field(default_factory=list)
    evaluated: int = 0
    generated: int = 0
    verdicts: dict[str, list[bool]] = field(default_factory=dict)

    def judge(self, judge: Judge) -> None:
        self.memories += len(judge.memories)
        for name in VERDICTS:
            self.verdicts.setdefault(name, []).extend(getattr(judge, name)())

    def __str__(self) -> str:
        shares = [sum(rows) / max(len(rows), 1) for rows in self.verdicts.values()]
        pairs = len(self.seconds)
        return " | ".join(
            [
                self.name,
                f"{pairs} | {self.memories}",
                *(f"{share:.3f}" for share in shares),
                f"{self.memories / pairs:.2f} | {statistics.median(self.seconds[1:]):.2f}",
                f"{self.seconds[0]:.2f} | {self.evaluated / pairs:.0f}",
                f"{self.generated / pairs:.0f}",
            ]
        )


def litemem_row(
    name: str | None, chosen: list[Session], embedder: FastEmbedEmbedder, show: bool
) -> Row:
    llm = LlamaCppLLM(name)
    row = Row(f"litemem, {llm.name}")
    with (
        tempfile.TemporaryDirectory() as folder,
        Memory(Path(folder) / "m.db", embedder=embedder, llm=llm) as memory,
    ):
        for session in chosen:
            before = {row["id"] for row in _all(memory, session)}
            for pair in session.pairs():
                said = [{"role": "user", "name": who, "content": text} for who, text in pair]
                start = time.perf_counter()
                memory.add(said, user_id=session.user, timestamp=session.at)
                row.seconds.append(time.perf_counter() - start)
            kept = [r["memory"] for r in reversed(_all(memory, session)) if r["id"] not in before]
            judge = Judge(session, kept, embedder)
            row.judge(judge)
            if show:
                _show(judge)
        row.evaluated, row.generated = llm.usage.evaluated, llm.usage.generated
    return row


def mem0_row(
    version: str, folder: Path, gguf: Path, session: Session, embedder: FastEmbedEmbedder
) -> Row:
    row = Row(f"mem0ai {version}")
    pairs = [
        [{"role": "user", "content": f"{who}: {text}"} for who, text in pair]
        for pair in session.pairs()
    ]
    python = folder / f"mem0ai-{version}" / "bin" / "python"
    driver = Path(__file__).parent / "extraction" / "drive_mem0.py"
    with tempfile.TemporaryDirectory() as work, serving(gguf) as (address, usage):
        done = subprocess.run(
            [python, driver, address, work],
            input=json.dumps(pairs),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        row.evaluated, row.generated = counted(usage)
    found = json.loads(done.stdout.splitlines()[-1])
    row.seconds = found["seconds"]
    row.judge(Judge(session, found["memories"], embedder))
    return row


def main() -> None:
    options = _options()
    chosen = list(sessions(options.data, options.conversations, options.sessions))
    embedder = FastEmbedEmbedder()
    print(COLUMNS, "|".join("-" * len(COLUMNS.split("|"))), sep="\n", flush=True)
    for name in options.model or [None]:
        print(litemem_row(name, chosen, embedder, options.show), flush=True)
    if options.mem0:
        gguf = _gguf(options.model)
        one = litemem_row((options.model or [None])[0], chosen[:1], embedder, False)
        one.name += ", the one session"
        print(one, flush=True)
        for version in MEM0:
            print(mem0_row(version, options.mem0, gguf, chosen[0], embedder), flush=True)


def _gguf(models: list[str] | None) -> Path:
    return model_files.verified_path((models or [LlamaCppLLM().name])[0])


def _all(memory: Memory, session: Session) -> list[dict[str, str]]:
    found: list[dict[str, str]] = memory.get_all(user_id=session.user, top_k=100_000)["results"]
    return found


def _show(judge: Judge) -> None:
    session = judge.session
    print(f"\n{session.user} {session.name}, {session.at:%Y-%m-%d}")
    for who, text in session.turns:
        print(f"    {who}: {text}")
    nearest = zip(session.observations, judge.recalled(), judge.nearest(), strict=True)
    for (speaker, text), found, (cosine, memory) in nearest:
        print(f"  {'found ' if found else 'MISSED'} {speaker}: {text}  [{cosine:.2f} {memory}]")
    columns = (judge.supported(), judge.invented(), judge.duplicated(), judge.junk())
    for memory, supported, *faults in zip(judge.memories, *columns, strict=True):
        told = [
            n for n, is_so in zip(("invented", "duplicate", "junk"), faults, strict=True) if is_so
        ]
        print(f"  + {memory}  {' '.join(told if supported else ['UNSUPPORTED', *told])}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", type=Path, help="LoCoMo's JSON")
    parser.add_argument("--model", action="append", help="of the registry, or a GGUF's path")
    parser.add_argument("--sessions", type=int, help="of each conversation")
    parser.add_argument("--conversations", type=int)
    parser.add_argument("--show", action="store_true", help="every observation and memory")
    parser.add_argument("--mem0", type=Path, help="the folder of Mem0's environments")
    return parser.parse_args()


if __name__ == "__main__":
    main()
