"""Liveness of the process that claimed a turn."""

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from helpers.pending import DEAD
from litemem.store.liveness import LEASE, Beat, beat, is_alive, this_process

HERE = this_process()
NOW = Beat(10 * LEASE, 1_000 * LEASE)
OTHER_BOOT = replace(HERE, boot="another boot")
OTHER_SPACE = replace(HERE, space="another container")


def test_this_process_is_alive_however_long_it_was_silent() -> None:
    assert is_alive(HERE, Beat(0, 0), here=HERE, now=NOW)
    assert is_alive(this_process(), beat(), here=this_process(), now=beat())


def test_a_process_that_took_the_number_of_another_is_not_the_other() -> None:
    if not HERE.started:
        pytest.skip("the system does not tell when a process began")
    assert not is_alive(replace(HERE, started=HERE.started - 1), NOW, here=HERE, now=NOW)


def test_a_number_that_no_process_has_is_dead_at_once() -> None:
    assert not is_alive(DEAD, NOW, here=HERE, now=NOW)
    assert not is_alive(replace(HERE, pid=2**70), NOW, here=HERE, now=NOW)


@pytest.mark.posix
def test_a_killed_process_that_nobody_has_waited_for_is_dead() -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        process = replace(HERE, pid=child.pid, started=0)
        assert is_alive(process, NOW, here=HERE, now=NOW)
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert not is_alive(process, NOW, here=HERE, now=NOW)
    finally:
        child.wait()


@pytest.mark.parametrize(
    ("heard", "alive"),
    [
        (NOW, True),
        (replace(NOW, uptime=NOW.uptime - LEASE), True),
        (replace(NOW, uptime=NOW.uptime - LEASE - 1), False),
        (replace(NOW, uptime=NOW.uptime + 1), False),  # it has booted since
        (replace(NOW, at=0), True),  # the time of day was set
        (replace(NOW, at=NOW.at * 2), True),
    ],
)
def test_a_process_of_another_container_lives_by_the_machines_own_clock(
    heard: Beat, alive: bool
) -> None:
    assert is_alive(OTHER_SPACE, heard, here=HERE, now=NOW) is alive


@pytest.mark.parametrize(
    ("heard", "alive"),
    [
        (NOW, True),
        (replace(NOW, uptime=0), True),
        (replace(NOW, at=NOW.at - LEASE), True),
        (replace(NOW, at=NOW.at - LEASE - 1), False),
        (replace(NOW, at=NOW.at + LEASE + 1), False),  # its clock was ahead, and is no measure
    ],
)
def test_a_process_of_another_machine_lives_by_the_time_of_day(heard: Beat, alive: bool) -> None:
    assert is_alive(OTHER_BOOT, heard, here=HERE, now=NOW) is alive
