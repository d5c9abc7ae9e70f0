"""Liveness: whether the process that claimed something is still there."""

import os
import platform
import time
from dataclasses import dataclass
from pathlib import Path

from litemem.core import clock

LEASE = 60 * clock.MICROSECONDS  # after so long without a word, a process is taken for dead
BEAT_SECONDS = 15.0  # how often a process says that it is there: three may be missed
_ENDED = frozenset("ZXx")  # states in /proc: killed, and not yet taken note of by its parent


@dataclass(frozen=True, slots=True)
class Process:
    """A process, and what tells it from another of the same number; `started` is 0 if unknown."""

    boot: str
    space: str
    pid: int
    started: int


@dataclass(frozen=True, slots=True)
class Claimant:
    """Who claims: one open `Memory`, by a token of its own, and its process."""

    token: str
    process: Process


@dataclass(frozen=True, slots=True)
class Beat:
    """When a process was last heard of, in microseconds: since its machine's boot, and in UTC."""

    uptime: int
    at: int


def this_process() -> Process:
    """Return the process that asks."""
    pid = os.getpid()
    boot = _read("/proc/sys/kernel/random/boot_id").strip() or platform.node()
    return Process(boot, _space(), pid, _started(pid) or 0)


def beat() -> Beat:
    """Return this moment by the clock that nobody sets, and by the one on the wall."""
    return Beat(time.monotonic_ns() // 1_000, clock.now())


def is_alive(process: Process, heard: Beat, *, here: Process, now: Beat) -> bool:
    """Tell whether a process is still there, seen from the process `here`.

    Where numbers mean the same (one machine, one container) the system is asked: a killed process
    is known at once, and one that took its number is not mistaken for it. Elsewhere the lease
    decides: by the machine's own clock where that is the same one, which no jump of the time
    reaches, and by the time of day, in either direction, between machines.
    """
    if (process.boot, process.space) == (here.boot, here.space) and os.name == "posix":
        started = _started(process.pid)
        if started is None:
            return False
        if started and process.started:
            return started == process.started
    if process.boot == here.boot:
        return 0 <= now.uptime - heard.uptime <= LEASE  # less than 0: it has booted since
    return abs(now.at - heard.at) <= LEASE


def _started(pid: int) -> int | None:
    """Return when a process began, in ticks since the boot; 0: not known, None: there is none."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return None
    except PermissionError:
        pass  # another user's
    fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()  # its name may hold anything
    if not fields:
        return 0
    return None if fields[0] in _ENDED else int(fields[19])


def _space() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return platform.node()


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
