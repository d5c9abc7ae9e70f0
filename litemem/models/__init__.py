"""Embedders and language models on this machine: loading, registry, downloads."""
