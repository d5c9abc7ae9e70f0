"""The command `inspect`: a page in the browser that shows the memories, and changes them."""

import ctypes
import sys
import webbrowser
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from litemem.cli.context import existing_file, open_memory
from litemem.cli.options import db_option, embedder_option
from litemem.cli.output import echo_err
from litemem.errors import LitememError
from litemem.memory import Memory

HOST = "127.0.0.1"
CACHE = 3_000_000  # bytes; a person does not look at the same page again and again
M_ARENA_MAX = -8  # of mallopt(3)
END_SECONDS = 5  # that requests get when the server ends


@click.command("inspect")
@db_option
@embedder_option
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=0,
    help="Port of 127.0.0.1. [default: a free one]",
)
@click.option("--read-only", is_flag=True, help="Show, and change nothing.")
@click.option("--no-browser", is_flag=True, help="Only print the address.")
def inspect(
    db: str | None, embedder: str | None, port: int, read_only: bool, no_browser: bool
) -> None:
    """Open a page that shows the memories, and changes them.

    The page shows where a memory came from, what replaced it, and why a search finds it. It is
    for this machine's browsers only: the address that is printed has a token. Ctrl-C ends it.
    """
    _share_heap()
    uvicorn, inspector, security, listen = _server()
    path = existing_file(db)
    with listen(port) as bound, _opened(db, path, embedder, read_only=read_only) as memory:
        memory.store.limit_cache(CACHE)
        token = security.new_token()
        address = f"http://{HOST}:{bound.getsockname()[1]}/?token="
        servers: list[Any] = []
        app = inspector.app(
            memory,
            token=token,
            read_only=read_only,
            is_ending=lambda: any(server.should_exit for server in servers),
            prepare=True,
        )
        config = uvicorn.Config(
            app,
            lifespan="off",
            ws="none",  # what the pages do not use need not be loaded
            log_level="warning",
            access_log=False,  # it would have the token
            server_header=False,
            timeout_graceful_shutdown=END_SECONDS,
        )
        config.load()  # so that the first page does not wait for it
        click.echo(f"{address}{token}")
        if not no_browser and not webbrowser.open(f"{address}{app.token_for_once()}"):
            echo_err("no browser was found: open the address in one")
        echo_err("Ctrl-C ends it")
        servers.append(uvicorn.Server(config))
        with suppress(KeyboardInterrupt):  # that is how it ends: with 0, like `litemem serve`
            servers[0].run(sockets=[bound])


def _share_heap() -> None:
    """Let the threads that make pages share one heap: glibc gives each its own, and 5 MB go."""
    if sys.platform == "linux":
        with suppress(AttributeError, OSError):  # another library of C
            ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)


def _opened(db: str | None, path: Path, embedder: str | None, *, read_only: bool) -> Memory:
    if not read_only:
        return open_memory(db, embedder=embedder, must_exist=True)
    return Memory(path, embedder=embedder, read_only=True)


def _server() -> tuple[Any, Any, Any, Any]:
    """Import what serves pages.

    Raises:
        LitememError: the extra is not installed.
    """
    try:
        import uvicorn  # an extra, and 0.2 s

        from litemem.inspector import app, security
        from litemem.integrations.http.run import listen
    except ImportError as error:
        raise LitememError(
            f"{error.name} is not installed: run `pip install 'litemem[serve]'`"
        ) from error
    return uvicorn, app, security, listen
