"""SQLite as the storage backend: everything in one file."""
