"""The command `mcp`: a server for agents over standard input and output."""

import os
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import click

from litemem.cli.options import db_option, embedder_option, llm_option
from litemem.core.config import default_user
from litemem.integrations.mcp.relay import RelayServer
from litemem.integrations.mcp.server import CHOICES, MemoryServer, choose_tools
from litemem.integrations.mcp.stdio import StdioServer, guarded_streams
from litemem.integrations.mcp.tools import Defaults

if TYPE_CHECKING:
    from litemem.client import MemoryClient
    from litemem.integrations.http.discovery import Running

UNLOAD_SECONDS = "600"  # without a call: a server runs for days, and the model takes 1 GB


@click.command("mcp")
@db_option
@embedder_option
@llm_option
@click.option(
    "--tools",
    type=click.Choice(CHOICES),
    default="all",
    show_default=True,
    help="core: the five tools that an agent needs while it talks; graph: those of the reference "
    "memory server, over entities and relations (docs/graph.md).",
)
@click.option("--read-only", is_flag=True, help="Offer the tools that change nothing.")
@click.option(
    "--user-id",
    metavar="ID",
    help="The user of calls that name no user, agent or run. "
    "[default: LITEMEM_USER_ID, or the login name]",
)
@click.option("--app-id", metavar="ID", help="The application of calls that name none.")
@click.option(
    "--warm/--no-warm",
    default=True,
    show_default=True,
    help="Load the embedder after the handshake, or at the first call, which then takes longer.",
)
def mcp(
    db: str | None,
    embedder: str | None,
    llm: str | None,
    tools: str,
    read_only: bool,
    user_id: str | None,
    app_id: str | None,
    warm: bool,
) -> None:
    """Serve the memory to an agent over MCP.

    The agent's program starts this command and talks to it on standard input and output
    (docs/mcp.md). The file and the models are opened after
    the handshake, or not at all while `litemem serve` has them. It ends when its input ends;
    unfinished turns stay pending in the file.
    """
    user = user_id or default_user()

    def open_client() -> "MemoryClient":
        from litemem.client import MemoryClient  # 0.3 s, which the handshake need not wait for

        os.environ.setdefault("LITEMEM_UNLOAD_AFTER", UNLOAD_SECONDS)
        return MemoryClient(
            path=db, embedder=embedder, llm=llm, read_only=read_only, share_llm=True
        )

    server = MemoryServer(
        open_client,
        tools=choose_tools(tools, read_only=read_only),
        defaults=Defaults(user_id=user, app_id=app_id),
    )
    relay = RelayServer(
        server,
        find=lambda: _running(db, embedder, llm),
        address=_address(tools=tools, user_id=user, app_id=app_id, read_only=read_only),
    )
    with guarded_streams() as (reading, writing):
        StdioServer(relay, writing, warm=warm).run(reading)


def _running(db: str | None, embedder: str | None, llm: str | None) -> "Running | None":
    from litemem.integrations.http.discovery import find  # 0.1 s, as above

    return find(db, embedder=embedder, llm=llm)


def _address(**defaults: object) -> str:
    """Return the address of a server's MCP endpoint that has these defaults."""
    given = {key: 1 if value is True else value for key, value in defaults.items() if value}
    return f"/mcp?{urlencode(given)}"
