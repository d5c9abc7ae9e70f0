"""What `search` does: parse the query, find candidates, rank."""
