"""What `search` does: read the query, find candidates, rank."""
