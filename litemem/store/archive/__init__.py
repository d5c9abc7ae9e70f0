"""The JSONL archive, for any backend: its lines, their schema, and merging two versions."""
