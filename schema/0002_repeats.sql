-- How often a memory was said again: what means the same is counted, not stored a second time.
ALTER TABLE memory ADD COLUMN repeats INTEGER NOT NULL DEFAULT 0;
