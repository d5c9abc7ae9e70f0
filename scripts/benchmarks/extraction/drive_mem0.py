"""Runs inside an environment of Mem0: adds a session, pair by pair, and prints what it stored.

drive_mem0.py ADDRESS FOLDER < pairs.json, where ADDRESS is a server of OpenAI's interface and the
pairs are lists of messages. Prints {"memories": […], "seconds": […]}, a time for each pair.
"""

import json
import os
import sys
import time

os.environ["MEM0_TELEMETRY"] = "False"
os.environ["MEM0_DIR"] = sys.argv[2]

from mem0 import Memory  # it reads the environment when it is imported

ADDRESS, FOLDER = sys.argv[1:]
LOCAL = {"model": "local", "api_key": "none", "openai_base_url": ADDRESS}
CONFIG = {
    "llm": {"provider": "openai", "config": LOCAL | {"temperature": 0.0}},
    "embedder": {"provider": "openai", "config": LOCAL | {"embedding_dims": 384}},
    "vector_store": {
        "provider": "qdrant",
        "config": {"path": f"{FOLDER}/qdrant", "embedding_model_dims": 384},
    },
    "history_db_path": f"{FOLDER}/history.db",
}

memory = Memory.from_config(CONFIG)
seconds = []
for pair in json.load(sys.stdin):
    start = time.perf_counter()
    try:
        memory.add(pair, user_id="pair")
    except Exception as error:  # noqa: BLE001 - what it fails on is lost, and the next is tried
        print(f"{type(error).__name__}: {error}"[:200], file=sys.stderr)
    seconds.append(time.perf_counter() - start)
try:
    found = memory.get_all(filters={"user_id": "pair"}, top_k=1_000)
except (TypeError, ValueError):  # 1.x
    found = memory.get_all(user_id="pair", limit=1_000)
print(json.dumps({"memories": [row["memory"] for row in found["results"]], "seconds": seconds}))
