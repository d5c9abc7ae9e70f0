"""The command `serve`: a server for the other programs of this machine."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

import click

from litemem.cli.context import file_path
from litemem.cli.errors import CliError
from litemem.cli.options import db_option, embedder_option, llm_option
from litemem.cli.output import echo_err, is_terminal
from litemem.errors import LitememError
from litemem.integrations.http import discovery
from litemem.integrations.http.service import MANAGERS, Manager, unit

PORT = 7713
UNLOAD_SECONDS = 600.0  # without a call: a server runs for days, and the model takes 1 GB
PACKAGES = ("starlette", "uvicorn")


@click.command("serve")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=PORT,
    show_default=True,
    help="Port of the loopback interface; 0 chooses a free one.",
)
@db_option
@embedder_option
@llm_option
@click.option("--read-only", is_flag=True, help="Change nothing.")
@click.option(
    "--token-file",
    metavar="PATH",
    help="File of the token. [default: serve/token in the user's data folder]",
)
@click.option("--new-token", is_flag=True, help="Replace the token: the old one is refused.")
@click.option(
    "--print-service",
    type=click.Choice(MANAGERS),
    help="Print the file that makes this server start at login, and end.",
)
def serve(
    port: int,
    db: str | None,
    embedder: str | None,
    llm: str | None,
    read_only: bool,
    token_file: str | None,
    new_token: bool,
    print_service: Manager | None,
) -> None:
    """Serve the memory to programs of this machine over HTTP.

    Serves the API of Mem0's hosted service, MCP at /mcp, and the inspector at /. `litemem mcp` and
    `litemem hook` use the server of their file while it runs. Calls need the token of a file that
    only this user may read (docs/serve.md). Ctrl-C or SIGTERM ends the server: running calls are
    finished, unfinished turns stay pending in the file.
    """
    if missing := [name for name in PACKAGES if find_spec(name) is None]:
        raise CliError(f"{missing[0]} is not installed: run `pip install 'litemem[serve]'`")
    path = file_path(db, create=True)
    kept = Path(os.path.realpath(token_file)) if token_file else discovery.token_file()
    if print_service is not None:
        options = {"--db": str(path), "--port": str(port), "--embedder": embedder, "--llm": llm}
        options |= {"--token-file": str(kept) if token_file else None}
        command = [sys.executable, "-m", "litemem", "serve"]
        command += [word for name, value in options.items() if value for word in (name, value)]
        click.echo(
            unit(print_service, [*command, *(["--read-only"] if read_only else [])]), nl=False
        )
        return
    _run(path, port, embedder, llm, read_only=read_only, token_file=kept, new_token=new_token)


def _run(
    path: Path,
    port: int,
    embedder: str | None,
    llm: str | None,
    *,
    read_only: bool,
    token_file: Path,
    new_token: bool,
) -> None:
    from litemem.aio import AsyncMemoryClient  # these need the extra `serve`
    from litemem.integrations.http.app import Server
    from litemem.integrations.http.hosted import SharedClient
    from litemem.integrations.http.run import listen, serve

    idle = None if os.environ.get("LITEMEM_UNLOAD_AFTER") else UNLOAD_SECONDS

    def open_client() -> AsyncMemoryClient:
        return AsyncMemoryClient(
            path=path,
            embedder=embedder,
            llm=llm,
            read_only=read_only,
            unload_after=idle,
            async_mode=True,
            share_llm=True,
        )

    listening = listen(port)
    chosen = listening.getsockname()[1]
    token = discovery.make_token(token_file, replace=new_token)
    client = SharedClient(open_client)
    try:
        client.opened()
    except LitememError as error:  # a service started at login outlives what is wrong
        echo_err(f"litemem serve: {error}. Calls are refused until this is repaired.")
    server = Server(client, database=path, token=token, port=lambda: chosen, read_only=read_only)

    def started() -> None:
        echo_err(f"litemem serves {path} at http://{discovery.HOST}:{chosen}")
        echo_err(f"the token is in {token_file}")
        if is_terminal(sys.stderr) and find_spec("litemem.inspector") is not None:
            echo_err(f"the inspector: http://{discovery.HOST}:{chosen}/?token={token}")
        client.warm_up()

    announcement = discovery.Announcement(
        port=chosen, token_file=str(token_file), embedder=embedder, llm=llm, pid=os.getpid()
    )
    serve(
        server,
        listening,
        database=path,
        announcement=None if read_only else announcement,  # agents that write work alone
        started=started,
    )
