-- What else a change took away: an UPDATE has the fields other than the text that it changed, as
-- they were before; a DELETE has all of the memory that the other columns do not.

ALTER TABLE event ADD COLUMN details TEXT;  -- a JSON object; NULL: nothing, or an older version wrote it
