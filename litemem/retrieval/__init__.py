"""Steps of `search`: parse the query, find candidates, rank and rerank them."""
