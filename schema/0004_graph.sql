-- The optional graph: entities and their relations, each in the scope that they were found in.
CREATE TABLE entity (
  pk   INTEGER PRIMARY KEY,
  name TEXT NOT NULL
);
