"""All scenarios of both dialects, each a name and a function of an empty memory."""

from reads import GET, NEWER_READS, OLDER_READS, reading
from steps import Scenario, kept, one, then
from writes import ADD, DELETE, HISTORY, NEWER_WRITES, OLDER_WRITES, UPDATE, delete_all

LIFE: dict[str, Scenario] = {
    "reset": lambda m: (one(m), m.reset())[1],
    "reset-then-add": lambda m: (one(m), m.reset(), kept(m))[2],
    "close": lambda m: m.close(),
    "close-twice": lambda m: (m.close(), m.close()),
    "add-after-close": lambda m: (m.close(), one(m))[1],
    "get-after-close": lambda m: then(one(m), lambda _: m.close(), m.get),
    "history-after-close": lambda m: then(one(m), lambda _: m.close(), m.history),
    "chat": lambda m: m.chat("hello"),
    "from-config-text": lambda m: m.from_config("nonsense"),
    "from-config-number": lambda m: m.from_config({"vector_store": 7}),
    "from-config-unknown-store": lambda m: m.from_config({"vector_store": {"provider": "paper"}}),
}


PROJECT: dict[str, Scenario] = {
    "project-update": lambda m: m.project.update(custom_instructions="Be brief."),
}


def _named(group: str, scenarios: dict[str, Scenario]) -> dict[str, Scenario]:
    return {f"{group}/{name}": scenario for name, scenario in scenarios.items()}


def _dialect(name: str, own: dict[str, Scenario]) -> dict[str, Scenario]:
    return {
        **_named("add", ADD),
        **_named("get", GET),
        **_named("update", UPDATE),
        **_named("delete", DELETE),
        **_named("delete_all", delete_all(name)),
        **_named("history", HISTORY),
        **_named("life", LIFE),
        **reading(name),
        **own,
    }


CALLS = {
    "2.2.1": _dialect("2.2.1", {**NEWER_READS, **NEWER_WRITES, **PROJECT}),
    "1.0.11": _dialect("1.0.11", {**OLDER_READS, **OLDER_WRITES}),
}
