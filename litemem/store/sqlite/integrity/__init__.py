"""Checks, repair, and reading a damaged file."""
