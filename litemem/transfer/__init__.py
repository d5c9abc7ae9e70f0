"""Export and import: the JSONL archive, Markdown, Mem0's stores."""
