"""Plain values, the checks of arguments, and pure rules of text; imports only errors."""
