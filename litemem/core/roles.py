"""The four roles of messages, and the names that other libraries give them."""

from collections.abc import Iterable
from dataclasses import replace

from litemem.core.types import Message

# Left out: names such as "customer" or "agent", which mean the user in one program and the
# assistant in another.
ALIASES = {
    "user": ("human",),  # LangChain, ShareGPT
    "assistant": ("ai", "bot", "chatbot", "gpt", "model"),  # LangChain, Cohere, ShareGPT, Gemini
    "system": ("developer",),  # OpenAI
    "tool": ("function", "ipython"),  # OpenAI, Gemini, Llama
}
KNOWN = "; ".join(f"{role} ({', '.join(names)})" for role, names in ALIASES.items())  # for messages

_ROLES = {name: role for role, names in ALIASES.items() for name in (role, *names)}


def canonical_role(role: str) -> str:
    """Return "user", "assistant", "system" or "tool"; an unknown role without the blanks around it.

    Case and blanks are ignored. The class names of LangChain are known too: "AIMessageChunk".
    """
    name = role.strip()
    folded = name.casefold().removesuffix("chunk").removesuffix("message")
    return _ROLES.get(folded, name)


def is_known_role(role: str) -> bool:
    """Return True if a role is one of the four, or another name of one."""
    return canonical_role(role) in ALIASES


def with_canonical_roles(messages: Iterable[Message]) -> tuple[Message, ...]:
    """Return messages with canonical roles, also those that an older version stored as given."""
    return tuple(replace(message, role=canonical_role(message.role)) for message in messages)
