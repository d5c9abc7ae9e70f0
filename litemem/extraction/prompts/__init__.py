"""Load the prompts: one Markdown file for each task, with examples for the model."""

import re
from functools import cache
from importlib import resources

from litemem.core.protocols import Prompt

_HEADING = re.compile(r"^# (System|User|Assistant)\n", re.MULTILINE)


@cache
def load(name: str) -> Prompt:
    """Read the prompt of a task from its Markdown file."""
    text = (resources.files(__name__) / f"{name}.md").read_text(encoding="utf-8")
    parts = [part.strip() for part in _HEADING.split(text)[1:]]
    roles, bodies = parts[::2], parts[1::2]
    if roles != ["System"] + ["User", "Assistant"] * (len(roles) // 2):
        raise ValueError(f"prompts/{name}.md: headings must be System, then User and Assistant")
    return Prompt(name, bodies[0], tuple(zip(bodies[1::2], bodies[2::2], strict=True)))
