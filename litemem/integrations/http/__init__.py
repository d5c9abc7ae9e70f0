"""`litemem serve`: one process on this machine that other programs reach over HTTP."""
