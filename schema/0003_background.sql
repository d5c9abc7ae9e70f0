-- Turns that are extracted in the background: who is at it, and what became of them.
ALTER TABLE turn ADD COLUMN claimed_by TEXT;
