"""Find out whether the process that holds a claim is still alive, and which have a file open."""

import os
import platform
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from litemem.core import clock

LEASE = 60 * clock.MICROSECONDS  # without a renewal for so long, a process counts as dead
BEAT_SECONDS = 15.0  # between renewals: three may be missed
UNKNOWN = 0  # start time of a process that may not be inspected


@dataclass(frozen=True, slots=True)
class Process:
    """A process; `started`, in 1/100 s, distinguishes it from others with the same number."""

    boot: str
    space: str
    pid: int
    started: int


@dataclass(frozen=True, slots=True)
class Claimant:
    """One open `Memory`, by a token of its own, and its process."""

    token: str
    process: Process


@dataclass(frozen=True, slots=True)
class Beat:
    """The time of a renewal in microseconds: since the machine's boot, and in UTC."""

    uptime: int
    at: int


@dataclass(frozen=True, slots=True)
class Program:
    """A program that has a file open, who started it, and its start in microseconds.

    The name is "litemem mcp" for our own commands, else that of the program.
    """

    pid: int
    name: str
    since: int
    parent: str = ""


def this_process() -> Process:
    """Return the calling process."""
    pid = os.getpid()
    boot = _read("/proc/sys/kernel/random/boot_id").strip() or platform.node()
    return Process(boot, _space(), pid, _started(pid) or UNKNOWN)


def beat() -> Beat:
    """Return the present time by the clock that nobody sets, and by the wall clock."""
    return Beat(time.monotonic_ns() // 1_000, clock.now())


def is_alive(process: Process, heard: Beat, *, here: Process, now: Beat) -> bool:
    """Return True if a process is alive, seen from the process `here`.

    On the same machine, and in the same container, the system knows: a killed process counts as
    dead at once, even if its number was reused. Otherwise the lease decides: by the
    machine's own clock if both share it, which a change of the time does not affect, and between
    machines by the time of day, in either direction.
    """
    if (process.boot, process.space) == (here.boot, here.space):
        started = _started(process.pid)
        if started is None:
            return False
        if UNKNOWN not in (started, process.started):
            return started == process.started
    if process.boot == here.boot:
        return 0 <= now.uptime - heard.uptime <= LEASE  # less than 0: the machine has rebooted
    return abs(now.at - heard.at) <= LEASE


def programs_with(path: str) -> list[Program]:
    """Return the programs that have a file open, as far as this user may know, the oldest first.

    Empty where the system does not list open files.
    """
    if os.name == "nt":
        return []  # Windows asks every program for its files, and may wait for one
    import psutil  # 30 ms, which programs that only search need not pay

    found = []
    for process in psutil.process_iter(["pid", "name", "create_time"]):
        try:
            is_open = any(opened.path == path for opened in process.open_files())
        except (psutil.Error, OSError):  # it has ended, or is another user's
            continue
        if is_open:
            known = process.info
            since = round((known["create_time"] or 0) * 1_000_000)
            name, parent = known["name"] or "", ""
            with suppress(psutil.Error, OSError):
                name = _command(process.cmdline()) or name
                starter = process.parent()
                parent = starter.name() if starter else ""
            found.append(Program(known["pid"], name, since, parent))
    return sorted(found, key=lambda program: (program.since, program.pid))


def _command(line: Sequence[str]) -> str:
    """Return "litemem mcp" for a command line of ours, without its options, or nothing."""
    for i, part in enumerate(line[:4]):
        if Path(part).name.removesuffix(".exe") == "litemem":
            words = (each for each in line[i + 1 :] if each.isalpha())
            return " ".join(["litemem", *islice(words, 1)])
    return ""


def _started(pid: int) -> int | None:
    """Return when a process started, UNKNOWN if that is hidden, or None if it does not run."""
    import psutil  # 30 ms, which programs that only search need not pay

    try:
        process = psutil.Process(pid)
        if process.status() in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD):
            return None
        started: float = process.create_time()
    except psutil.AccessDenied:
        return UNKNOWN
    except (psutil.NoSuchProcess, ValueError):  # a negative number is not a process
        return None
    if sys.platform == "linux":
        started -= psutil.boot_time()  # both move when the clock is set, their difference does not
    return round(started * 100)


def _space() -> str:
    """Return the namespace of process numbers: a container has its own."""
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return platform.node()


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
