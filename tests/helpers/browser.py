"""A real browser and a real `litemem inspect`, for the tests of the inspector and the pictures."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from helpers import LIBRARY

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def chromium() -> str | None:
    """Return the path of a Chromium on this machine, or None."""
    return os.environ.get("LITEMEM_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def launched() -> Iterator[Any]:
    """Lend a browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def served(path: Path, *options: str) -> Iterator[str]:
    """Run `litemem inspect` on a file; lend the address that it prints."""
    command = [sys.executable, "-m", "litemem", "inspect", "--db", str(path), "--no-browser"]
    process = subprocess.Popen(
        [*command, "--embedder", "hash", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(LIBRARY)},
    )
    assert process.stdout is not None
    try:
        address = process.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:"), process.communicate()[1]
        yield address
    finally:
        process.terminate()
        process.communicate(timeout=30)


class Watched:
    """A page that remembers what a browser complains of, and every request that leaves here."""

    def __init__(self, page: Any, address: str) -> None:
        self.page = page
        self.address = address
        self.base = address.split("/?")[0]
        self.complaints: list[str] = []
        self.foreign: list[str] = []
        page.on("console", self._note_console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", self._note_dialog)
        page.on("request", self._note_request)
        page.goto(address)

    def go(self, path: str = "") -> Any:
        """Open a page of the inspector; return it."""
        self.page.goto(f"{self.base}/{path}")
        return self.page

    def _note_console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _note_dialog(self, dialog: Any) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _note_request(self, request: Any) -> None:
        if not request.url.startswith((f"{self.base}/", "data:")):
            self.foreign.append(request.url)
