"""What `add` does: log the turn, extract, consolidate with what is known, commit."""
