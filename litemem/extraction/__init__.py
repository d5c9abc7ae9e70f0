"""Messages to facts, relations and run summaries, with a language model."""
