"""Where memories are kept: what a backend provides, the filter language, and the backends."""
