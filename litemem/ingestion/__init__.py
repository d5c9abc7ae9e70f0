"""Steps of `add` and `update`: log the turn, extract, consolidate with known facts, commit."""
