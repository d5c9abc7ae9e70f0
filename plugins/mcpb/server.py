"""Start litemem's MCP server, for clients that run a bundle by its entry point."""

from litemem.cli import main

if __name__ == "__main__":
    main(["mcp"])
