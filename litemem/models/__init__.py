"""Embedders and language models on this machine: load, look up, download."""
