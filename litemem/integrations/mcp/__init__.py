"""A server for the Model Context Protocol (MCP) over a memory."""
