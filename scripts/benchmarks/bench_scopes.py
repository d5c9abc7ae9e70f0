"""Print what scopes cost: compiling a filter, a page of each kind of scope, deleting a scope.

The file holds 100,000 memories of 100 users, 20 agents, 5 apps and 1,000 runs, made with the
deterministic embedder; every time is a median of many.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from litemem import Memory
from litemem.core.scope import Scope
from litemem.store.filters import compile_filter
from litemem.testing import HashEmbedder

MEMORIES = 100_000
PAGE = 50

SCOPES: dict[str, dict[str, Any]] = {
    "user": {"user_id": "u7"},
    "agent": {"agent_id": "a7"},
    "app": {"app_id": "p2"},
    "run": {"run_id": "r7"},
    "user and run": {"AND": [{"user_id": "u7"}, {"run_id": "r7"}]},
    'app and user "*"': {"AND": [{"app_id": "p2"}, {"user_id": "*"}]},
}


def median_ms(work: Callable[[], object], rounds: int = 200) -> float:
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


def nodes(count: int) -> dict[str, Any]:
    """Return a filter of `count` nodes: conditions, and the AND, OR and NOT that join them."""
    conditions = [
        {"category": {"in": ["work", "home"]}},
        {"created_at": {"gte": "2025-01-01"}},
        {"NOT": {"metadata.priority": {"gt": 3}}},
    ]
    # each entry of the OR is a condition; every third brings a NOT of its own
    parts = [conditions[i % 3] for i in range((count - 3) * 3 // 4)]
    return {"AND": [{"user_id": "u7"}, {"OR": parts}]}


def fill(memory: Memory) -> None:
    texts = [{"role": "user", "content": f"note {i} about topic {i % 977}"} for i in range(100)]
    for batch in range(MEMORIES // 100):
        ids = {"user_id": f"u{batch % 100}", "agent_id": f"a{batch % 20}"}
        memory.add(texts, **ids, app_id=f"p{batch % 5}", run_id=f"r{batch}", infer=False)


def main(folder: Path) -> None:
    compiled = median_ms(lambda: compile_filter(nodes(50), Scope()), 500)
    print(f"compile a filter of 50 nodes: {compiled:.2f} ms (goal ≤ 0.5)")
    with Memory(folder / "scopes.db", embedder=HashEmbedder()) as memory:
        start = time.perf_counter()
        fill(memory)
        with memory.store.read() as r:
            size = r.overview()
        print(
            f"{size.memories:,} memories in {time.perf_counter() - start:.0f} s, "
            f"{size.bytes / size.memories:,.0f} bytes a memory"
        )
        for name, filters in SCOPES.items():
            spent = median_ms(lambda f=filters: memory.get_all(filters=f, top_k=PAGE))  # type: ignore[misc]
            print(f"a page of {PAGE}, {name}: {spent:.2f} ms (goal ≤ 3)")
        spent = [
            median_ms(lambda u=user: memory.delete_all(user_id=f"u{u}"), 1)  # type: ignore[misc]
            for user in range(10, 21)
        ]
        print(f"delete_all of a user's 1,000: {statistics.median(spent):.0f} ms (goal ≤ 50)")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as name:
        main(Path(name))
