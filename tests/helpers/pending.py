"""Turns that are extracted in the background, and models that answer when a test lets them."""

import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from litemem import Memory
from litemem.core.protocols import Prompt
from litemem.store.liveness import this_process
from litemem.testing import ScriptedLLM

CAM = {"user_id": "cam"}
PATIENCE = 60  # seconds; what takes longer is stuck
DEAD = replace(this_process(), pid=2**22 + 1, started=1)  # beyond the largest number


class GatedLLM(ScriptedLLM):
    """Waits before each answer for `gate`; sets `reached` when it waits."""

    def __init__(self, answers: Any) -> None:
        super().__init__(answers)
        self.reached = threading.Event()
        self.gate = threading.Event()

    def generate(
        self, prompt: Prompt, text: str, *, schema: Mapping[str, Any], max_tokens: int
    ) -> str:
        self.reached.set()
        assert self.gate.wait(PATIENCE)
        return super().generate(prompt, text, schema=schema, max_tokens=max_tokens)


def texts(result: dict[str, Any]) -> list[str]:
    return [row["memory"] for row in result["results"]]


def status(memory: Memory, added: dict[str, Any]) -> str:
    event = memory.event(added["event_id"])
    assert event is not None
    return str(event["status"])


def later(memory: Memory, text: str, **ids: Any) -> dict[str, Any]:
    return memory.add(text, async_mode=True, **(ids or CAM))
