"""How a command ends when something is wrong: one line on stderr and an exit code."""

import errno
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any

import click

from litemem.cli.output import is_terminal, tell
from litemem.cli.tables import visible
from litemem.errors import LitememError

INTERRUPTED = 130  # 128 and the number of SIGINT, as shells have it
_GOES_ON = b"\0"  # in place of a signal's number: no Ctrl-C came
# what an error says for both, the library and the command, and what the command says of it
_IN_SHELL = {
    "process_pending() (`litemem pending`)": "`litemem pending`",
    "on_conflict (--on-conflict)": "--on-conflict",
    "--force (force=True)": "--force",
}


class Failure(click.ClickException):
    """Shown as `litemem: message`, with exit code 1."""

    def show(self, file: IO[Any] | None = None) -> None:
        """Write the line to stderr."""
        click.echo(f"litemem: {visible(self.message)}", file=file, err=True)


class TellingGroup(click.Group):
    """A group whose commands raise our errors, and whose users may press Ctrl-C."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the commands as they were added, which is from the daily to the rare."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a fault becomes an exit code, and never a traceback."""
        try:
            return super().invoke(ctx)
        except LitememError as error:
            raise Failure(_in_shell(error)) from error
        except (KeyboardInterrupt, click.Abort) as error:
            raise click.exceptions.Exit(INTERRUPTED) from error
        except OSError as error:
            if error.errno == errno.EPIPE:  # `litemem list | head -1`: click ends quietly
                raise
            place = f"{error.filename}: " if error.filename else ""
            raise Failure(f"{place}{error.strerror or error}") from error


@contextmanager
def killable(last_words: Callable[[], str]) -> Iterator[None]:
    """Let Ctrl-C end the process at once, with a word on what is kept.

    While llama.cpp works, an exception would not get through: Python's handlers wait for it to
    return, and when it calls Python back to log, ctypes drops the KeyboardInterrupt (it was lost
    in 3 of 5 tries). So a thread waits for the signal. Half a transaction is rolled back.
    """
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:  # ignored, with nohup
        yield
        return
    reading, writing = os.pipe()
    if os.name == "posix":  # elsewhere Python does not ask for it
        os.set_blocking(writing, False)
    watcher = threading.Thread(target=_await_signal, args=(reading, last_words), daemon=True)
    watcher.start()
    signal.set_wakeup_fd(writing)
    signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.set_wakeup_fd(-1)
        os.write(writing, _GOES_ON)
        watcher.join()
        os.close(reading)
        os.close(writing)
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _await_signal(reading: int, last_words: Callable[[], str]) -> None:
    while (came := os.read(reading, 1)) != _GOES_ON:
        if came != bytes([signal.SIGINT]):
            continue
        try:
            if is_terminal(sys.stderr):
                click.echo(err=True)  # ends the line on which the terminal shows ^C
            tell(last_words())
        finally:
            os._exit(INTERRUPTED)


def _in_shell(error: LitememError) -> str:
    """Return an error's text as the command line says it."""
    notes = getattr(error, "__notes__", [])
    text = f"{error} ({'; '.join(notes)})" if notes else str(error)
    for both, ours in _IN_SHELL.items():
        text = text.replace(both, ours)
    return text
