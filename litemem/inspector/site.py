"""What every page of the inspector shares: the memory, its templates, and counts of the file."""

import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from litemem import __version__
from litemem.core import clock
from litemem.core.text.words import STOP_WORDS, stem, tokens
from litemem.errors import LitememError
from litemem.inspector.selection import Selection
from litemem.memory import Memory
from litemem.store.protocol import Census
from litemem.transfer.html import visible

OWNERS = 50  # of each kind that the overview names
PATIENCE = 0.08  # seconds that a page waits for new counts; then it shows the last ones, or none
REST = 20  # counting takes one part in this of a core while others write,
CHEAP = 0.02  # unless it takes no longer than this, in seconds of a core
MAX_MARKED = 20_000  # characters of a message in which words are marked


class Counter:
    """Counts the file in a thread of its own, so that no page waits for a large one."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._census: Census | None = None
        self._counted = -1  # the state of the file that was counted
        self._due = 0.0
        self.problem = ""  # why the file could not be counted

    def census(self, patience: float = PATIENCE) -> Census | None:
        """Return the latest counts, or None if the first ones take longer than the patience."""
        thread = self._started()
        if thread is not None:
            thread.join(patience)
        return self._census

    def is_current(self) -> bool:
        """Return True if the latest counts are those of the file as it is."""
        return self._memory.store.changes() == self._counted

    def _started(self) -> threading.Thread | None:
        """Return the thread that is counting, if the file has changed since."""
        with self._lock:
            if self._thread is not None and self._thread.is_alive():
                return self._thread
            is_known = self._census is not None
            if is_known and (time.monotonic() < self._due or self.is_current()):
                return None
            self._thread = threading.Thread(target=self._count, name="litemem-count", daemon=True)
            self._thread.start()
            return self._thread

    def _count(self) -> None:
        begun = time.thread_time()
        try:
            changes = self._memory.store.changes()
            with self._memory.store.read() as r:
                self._census = r.census(OWNERS)
        except LitememError as error:  # such as a damaged index, or a file that is closed by now
            self.problem = str(error)
            return
        self.problem = ""
        self._counted = changes
        taken = time.thread_time() - begun
        self._due = time.monotonic() + (REST * taken if taken > CHEAP else 0)


@dataclass(frozen=True, slots=True)
class Site:
    """The memory that is shown, and the templates of its pages."""

    memory: Memory
    read_only: bool
    templates: Environment
    counter: Counter

    @classmethod
    def of(cls, memory: Memory, *, read_only: bool) -> "Site":
        """Return the site of a memory."""
        return cls(memory, read_only, _templates(), Counter(memory))

    def warm(self) -> None:
        """Open the file, begin to count it, and compile the templates."""
        self.counter.census(0)
        for name in self.templates.list_templates():
            self.templates.get_template(name)

    @property
    def name(self) -> str:
        """The name of the file."""
        return Path(self.memory.store.path).name

    @property
    def path(self) -> str:
        """The path of the file, with "~" for the user's home."""
        path, home = Path(self.memory.store.path), Path.home()
        return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)

    def page(
        self,
        request: Request,
        template: str,
        values: Mapping[str, Any],
        *,
        selection: Selection | None = None,
        status: int = 200,
    ) -> HTMLResponse:
        """Return a page; `selection` is the scope that its links keep."""
        root = request.scope.get("root_path", "")
        chosen = Selection(selection.scope) if selection else Selection()

        def url(path: str, **fields: object) -> str:
            pairs = [(key, str(value)) for key, value in fields.items() if value is not None]
            return f"{root}/{path}" + (f"?{urlencode(pairs)}" if pairs else "")

        text = self.templates.get_template(template).render(
            values,
            url=url,
            root=root,
            here=request.url.path.removeprefix(root).strip("/"),
            scope=chosen,
            csrf=request.scope.get("litemem.csrf", ""),
            read_only=self.read_only,
            is_moved=self.memory.store.is_moved(),
            file_name=self.name,
            file_path=self.path,
            now=clock.now(),
        )
        return HTMLResponse(text.encode(errors="replace"), status_code=status)


@cache
def _templates() -> Environment:
    """Return the templates; they are compiled once in a process."""
    templates = Environment(
        loader=PackageLoader("litemem.inspector"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {
        "visible": visible,
        "plain": _plain,
        "cut": cut,
        "minute": _minute,
        "day": _day,
        "iso": clock.to_iso,
        "number": _number,
        "size": _size,
    }
    templates.globals |= {"marked": marked, "version": __version__}
    return templates


def _plain(text: str) -> str:
    """Return a text for a field; HTML has no NUL."""
    return text.replace("\0", "\ufffd")


def _minute(at: int | str) -> str:
    text = at if isinstance(at, str) else clock.to_iso(at)
    return text[:16].replace("T", " ")


def _day(at: int | str) -> str:
    return _minute(at)[:10]


def _number(number: int) -> str:
    return f"{number:,}".replace(",", "\u202f")  # a narrow space


def _size(size: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1_000 or unit == "GB":
            return f"{size:,.0f} {unit}" if unit == "bytes" else f"{size:,.1f} {unit}"
        size /= 1_000
    return ""


# -- texts of strangers: long ones cut, the words of another one marked


class Piece(NamedTuple):
    """A part of a text, marked or not."""

    text: str
    is_marked: bool


def cut(text: str, characters: int) -> str:
    """Return a text, or its beginning with "…"."""
    return text if len(text) <= characters else text[:characters].rstrip() + " …"


def marked(text: str, like: str) -> Sequence[Piece]:
    """Return a text in pieces, those marked that hold a word of another text."""
    wanted = set(_stems(like[:MAX_MARKED]))
    return [
        Piece("".join(part for part, _ in parts), is_marked)
        for is_marked, parts in groupby(_parts(text[:MAX_MARKED], wanted), key=lambda p: p[1])
    ] + [Piece(rest, False) for rest in (text[MAX_MARKED:],) if rest]


def _parts(text: str, wanted: set[str]) -> Iterator[tuple[str, bool]]:
    end = 0
    for token in tokens(text, smallest=True):
        if token.start > end:
            yield text[end : token.start], False
        yield token.text, _stem(token.text) in wanted
        end = token.end
    yield text[end:], False


def _stems(text: str) -> Iterable[str]:
    folded = (token.text.casefold() for token in tokens(text, smallest=True))
    return (stem(word) for word in folded if word not in STOP_WORDS)


def _stem(word: str) -> str:
    return stem(word.casefold())
