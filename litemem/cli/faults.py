"""How a command ends when something is wrong: one line on stderr and an exit code."""

import errno
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import click

from litemem.cli.tables import visible
from litemem.errors import LitememError

INTERRUPTED = 130  # 128 and the number of SIGINT, as shells have it


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
            raise Failure(_with_notes(error)) from error
        except (KeyboardInterrupt, click.Abort) as error:
            raise click.exceptions.Exit(INTERRUPTED) from error
        except OSError as error:
            if error.errno == errno.EPIPE:  # `litemem list | head -1`: click ends quietly
                raise
            place = f"{error.filename}: " if error.filename else ""
            raise Failure(f"{place}{error.strerror or error}") from error


@contextmanager
def killable() -> Iterator[None]:
    """Let Ctrl-C end the process itself, for work that would not let an exception through.

    While llama.cpp loads a model it calls Python back to log, and ctypes drops the
    KeyboardInterrupt that is raised there: the Ctrl-C was lost in 3 of 5 tries. A shell sees 130
    here, too. What was said is in the file by then, and half a transaction is rolled back.
    """
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:  # ignored, with nohup
        yield
        return
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _with_notes(error: LitememError) -> str:
    notes = getattr(error, "__notes__", [])
    return f"{error} ({'; '.join(notes)})" if notes else str(error)
