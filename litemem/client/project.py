"""Project: what extraction should heed in every call of a client, kept in the file."""

from collections.abc import Sequence

from litemem.client.face import Result
from litemem.client.hosted_only import hosted_only
from litemem.client.narrowing import check_fields
from litemem.core.arguments import Category, check_custom_categories, check_flag, check_text
from litemem.core.scope import Scope
from litemem.errors import ValidationError, quoted
from litemem.store.sqlite import SqliteStore

FIELDS = (
    "custom_instructions",
    "custom_categories",
    "agent_custom_instructions",
    "multilingual",
    "decay",
)


class Project:
    """The settings of the one project that a file is; `reset` leaves them."""

    create = hosted_only("projects to create")
    delete = hosted_only("projects to delete")
    get_members = hosted_only("members")
    add_member = hosted_only("members")
    update_member = hosted_only("members")
    remove_member = hosted_only("members")

    def __init__(self, store: SqliteStore) -> None:
        self._store = store

    def get(self, fields: Sequence[str] | None = None) -> Result:
        """Return the settings, or those of `fields`; None where nothing was said.

        Raises:
            ValidationError: `fields` is no list of names, or there is no such setting.
        """
        known = self._store.project()
        names = FIELDS if fields is None else check_fields(fields)
        for name in names:
            if name not in FIELDS:
                raise ValidationError(
                    f"fields: {quoted(name)} is unknown; there are {', '.join(FIELDS)}"
                )
        return {name: None if known.get(name) in ("", []) else known.get(name) for name in names}

    def update(
        self,
        custom_instructions: str | None = None,
        custom_categories: Sequence[Category] | None = None,
        multilingual: bool | None = None,
        decay: bool | None = None,
        agent_custom_instructions: str | None = None,
    ) -> Result:
        """Change settings; None leaves one, and an empty text or list takes it back.

        Raises:
            ValidationError: nothing is given, or an argument is wrong.
        """
        given = {
            "custom_instructions": _check_wish(custom_instructions, "custom_instructions"),
            "custom_categories": check_custom_categories(custom_categories),
            "multilingual": None
            if multilingual is None
            else check_flag(multilingual, "multilingual"),
            "decay": None if decay is None else check_flag(decay, "decay"),
            "agent_custom_instructions": _check_wish(
                agent_custom_instructions, "agent_custom_instructions"
            ),
        }
        changes = {name: value for name, value in given.items() if value is not None}
        if not changes:
            raise ValidationError(
                f"project.update() has nothing to change: give {', '.join(given)}"
            )
        with self._store.transaction() as tx:
            tx.update_project(changes)
        return {"message": "Project updated successfully!"}

    def categories(self) -> list[Category] | None:
        """Return what memories may be sorted under, or None."""
        return self._store.project().get("custom_categories") or None

    def instructions(self, scope: Scope) -> str | None:
        """Return what extraction should heed in a scope.

        That of an agent alone, without a user, has instructions of its own when there are any.
        """
        known = self._store.project()
        is_agents = scope.agent_id is not None and scope.user_id is None
        own = known.get("agent_custom_instructions") if is_agents else None
        found: str | None = own or known.get("custom_instructions")
        return found or None


def _check_wish(text: str | None, name: str) -> str | None:
    return text if text is None or text == "" else check_text(text, name)
