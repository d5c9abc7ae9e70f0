"""kill -9 while a file is written or upgraded; the long run is `tests/stress/kill_rounds.py`."""

import os
import random
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from helpers import LIBRARY, TESTS, schema_file
from helpers.stores import reading
from litemem.maintenance.integrity import is_sound, verify
from litemem.store.sqlite.connection import connect
from litemem.store.sqlite.schema import latest_version
from litemem.store.sqlite.store import SqliteStore

ROUNDS = 200 if os.environ.get("LITEMEM_TEST_PROFILE") == "nightly" else 5
UPGRADES = 4  # kills
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(LIBRARY)}

UPGRADING = """
import shutil, sys
from litemem.store.sqlite.store import SqliteStore
source, folder = sys.argv[1:]
for number in range(100_000):
    path = f"{folder}/{number}.db"
    shutil.copyfile(source, f"{path}.new")
    shutil.move(f"{path}.new", path)
    if not number:
        print("begun", flush=True)
    SqliteStore(path).close()
"""


def test_four_writers_that_are_killed_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    script = TESTS / "stress" / "kill_rounds.py"
    done = subprocess.run(
        [sys.executable, "-B", script, "--rounds", str(ROUNDS), "--folder", tmp_path],
        capture_output=True,
        text=True,
        check=False,
        env=ENVIRONMENT,
    )
    assert done.returncode == 0, done.stderr
    assert "nothing acknowledged was lost" in done.stdout


def test_an_upgrade_that_is_killed_leaves_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    chance = random.Random(1)
    versions = []
    for number in range(UPGRADES):
        folder = tmp_path / str(number)
        folder.mkdir()
        command = [sys.executable, "-B", "-c", UPGRADING, str(schema_file(1)), str(folder)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=ENVIRONMENT) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"begun\n"
            time.sleep(chance.uniform(0, 0.1))
            process.kill()
        for path in folder.glob("*.db"):
            assert is_sound(verify(path, full=True))
            with closing(connect(str(path))) as connection:
                versions.append(connection.pragma("user_version"))
            with closing(SqliteStore(path)) as store:
                assert reading(store).overview().memories == 4
    assert set(versions) <= {1, latest_version()}
    assert latest_version() in versions
