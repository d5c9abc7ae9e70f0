"""The settings of a project, which the client's `add` uses; they are kept in the file."""

from collections.abc import Sequence
from typing import Any

from litemem.client.arguments import check_fields, hosted_only
from litemem.core.arguments import Category, check_custom_categories, check_flag, check_text
from litemem.core.scope import Scope
from litemem.errors import ValidationError, quoted
from litemem.store.protocol import Store

FIELDS = (
    "custom_instructions",
    "custom_categories",
    "agent_custom_instructions",
    "multilingual",
    "decay",
)


class Project:
    """The settings of the one project that a file has; `reset` keeps them."""

    create = hosted_only("projects to create")
    delete = hosted_only("projects to delete")
    get_members = hosted_only("members")
    add_member = hosted_only("members")
    update_member = hosted_only("members")
    remove_member = hosted_only("members")

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, fields: Sequence[str] | None = None) -> dict[str, Any]:
        """Return the settings, or those in `fields`; None for a setting without a value.

        Raises:
            ValidationError: `fields` is not a list of names, or has an unknown one.
        """
        known = self._stored()
        names = FIELDS if fields is None else check_fields(fields)
        for name in names:
            if name not in FIELDS:
                raise ValidationError(
                    f"fields: {quoted(name)} is unknown: give {', '.join(FIELDS)}"
                )
        return {name: None if known.get(name) in ("", []) else known.get(name) for name in names}

    def update(
        self,
        custom_instructions: str | None = None,
        custom_categories: Sequence[Category] | None = None,
        multilingual: bool | None = None,
        decay: bool | None = None,
        agent_custom_instructions: str | None = None,
    ) -> dict[str, Any]:
        """Change settings; None keeps a setting, and an empty text or list removes it.

        Raises:
            ValidationError: nothing is given, or an argument is wrong.
        """
        given = {
            "custom_instructions": _check_text(custom_instructions, "custom_instructions"),
            "custom_categories": check_custom_categories(custom_categories),
            "multilingual": _check_flag(multilingual, "multilingual"),
            "decay": _check_flag(decay, "decay"),
            "agent_custom_instructions": _check_text(
                agent_custom_instructions, "agent_custom_instructions"
            ),
        }
        changes = {name: value for name, value in given.items() if value is not None}
        if not changes:
            raise ValidationError(
                f"project.update() has nothing to change: give {', '.join(given)}"
            )
        with self._store.write() as tx:
            tx.settings.update_project(changes)
        return {"message": "Project updated successfully!"}

    def _stored(self) -> dict[str, Any]:
        with self._store.read() as r:
            return r.settings.project()

    def categories(self) -> list[Category] | None:
        """Return the categories for new memories, or None."""
        return self._stored().get("custom_categories") or None

    def instructions(self, scope: Scope) -> str | None:
        """Return what extraction should pay attention to in a scope, or None.

        The instructions for agents come first in a scope with an agent and no user.
        """
        known = self._stored()
        for_agent = known.get("agent_custom_instructions") if scope.is_agent_only else None
        return for_agent or known.get("custom_instructions") or None


def _check_text(text: str | None, name: str) -> str | None:
    return text if text is None or text == "" else check_text(text, name)


def _check_flag(flag: bool | None, name: str) -> bool | None:
    return None if flag is None else check_flag(flag, name)
