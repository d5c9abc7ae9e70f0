-- Which messages a deleted memory came from, so that they can be erased with it: its DELETE has the
-- memory's list of sources, a JSON array of message.pk. NULL: deleted before, so it is not known.

ALTER TABLE event ADD COLUMN sources TEXT;
