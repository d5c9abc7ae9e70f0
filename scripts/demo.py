"""The main job on real models: a travel conversation goes in, scoped memories come out."""

import sys
import time
from pathlib import Path

from litemem import Memory

CONVERSATION = [
    # (ids, messages): two travellers, one agent, two apps, several turns
    (
        {"user_id": "cam", "agent_id": "travel_planner", "app_id": "concierge", "run_id": "tokyo"},
        [
            ("user", "I'm Cam. Keep in mind I avoid shellfish and prefer boutique hotels."),
            ("assistant", "Noted! I'll use those preferences in future itineraries."),
        ],
    ),
    (
        {"user_id": "cam", "agent_id": "travel_planner", "app_id": "concierge", "run_id": "tokyo"},
        [
            ("user", "I fly to Tokyo on 12 March with my sister Ana, and we stay five nights."),
            ("assistant", "I booked the Sakura Inn in Yanaka for five nights from 12 March."),
        ],
    ),
    (
        {"user_id": "cam", "agent_id": "travel_planner", "app_id": "concierge", "run_id": "tokyo"},
        [
            ("user", "Great. She is a vegetarian, by the way. What is the weather like there?"),
            ("assistant", "Mild, about 13 degrees in March."),
        ],
    ),
    (
        {"user_id": "jane", "agent_id": "travel_planner", "app_id": "sports_portal"},
        [
            ("user", "Hi! Jane here. I run marathons, and I need a gym in every hotel."),
            ("assistant", "Hello Jane! I will only suggest hotels with a gym."),
        ],
    ),
    (
        {"user_id": "jane", "agent_id": "travel_planner", "app_id": "sports_portal"},
        [
            ("user", "My next race is in Lisbon on 4 October. I am allergic to nuts."),
            ("assistant", "Thank you, I will tell every restaurant about the nuts."),
        ],
    ),
]

SEARCHES = [
    ("Any dietary restrictions?", {"user_id": "cam"}),
    ("Any dietary restrictions?", {"user_id": "jane", "app_id": "sports_portal"}),
    ("Which hotel?", {"agent_id": "travel_planner", "app_id": "concierge"}),
    ("When is the trip?", {"user_id": "cam", "run_id": "tokyo"}),
]


def main(path: Path) -> None:
    path.unlink(missing_ok=True)
    with Memory(path) as memory:
        remember(memory)
        show(memory)
        for query, ids in SEARCHES:
            search(memory, query, ids)
    print(f"\nThe memory is one file: {path} ({path.stat().st_size / 1024:.0f} KiB)")
    print(f"Look into it:           sqlite3 {path} 'SELECT memory, user_id, app_id FROM memories'")


def remember(memory: Memory) -> None:
    print("Remembering:")
    for ids, turn in CONVERSATION:
        start = time.perf_counter()
        messages = [{"role": role, "content": content} for role, content in turn]
        results = memory.add(messages, **ids)["results"]
        seconds = time.perf_counter() - start
        print(f"  {seconds:5.2f} s  {turn[0][1]}")
        for result in results:
            print(f"           + {result['memory']}")


def show(memory: Memory) -> None:
    rows = [
        (row["user_id"], row["app_id"], row["attributed_to"], row["memory"])
        for row in memory.get_all(filters={"agent_id": "*"}, top_k=100)["results"]
    ]
    print(f"\n{'user':6} {'app':14} {'about':10} memory")
    for user, app, about, text in reversed(rows):
        print(f"{user:6} {app:14} {about:10} {text}")


def search(memory: Memory, query: str, ids: dict[str, str]) -> None:
    start = time.perf_counter()
    results = memory.search(query, **ids, top_k=3)["results"]
    milliseconds = (time.perf_counter() - start) * 1000
    scope = " ".join(f"{key}={value}" for key, value in ids.items())
    print(f"\n{query}  [{scope}]  {milliseconds:.1f} ms")
    for result in results:
        print(f"  {result['score']:.2f}  {result['memory']}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "demo.db"))
