"""Servers, hooks and adapters through which other programs use a memory."""
