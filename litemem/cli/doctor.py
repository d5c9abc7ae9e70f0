"""The command that checks an installation: packages, models, the file, its folder, and agents."""

import os
import shlex
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from itertools import pairwise
from pathlib import Path
from typing import Literal, get_args

import click

from litemem import __version__
from litemem.cli.context import file_path
from litemem.cli.models import describe
from litemem.cli.options import embedder_option, file_options, llm_option
from litemem.cli.output import bytes_text, counted, memories_text, show_json, show_table
from litemem.core import clock
from litemem.core.protocols import EmbedderIdentity
from litemem.errors import LitememError, StoreBusyError, StoreError
from litemem.integrations import clients
from litemem.integrations.http import discovery
from litemem.models.registry import all_models, default_model
from litemem.models.resolve import is_address, resolve_embedder, resolve_llm
from litemem.store import SqliteStore
from litemem.store.sqlite.stats import file_stats

PACKAGES = ("apsw", "sqlite-vec", "fastembed", "huggingface_hub", "filelock", "psutil", "click")
LLAMA = "llama-cpp-python"
FREE_BYTES = 200_000_000  # of the disk; an upgrade or a backup writes the file a second time
LOCK_SECONDS = 0.5  # longer than a write of another program takes
PULL = "litemem models pull"

State = Literal["ok", "warning", "failed"]


@dataclass(frozen=True, slots=True)
class Check:
    """The result of a check; `fix` is the command that repairs it, or ""."""

    name: str
    state: State
    detail: str
    fix: str = ""


@click.command()
@embedder_option
@llm_option
@file_options
def doctor(embedder: str | None, llm: str | None, db: str | None, as_json: bool) -> None:
    """Check the installation, the models, the file and the agents.

    Repairs nothing. Prints the command that repairs each problem, and exits with 1 if something
    failed. `litemem verify` checks the content of the file.
    """
    checks = list(_checks(embedder, llm, db))
    ok = all(check.state != "failed" for check in checks)
    if as_json:
        show_json({"ok": ok, "version": __version__, "checks": [asdict(c) for c in checks]})
    else:
        rows = [(check.state, check.name, _with_fix(check)) for check in checks]
        show_table(("STATE", "CHECK", "DETAIL"), rows)
    if not ok:
        raise click.exceptions.Exit(1)


def _checks(embedder: str | None, llm: str | None, db: str | None) -> Iterator[Check]:
    """Yield the result of each check; an error of one is its result."""
    yield from _guarded("packages", _packages)
    yield from _guarded("embedder", lambda: _embedder(embedder))
    yield from _guarded("language model", lambda: _language_model(llm))
    yield from _guarded("file", lambda: _file(db, embedder))
    yield from _guarded("server", lambda: _server(db))
    for client in get_args(clients.Client):
        yield from _client(client)


def _guarded(name: str, check: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    try:
        yield from check()
    except (LitememError, OSError) as error:
        yield Check(name, "failed", str(error))


def _packages() -> Iterator[Check]:
    python = ".".join(map(str, sys.version_info[:3]))
    yield Check("litemem", "ok", f"{__version__}, Python {python}")
    for name in PACKAGES:
        found = _version(name)
        if found is None:
            yield Check(name, "failed", "is not installed", "pip install litemem")
        else:
            yield Check(name, "ok", found)


def _embedder(name: str | None) -> Iterator[Check]:
    identity = resolve_embedder(name).identity
    yield from _model("embedder", identity.name, f"{identity.dimensions} dimensions")


def _language_model(name: str | None) -> Iterator[Check]:
    llm = resolve_llm(name)
    if is_address(name):
        size = getattr(llm, "parameters", None)
        known = f", {size / 1e9:.3g} billion parameters" if size else ""
        check = getattr(llm, "check", None)
        if check is not None:
            check()
        yield Check("language model", "ok", f"{llm.name}{known}")
        return
    path = Path(llm.name).expanduser()
    found = _version(LLAMA)
    if any(model.name == llm.name for model in all_models()):
        state = [*_model("language model", llm.name, "")]
        yield from (each for each in state if found or each.state == "ok")
    elif llm.name.endswith(".gguf") and not path.is_file():
        yield Check("language model", "failed", f"no file at {path}", "litemem models list")
    else:
        yield Check("language model", "ok", llm.name)
    if found:
        yield Check(LLAMA, "ok", found)
    else:  # messages are stored and found all the same
        missing = "is not installed, so no facts are extracted"
        yield Check(LLAMA, "warning", missing, "pip install 'litemem[llama]'")


def _model(part: str, name: str, more: str) -> Iterator[Check]:
    """Yield the state of a model of the registry; another is taken to be there."""
    known = [model for model in all_models() if model.name == name]
    state = str(describe(known[0])["state"]) if known else "installed"
    detail = ", ".join(filter(None, (name, more, state if known else "")))
    if state == "installed":
        yield Check(part, "ok", detail)
    else:
        is_default = bool(known) and known[0] == default_model(known[0].task)
        if state == "untrusted":
            fix = f"litemem models verify {name}"
        elif is_default and _version(LLAMA):  # without llama.cpp, only the embedder is of use
            fix = PULL
        else:
            fix = f"{PULL} {name}"
        yield Check(part, "failed", detail, fix)


def _file(db: str | None, embedder: str | None) -> Iterator[Check]:
    path = file_path(db)
    if not path.exists():
        yield from _folder(path.parent)
        yield Check("file", "ok", f"{path} does not exist yet")
        return
    yield from _folder(path.parent)
    mode = path.stat().st_mode
    if os.name == "posix" and mode & (stat.S_IWGRP | stat.S_IWOTH):
        yield Check("mode", "warning", f"others may write {path}", f"chmod go-w {path}")
    found = file_stats(str(path), clock.now())
    size = bytes_text(found.overview.bytes)
    yield Check("file", "ok", f"{path}, {size}, {memories_text(found.overview.memories)}")
    yield from _locks(path)
    yield from _of_this_embedder(found.embedder, embedder)
    if pending := found.overview.pending_turns:
        detail = f"{counted(pending, 'turn')} without facts yet"
        yield Check("pending turns", "warning", detail, "litemem pending")


def _folder(folder: Path) -> Iterator[Check]:
    existing = next((f for f in (folder, *folder.parents) if f.exists()), folder)
    if not os.access(existing, os.W_OK | os.X_OK):
        yield Check("folder", "failed", f"{existing} cannot be written", f"chmod u+wx {existing}")
        return
    free = shutil.disk_usage(existing).free
    detail = f"{folder}, {bytes_text(free)} free"
    yield Check("folder", "ok" if free >= FREE_BYTES else "warning", detail)


def _locks(path: Path) -> Iterator[Check]:
    store = SqliteStore(path, busy_timeout=LOCK_SECONDS)
    try:
        with store.write():
            pass
    except StoreBusyError:
        yield Check("locks", "warning", "another program writes to the file: try again later")
    else:
        yield Check("locks", "ok", "the file can be written")
    finally:
        store.close()


def _of_this_embedder(stored: EmbedderIdentity | None, name: str | None) -> Iterator[Check]:
    chosen = resolve_embedder(name).identity
    if stored is not None and stored != chosen:
        detail = f"the file has vectors of {stored.name}, and {chosen.name} is chosen"
        yield Check("vectors", "failed", detail, f"litemem reindex --embedder {chosen.name}")


def _server(db: str | None) -> Iterator[Check]:
    """Yield whether `litemem serve` runs for the file; nothing if it was never started."""
    token = discovery.token_file()
    if not token.exists():
        return
    try:
        discovery.read_token(token)
    except StoreError as error:  # without a token, programs do not find the server
        yield Check("server", "warning", str(error), "litemem serve --new-token")
        return
    running = discovery.find(db)
    if running is not None and running.is_there():
        yield Check("server", "ok", "litemem serve runs for this file")
    elif running is not None:
        yield Check("server", "ok", "litemem serve was killed; programs work without it")


def _client(client: clients.Client) -> Iterator[Check]:
    """Yield the state of a client that has litemem; one without it is not mentioned.

    Nothing here fails: the memory works without that client.
    """
    try:
        command = clients.installed(client, os.environ)
        if command is None:
            return
        again = shlex.join(["litemem", "install", client, *_given_to_install(command)])
        files = clients.files_of(client, clients.own_command(), environment=os.environ)
        hooked = not files[1:] or clients.has_hooks(files[1])
    except (LitememError, OSError) as error:
        yield Check(client, "warning", str(error))
        return
    if not isinstance(command[0], str) or shutil.which(command[0]) is None:
        yield Check(client, "warning", f"its server runs {command[0]}, which is not there", again)
    elif not hooked:
        yield Check(client, "warning", "has the server, but not all hooks", again)
    else:
        yield Check(client, "ok", " ".join(map(str, command)))


def _given_to_install(command: list[str]) -> Iterator[str]:
    """Yield the options of a server's command that `litemem install` wrote, with their values."""
    for option, value in pairwise(map(str, command)):
        if option in ("--user-id", "--db", "--embedder", "--llm"):
            yield from (option, value)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _with_fix(check: Check) -> str:
    return f"{check.detail}: run `{check.fix}`" if check.fix else check.detail
