"""The JSONL archive: its lines, and how rows become lines and lines rows."""
