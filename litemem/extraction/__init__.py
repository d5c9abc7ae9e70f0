"""Messages into facts, relations and run summaries, with a language model."""
