"""The prompts: one Markdown file a task, with the examples that the model is shown."""

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

_HEADING = re.compile(r"^# (System|User|Assistant)\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model reads before the text at hand: it never changes, so its evaluation can be kept.

    `examples` are pairs of a text and the answer that it should have been given.
    """

    name: str
    system: str
    examples: tuple[tuple[str, str], ...] = ()

    def messages(self, text: str) -> list[dict[str, str]]:
        """Return the chat that asks about `text`, as `role` and `content`."""
        chat = [{"role": "system", "content": self.system}]
        for question, answer in (*self.examples, (text, "")):
            chat.append({"role": "user", "content": question})
            chat.append({"role": "assistant", "content": answer})
        return chat[:-1]


@cache
def load(name: str) -> Prompt:
    """Read the prompt of a task from its Markdown file."""
    text = (resources.files(__name__) / f"{name}.md").read_text(encoding="utf-8")
    parts = [part.strip() for part in _HEADING.split(text)[1:]]
    roles, bodies = parts[::2], parts[1::2]
    if roles != ["System"] + ["User", "Assistant"] * (len(roles) // 2):
        raise ValueError(f"prompts/{name}.md: headings have to be System, then User and Assistant")
    return Prompt(name, bodies[0], tuple(zip(bodies[1::2], bodies[2::2], strict=True)))
