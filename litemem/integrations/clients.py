"""Entries for litemem in the configuration of agents on this machine.

Only our own entry changes. An edit is checked before it is written: the new text, parsed, must be
the old one with our entry. A file that cannot be parsed is left as it is. The old file stays next
to the new one, which replaces it in one step and has the same mode.
"""

import copy
import json
import math
import os
import re
import shlex
import stat
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NoReturn

from litemem.core.config import check_regular
from litemem.errors import LitememError, ValidationError
from litemem.integrations.hook_events import EVENTS

Client = Literal["claude-desktop", "claude-code", "codex", "cursor", "vscode"]
Document = dict[str, Any]
Edit = Callable[[Document], None]  # changes a parsed file in place

NAME = "litemem"
MAX_BYTES = 100_000_000  # of a file; Claude Code keeps projects in its own
TRIES = 3  # a running client may write its configuration at the same time
HOOK_SECONDS = 30  # after that the client stops a hook
_TABLE = "mcp_servers"  # of Codex
_KEYS = ("mcpServers", "servers", _TABLE)  # of the tables of servers
_LINE = re.compile(r"[^\n]*+\n|[^\n]++")  # a line feed alone ends a line of TOML
_HEADER = re.compile(r"\A\s*+\[([^\[\]]++)\]\s*+(?:#.*)?")
_OURS = re.compile(r"\A\s*+(?:command|args)\s*+=")
_INDENT = re.compile(r"\n([ \t]+)\S")


@dataclass(frozen=True, slots=True)
class ClientFile:
    """A file of a client's configuration, and the edit that adds or removes our entry."""

    path: Path
    edit: Edit
    is_toml: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """The outcome of an edit of one file. `before` is None if there was no file."""

    path: Path
    before: bytes | None
    after: bytes
    backup: Path | None = None

    @property
    def is_change(self) -> bool:
        """True if the file is not as it should be yet."""
        return self.before != self.after and not (self.before is None and not self.after)


def own_command() -> list[str]:
    """Return the command that runs this litemem, with its whole path: clients have another PATH."""
    folder = Path(sys.executable).parent
    if "archive-v0" in folder.parts or "builds-v0" in folder.parts:  # uvx, in its cache
        return ["uvx", NAME]
    script = folder / (f"{NAME}.exe" if os.name == "nt" else NAME)
    return [str(script)] if script.exists() else [sys.executable, "-m", NAME]


def files_of(
    client: Client,
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    options: Sequence[str] = (),
    server_options: Sequence[str] = (),
    hooks: bool = True,
    remove: bool = False,
) -> list[ClientFile]:
    """Return the files to edit so that a client has litemem, or with `remove` has it no more.

    `options` are added to `litemem mcp` and to each hook, `server_options` to `litemem mcp` only.
    Claude Code and Codex have hooks.
    """
    home = Path(environment.get("HOME") or Path.home())
    entry = {"command": command[0], "args": [*command[1:], "mcp", *options, *server_options]}
    typed = {"type": "stdio", **entry}
    hooked = _edit_hooks([*command, "hook"], options, remove=remove)
    if client == "claude-desktop":
        path = _applications(home, environment) / "Claude" / "claude_desktop_config.json"
        return [ClientFile(path, _edit_entry("mcpServers", entry, remove=remove))]
    if client == "vscode":
        path = _applications(home, environment) / "Code" / "User" / "mcp.json"
        return [ClientFile(path, _edit_entry("servers", typed, remove=remove))]
    if client == "cursor":
        path = home / ".cursor" / "mcp.json"
        return [ClientFile(path, _edit_entry("mcpServers", entry, remove=remove))]
    if client == "codex":
        folder = Path(environment.get("CODEX_HOME") or home / ".codex")
        edit = _edit_entry(_TABLE, entry, remove=remove)
        files = [ClientFile(folder / "config.toml", edit, is_toml=True)]
        return [*files, ClientFile(folder / "hooks.json", hooked)] if hooks else files
    folder = Path(environment.get("CLAUDE_CONFIG_DIR") or home / ".claude")
    own = folder if environment.get("CLAUDE_CONFIG_DIR") else home
    files = [ClientFile(own / ".claude.json", _edit_entry("mcpServers", typed, remove=remove))]
    return [*files, ClientFile(folder / "settings.json", hooked)] if hooks else files


def installed(client: Client, environment: Mapping[str, str]) -> list[str] | None:
    """Return the command of our server in a client's configuration, or None if it has none.

    Raises:
        ValidationError: a file cannot be parsed, or has another structure.
        OSError: it cannot be read.
    """
    file = files_of(client, [NAME], environment=environment, hooks=False)[0]
    entry: Document = {}

    def look(document: Document) -> None:
        for key in _KEYS:
            entry.update(document.get(key, {}).get(NAME, {}))

    plan(ClientFile(file.path, look, is_toml=file.is_toml))
    if not entry.get("command"):
        return None
    given = entry.get("args")
    return [entry["command"], *(given if isinstance(given, list) else ())]


def has_hooks(file: ClientFile) -> bool:
    """Return True if a file of hooks has ours at every event.

    Raises:
        ValidationError, OSError: as `plan`.
    """
    found: list[bool] = []

    def look(document: Document) -> None:
        table = document.get("hooks", {})
        for event, name in EVENTS.items():
            hooks = [hook for group in table.get(name, []) for hook in group["hooks"]]
            found.append(any(_is_ours(str(hook.get("command")), event) for hook in hooks))

    plan(ClientFile(file.path, look, is_toml=file.is_toml))
    return all(found)


def plan(file: ClientFile) -> Change:
    """Return the change of a file, without writing.

    Raises:
        ValidationError: the file cannot be parsed, or not edited without a change of other parts.
        OSError: it cannot be read.
    """
    path = Path(os.path.realpath(file.path))  # a link stays a link
    before = _read(path)
    try:
        text = (before or b"").decode("utf-8-sig")
        old = tomllib.loads(text) if file.is_toml else _parsed(text)
        new = copy.deepcopy(old)
    except (ValueError, RecursionError) as error:
        raise ValidationError(f"{path} cannot be parsed, and was left as it is: {error}") from error
    if not isinstance(old, dict):
        raise ValidationError(f"{path} must have an object, and was left as it is")
    try:
        file.edit(new)
    except (TypeError, AttributeError, KeyError, ValueError) as error:
        raise ValidationError(f"{path} has another structure, and was left as it is") from error
    if new == old:
        return Change(path, before, before or b"")
    after = _toml(text, new, path) if file.is_toml else _json(text, new)
    mark = b"\xef\xbb\xbf" if (before or b"").startswith(b"\xef\xbb\xbf") else b""
    return Change(path, before, mark + after.encode())


def check_writable(path: Path) -> None:
    """Check that a file may be replaced, before another one of the same client is.

    Raises:
        ValidationError: it is read-only, or its folder is or cannot be made.
    """
    if path.exists() and not path.stat().st_mode & 0o222:
        raise ValidationError(f"{path} is read-only, and was left as it is: make it writable first")
    folder = next(each for each in path.parents if each.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise ValidationError(f"{path} cannot be written: {folder} is no folder of yours")


def by_hand(file: ClientFile) -> str:
    """Return what a user adds to a file that is not edited; nothing if an entry is removed."""
    entry: Document = {}
    file.edit(entry)
    if not entry:
        return ""
    if not file.is_toml:
        return json.dumps(entry, ensure_ascii=False, indent=2)
    keys = entry[_TABLE][NAME].items()
    return "\n".join(
        [f"[{_TABLE}.{NAME}]", *(f"{key} = {_toml_value(each)}" for key, each in keys)]
    )


def apply(file: ClientFile) -> Change:
    """Write the change of a file, if there is one; the old one stays in a file next to it.

    Raises:
        ValidationError: as `plan`. OSError: a file cannot be written.
        LitememError: another program keeps changing the file.
    """
    for _ in range(TRIES):
        change = plan(file)
        if not change.is_change:
            return change
        check_writable(change.path)
        change.path.parent.mkdir(parents=True, exist_ok=True)
        backup = None
        if change.before is not None:
            backup = _free_name(change.path)
            _write(backup, change.before, like=change.path)
        now = _read(change.path)
        if now == change.before:
            _write(change.path, change.after, like=change.path)
            return Change(change.path, change.before, change.after, backup)
        if backup is not None:
            backup.unlink()
    raise LitememError(f"{file.path} is changed by another program: close it, and try again")


def _edit_entry(key: str, entry: Document, *, remove: bool) -> Edit:
    """Return an edit of the server litemem in a table of servers; other keys of it are kept."""

    def edit(document: Document) -> None:
        servers = document.get(key, {})
        if remove:
            if servers.pop(NAME, None) is not None and not servers:
                del document[key]
            return
        servers[NAME] = {**servers.get(NAME, {}), **entry}
        document[key] = servers

    return edit


def _edit_hooks(command: Sequence[str], options: Sequence[str], *, remove: bool) -> Edit:
    """Return an edit of the hooks; those of others are kept."""

    def edit(document: Document) -> None:
        table = document.get("hooks", {})
        for event, name in EVENTS.items():
            words = [*command, event, *options]
            line = subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)
            groups = _set_hook(table.get(name, []), event, None if remove else line)
            if groups:
                table[name] = groups
            else:
                table.pop(name, None)
        if table:
            document["hooks"] = table
        else:
            document.pop("hooks", None)

    return edit


def _set_hook(groups: list[Document], event: str, line: str | None) -> list[Document]:
    """Return the groups of hooks with one of ours, or without it if `line` is None."""
    kept: list[Document] = []
    is_there = line is None
    for group in groups:
        listed = []
        for hook in group["hooks"]:
            if not _is_ours(str(hook.get("command")), event):
                listed.append(hook)
            elif not is_there:
                listed.append({**hook, "command": line})
                is_there = True
        if listed or not group["hooks"]:
            kept.append({**group, "hooks": listed})
    if not is_there:
        hook = {"type": "command", "command": line, "timeout": HOOK_SECONDS}
        kept.append({"hooks": [hook]})
    return kept


def _is_ours(command: str, event: str) -> bool:
    return NAME in command and f" hook {event} " in f"{command} "


def _read(path: Path) -> bytes | None:
    """Return the text of a file, or None if the file does not exist.

    Raises:
        ValidationError: it is too large. OSError: it cannot be read.
    """
    if not path.exists():
        if path.is_symlink():  # after `realpath`, a link that leads to itself
            raise ValidationError(f"{path} is a link that leads nowhere, and was left as it is")
        return None
    if not path.is_dir():  # reading a folder has the better message
        check_regular(path)
    if path.stat().st_size > MAX_BYTES:
        raise ValidationError(f"{path} has more than {MAX_BYTES:,} bytes, and was left as it is")
    return path.read_bytes()


def _parsed(text: str) -> Any:
    """Return the value of a JSON text that can be written again without a loss.

    Raises:
        ValueError: it is not JSON, or has a key twice, or a number that is too large.
    """

    def pairs(found: list[tuple[str, Any]]) -> Document:
        if len(made := dict(found)) < len(found):
            raise ValueError("an object has a key twice")
        return made

    def number(digits: str) -> float:
        if math.isinf(float(digits)):
            raise ValueError(f"the number {digits[:20]} is too large")
        return float(digits)

    def constant(name: str) -> NoReturn:
        raise ValueError(f"{name} is not a number of JSON")

    decode = json.JSONDecoder(
        object_pairs_hook=pairs, parse_float=number, parse_constant=constant
    ).decode
    return decode(text) if text.strip() else {}


def _json(text: str, new: Document) -> str:
    """Return a document with the indent and the ends of lines of the old text."""
    found = _INDENT.search(text)
    indent: str | int = found[1] if found else 2
    end = "\n" if text.endswith("\n") or not text else ""
    shown = json.dumps(new, ensure_ascii=False, indent=indent) + end
    if not shown.isascii() and any("\ud800" <= each <= "\udfff" for each in shown):
        shown = json.dumps(new, indent=indent) + end  # half a pair has no form but "\ud800"
    return shown.replace("\n", "\r\n") if "\r\n" in text else shown


def _toml(text: str, new: Document, path: Path) -> str:
    """Return the text of a TOML file with our table; its other lines stay as they are.

    Raises:
        ValidationError: our table is written in another way than `[mcp_servers.litemem]`.
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    entry = new.get(_TABLE, {}).get(NAME)
    ours = (
        []
        if entry is None
        else [f"{name} = {_toml_value(entry[name])}{newline}" for name in ("command", "args")]
    )
    kept = _without_table(text) if entry is None else _with_table(text, ours, newline)
    result = "".join(kept)
    try:
        is_right = tomllib.loads(result) == new
    except tomllib.TOMLDecodeError:
        is_right = False
    if not is_right:
        raise ValidationError(
            f"{path} has {_TABLE} in a form that is not edited, and was left as it is: "
            f"edit [{_TABLE}.{NAME}] yourself"
        )
    return result


def _with_table(text: str, ours: Sequence[str], newline: str) -> list[str]:
    """Return the lines of a text with these keys in our table, which is added if it has none."""
    kept: list[str] = []
    is_there = False
    for line, table in _tables(text):
        if table == [_TABLE, NAME] and _HEADER.fullmatch(line.rstrip("\r\n")):
            kept += [line if line.endswith("\n") else f"{line}{newline}", *ours]
            is_there = True
        elif table[:2] != [_TABLE, NAME] or not _OURS.match(line):
            kept.append(line)
    if is_there:
        return kept
    if kept and not kept[-1].endswith("\n"):
        kept[-1] += newline
    space = [newline] if kept and kept[-1].strip() else []
    return [*kept, *space, f"[{_TABLE}.{NAME}]{newline}", *ours]


def _without_table(text: str) -> list[str]:
    """Return the lines of a text without our table; comments under it belong to what follows."""
    kept: list[str] = []
    under: list[str] = []
    for line, table in _tables(text):
        if table[:2] != [_TABLE, NAME]:
            kept += [*under, line]
            under = []
        elif line.strip() and not line.lstrip().startswith("#"):
            under = []
            if _HEADER.fullmatch(line.rstrip("\r\n")) and kept and not kept[-1].strip():
                kept.pop()  # the line between our table and the one before
        else:
            under.append(line)
    return kept + under


def _tables(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each line of a TOML text with the path of its table; a table begins with its header."""
    table: list[str] = []
    for line in _LINE.findall(text):
        if found := _HEADER.fullmatch(line.rstrip("\r\n")):
            table = [part.strip().strip("\"'") for part in found[1].split(".")]
        yield line, table


def _toml_value(value: object) -> str:
    """Return text or a list of texts in TOML, which has the strings of JSON but for two rules."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _applications(home: Path, environment: Mapping[str, str]) -> Path:
    if sys.platform == "win32":
        return Path(environment.get("APPDATA") or home / "AppData" / "Roaming")
    if sys.platform == "darwin":
        return home / "Library" / "Application Support"
    return Path(environment.get("XDG_CONFIG_HOME") or home / ".config")


def _free_name(path: Path) -> Path:
    number = 1
    while (name := path.with_name(f"{path.name}.before-litemem-{number}")).exists():
        number += 1
    return name


def _write(path: Path, content: bytes, *, like: Path) -> None:
    """Write a file in one step, with the mode of another; of a new one, only its owner reads it."""
    mode = stat.S_IMODE(like.stat().st_mode) if like.exists() else 0o600
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    new = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.chmod(mode)
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
