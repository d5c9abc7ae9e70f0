"""Anthropic's memory tool: the files that Claude writes, kept in a memory's file.

    tool = LitememMemoryTool(memory, user_id="cam")
    client.beta.messages.run_tools(model=…, messages=…, tools=[tool]).until_done()

Needs `pip install 'litemem[anthropic]'`.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from litemem.core.scope import Scope
from litemem.core.types import MemoryRecord
from litemem.integrations.documents import Document, Documents, Indexed, storable
from litemem.integrations.file_tree import FileTree, FileTreeError
from litemem.memory import Memory
from litemem.store.protocol import Reading

try:
    from anthropic.lib.tools import ToolError
    from anthropic.tools.memory import BetaAbstractMemoryTool, BetaAsyncAbstractMemoryTool
except ImportError as error:
    raise ImportError(
        "litemem.integrations.anthropic needs Anthropic's SDK: pip install 'litemem[anthropic]'"
    ) from error

CATEGORY = "anthropic-memory"

Work = Callable[[FileTree], str]


class LitememMemoryTool(BetaAbstractMemoryTool):
    """The tool "memory" of Claude; its results are those of the SDK's own tool for a folder.

    Each file is a memory of the scope, so `search` finds what Claude noted, and `export` and
    `erase` include it. Each command takes effect completely or not at all, also if several programs
    use one file.

    Args:
        memory: an open memory, which the caller closes.
        user_id, agent_id, app_id, run_id: the scope that has this folder; at least one.
        cache_control: passed on to the API.

    Raises:
        ScopeError: no id is given, or an id is wrong.
    """

    def __init__(
        self,
        memory: Memory,
        *,
        user_id: str | None = None,
        agent_id: str | None = None,
        app_id: str | None = None,
        run_id: str | None = None,
        cache_control: Any = None,
    ) -> None:
        super().__init__(cache_control=cache_control)
        scope = Scope(user_id=user_id, agent_id=agent_id, app_id=app_id, run_id=run_id)
        self._files = Documents(memory, CATEGORY, scope)

    def view(self, command: Any) -> str:
        """Return the lines of a file, or the names in a folder."""
        view_range = getattr(command, "view_range", None)
        return self._run(lambda tree: tree.view(command.path, view_range))

    def create(self, command: Any) -> str:
        """Create a file, and its folders."""
        return self._run(lambda tree: tree.create(command.path, storable(command.file_text)))

    def str_replace(self, command: Any) -> str:
        """Replace a text that a file has exactly once."""
        new = storable(command.new_str)
        return self._run(lambda tree: tree.replace(command.path, command.old_str, new))

    def insert(self, command: Any) -> str:
        """Insert lines behind a line of a file."""
        line, text = command.insert_line, storable(command.insert_text)
        return self._run(lambda tree: tree.insert(command.path, line, text))

    def delete(self, command: Any) -> str:
        """Delete a file, or a folder with everything in it."""
        return self._run(lambda tree: tree.delete(command.path))

    def rename(self, command: Any) -> str:
        """Rename or move a file or a folder."""
        return self._run(lambda tree: tree.rename(command.old_path, command.new_path))

    def clear_all_memory(self) -> str:
        """Delete every file and folder of the scope."""
        return self._run(FileTree.clear)

    def _run(self, work: Work) -> str:
        """Run a command on the files as they are; again, if another program changes them.

        Texts are embedded between the two transactions, as a model never runs inside one.
        """
        while True:
            with self._files.memory.store.read() as r:
                old = self._stored(r)
            tree = FileTree({path: _text(record) for path, record in old.items()})
            try:
                result = work(tree)
            except FileTreeError as error:
                raise ToolError(str(error)) from error
            before, after = {p: _text(r) for p, r in old.items()}, tree.entries()
            changed = {p: text for p, text in after.items() if p not in before or before[p] != text}
            gone = [old[path].id for path in before.keys() - after.keys()]
            if not changed and not gone:
                return result
            indexed = self._files.index([self._document(p, t) for p, t in changed.items()])
            if self._commit(old, indexed, gone):
                return result

    def _commit(self, old: dict[str, MemoryRecord], indexed: Indexed, gone: list[str]) -> bool:
        """Store a change, and return True; False if the files are not `old` any more."""
        with self._files.memory.store.write() as tx:
            if self._stored(tx) != old:
                return False
            at = self._files.now()
            for memory_id in gone:
                tx.memories.delete(memory_id, at)
            self._files.put(tx, indexed, at)
        return True

    def _stored(self, r: Reading) -> dict[str, MemoryRecord]:
        return {str(record.metadata.get("path")): record for record in self._files.select(r)}

    def _document(self, path: str, text: str | None) -> Document:
        has_text = text is not None and bool(text.strip())
        more = {} if has_text else {"folder": True} if text is None else {"blank": text}
        return Document(
            id=self._files.key_id(path),
            text=text if has_text and text is not None else path,  # a memory is never blank
            scope=self._files.scope,
            metadata={"path": path, **more},
        )


class AsyncLitememMemoryTool(BetaAsyncAbstractMemoryTool):
    """`LitememMemoryTool` for the asynchronous client; each command runs in a thread."""

    def __init__(self, memory: Memory, **scope: Any) -> None:  # the arguments of the other class
        self.sync = LitememMemoryTool(memory, **scope)
        super().__init__(cache_control=scope.get("cache_control"))

    async def view(self, command: Any) -> str:
        """Return the lines of a file, or the names in a folder."""
        return await asyncio.to_thread(self.sync.view, command)

    async def create(self, command: Any) -> str:
        """Create a file, and its folders."""
        return await asyncio.to_thread(self.sync.create, command)

    async def str_replace(self, command: Any) -> str:
        """Replace a text that a file has exactly once."""
        return await asyncio.to_thread(self.sync.str_replace, command)

    async def insert(self, command: Any) -> str:
        """Insert lines behind a line of a file."""
        return await asyncio.to_thread(self.sync.insert, command)

    async def delete(self, command: Any) -> str:
        """Delete a file, or a folder with everything in it."""
        return await asyncio.to_thread(self.sync.delete, command)

    async def rename(self, command: Any) -> str:
        """Rename or move a file or a folder."""
        return await asyncio.to_thread(self.sync.rename, command)

    async def clear_all_memory(self) -> str:
        """Delete every file and folder of the scope."""
        return await asyncio.to_thread(self.sync.clear_all_memory)


def _text(record: MemoryRecord) -> str | None:
    """Return the content of a file, or None for a folder."""
    if record.metadata.get("folder"):
        return None
    blank = record.metadata.get("blank")
    return blank if isinstance(blank, str) else record.content
