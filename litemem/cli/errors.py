"""Map errors and Ctrl-C to one line on stderr and an exit code."""

import errno
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any

import click

from litemem.cli.help import asked_for, command_tree
from litemem.cli.output import echo_err, is_terminal, show_json, visible
from litemem.errors import LitememError

INTERRUPTED = 130  # 128 and the number of SIGINT, the convention of shells
_STOP = b"\0"  # ends the watcher; never the number of a signal
# Texts of errors that name a Python argument and an option, and what the command shows.
_IN_SHELL = {
    "process_pending() (`litemem pending`)": "`litemem pending`",
    "on_conflict (--on-conflict)": "--on-conflict",
    "--force (force=True)": "--force",
    "accept_edited=True (--accept-edited)": "--accept-edited",
    "(embedder=…, --embedder or LITEMEM_EMBEDDER)": "(--embedder or LITEMEM_EMBEDDER)",
    "`litemem reindex` or Memory.reindex()": "`litemem reindex`",
    "`litemem salvage` or litemem.salvage()": "`litemem salvage`",
    "infer=False (--no-infer)": "--no-infer",
    "conflicts() lists them": "`litemem conflicts` lists them",
}


class CliError(click.ClickException):
    """Shown as `litemem: message`, with exit code 1."""

    def show(self, file: IO[Any] | None = None) -> None:
        """Write the line to stderr."""
        click.echo(f"litemem: {visible(self.message)}", file=file, err=True)


class UnconfirmedError(CliError):
    """The command needs a confirmation that nobody can give; exit code 2."""

    exit_code = 2


class ErrorHandlingGroup(click.Group):
    """A group of commands that map every error to an exit code, without a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the commands in the order in which they were added: daily ones first."""
        return list(self.commands)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **options: Any,
    ) -> Any:
        """Run the program; Ctrl-C before and after the command has the same exit code as in it."""
        given = (args, prog_name, complete_var)
        if not standalone_mode:
            return super().main(*given, standalone_mode=False, **options)
        try:
            exit_code = super().main(*given, standalone_mode=False, **options)
        except (KeyboardInterrupt, click.Abort) as error:
            raise SystemExit(interrupted().exit_code) from error
        except click.ClickException as error:
            error.show()
            raise SystemExit(error.exit_code) from error
        raise SystemExit(exit_code or 0)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; `--help --json` prints the tree of commands."""
        if ctx.parent is None and (found := asked_for(self, args)):
            show_json(command_tree(*found))
            ctx.exit()
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; map litemem's errors, Ctrl-C and errors of the system."""
        try:
            super().invoke(ctx)
        except LitememError as error:
            raise CliError(_in_shell(error)) from error
        except (KeyboardInterrupt, click.Abort) as error:
            raise interrupted() from error
        except OSError as error:
            if error.errno == errno.EPIPE:  # `litemem list | head -1`: click ends quietly
                raise
            raise CliError(system_error_text(error)) from error


def system_error_text(error: OSError) -> str:
    """Return the file and what is wrong with it: "notes/a.md: Permission denied"."""
    place = f"{error.filename}: " if error.filename else ""
    return f"{place}{error.strerror or error}"


def interrupted(advice: str = "interrupted") -> click.exceptions.Exit:
    """Say that Ctrl-C ended the command; return what ends it with exit code 130."""
    if is_terminal(sys.stderr):
        click.echo(err=True)  # ends the line on which the terminal shows ^C
    echo_err(advice)
    return click.exceptions.Exit(INTERRUPTED)


@contextmanager
def exit_on_ctrl_c(message: Callable[[], str]) -> Iterator[None]:
    """Let Ctrl-C end the process at once, with a message about what is stored.

    While llama.cpp runs, an exception does not get through: Python's handlers wait until it
    returns, and when it calls Python to log, ctypes drops the KeyboardInterrupt (lost in 3 of 5
    tries). So a thread waits for the signal. SQLite rolls an open transaction back.
    """
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:  # ignored, with nohup
        yield
        return
    reading, writing = os.pipe()
    if os.name == "posix":  # set_wakeup_fd() requires it there only
        os.set_blocking(writing, False)
    watcher = threading.Thread(target=_await_signal, args=(reading, message), daemon=True)
    watcher.start()
    signal.set_wakeup_fd(writing)
    signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.set_wakeup_fd(-1)
        os.write(writing, _STOP)
        watcher.join()
        os.close(reading)
        os.close(writing)
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _await_signal(reading: int, message: Callable[[], str]) -> None:
    while (received := os.read(reading, 1)) != _STOP:
        if received != bytes([signal.SIGINT]):
            continue
        try:
            interrupted(message())
        finally:
            os._exit(INTERRUPTED)


def _in_shell(error: LitememError) -> str:
    """Return the text of an error with names of options instead of Python arguments."""
    notes = getattr(error, "__notes__", [])
    text = f"{error} ({'; '.join(notes)})" if notes else str(error)
    for both, shown in _IN_SHELL.items():
        text = text.replace(both, shown)
    return text
