"""What an owner does with a file: backup, verify, salvage, cleanup, erase, reindex."""
