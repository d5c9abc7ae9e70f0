"""Rows as lines of an archive, and lines as rows."""
