"""Run a travel conversation through the real models, and search what it left in the memory."""

import sys
import time
from pathlib import Path

from litemem import Memory

CAM = {"user_id": "cam", "agent_id": "travel_planner", "app_id": "concierge", "run_id": "tokyo"}
JANE = {"user_id": "jane", "agent_id": "travel_planner", "app_id": "sports_portal"}

CONVERSATION = [  # (ids, what the user says, what the assistant answers)
    (
        CAM,
        "I'm Cam. Keep in mind I avoid shellfish and prefer boutique hotels.",
        "Noted! I'll use those preferences in future itineraries.",
    ),
    (
        CAM,
        "I fly to Tokyo on 12 March with my sister Ana, and we stay five nights.",
        "I booked the Sakura Inn in Yanaka for five nights from 12 March.",
    ),
    (
        CAM,
        "Great. She is a vegetarian, by the way. What is the weather like there?",
        "Mild, about 13 degrees in March.",
    ),
    (
        JANE,
        "Hi! Jane here. I run marathons, and I need a gym in every hotel.",
        "Hello Jane! I will only suggest hotels with a gym.",
    ),
    (
        JANE,
        "My next race is in Lisbon on 4 October. I am allergic to nuts.",
        "Thank you, I will tell every restaurant about the nuts.",
    ),
]

SEARCHES = [
    ("Is shellfish fine for Cam?", {"user_id": "cam"}),
    ("What does Ana eat?", {"user_id": "cam", "run_id": "tokyo"}),
    ("Which hotel?", {"user_id": "jane"}),
    ("Which hotel?", {"agent_id": "travel_planner", "app_id": "concierge"}),
    ("What is Jane allergic to?", {"user_id": "jane", "app_id": "sports_portal"}),
]


def main(path: Path) -> None:
    path.unlink(missing_ok=True)
    with Memory(path) as memory:
        for ids, question, answer in CONVERSATION:
            add(memory, ids, question, answer)
        for query, ids in SEARCHES:
            search(memory, query, ids)
    print(f"\nThe memory is one file: {path} ({path.stat().st_size / 1024:.0f} KiB). Look into it:")
    print(f"sqlite3 {path} 'SELECT memory, user_id, app_id FROM memories'")


def add(memory: Memory, ids: dict[str, str], question: str, answer: str) -> None:
    print(f"{ids['user_id']}: {question}")
    turn = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    start = time.perf_counter()
    results = memory.add(turn, **ids)["results"]
    seconds = time.perf_counter() - start
    for number, result in enumerate(results):
        print(f"  + {result['memory']}" + (f"   ({seconds:.1f} s)" if number == 0 else ""))


def search(memory: Memory, query: str, ids: dict[str, str]) -> None:
    start = time.perf_counter()
    results = memory.search(query, **ids, top_k=1)["results"]
    milliseconds = (time.perf_counter() - start) * 1000
    scope = " ".join(f"{key}={value}" for key, value in ids.items())
    print(f"\n? {query}  [{scope}]")
    for result in results:
        print(f"  {result['score']:.2f}  {result['memory']}   ({milliseconds:.0f} ms)")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "demo.db"))
