"""Quoting: a value as the message of an error names it, whatever it is."""

LONGEST = 80  # characters; who reads an error needs no more to know the value again


def quoted(value: object) -> str:
    """Return `repr(value)`, cut when it is long; only the type of what cannot be written.

    Python writes no integer of more than 4,300 digits, and nothing that is nested too deeply: a
    message must not fail where it is to tell what failed.
    """
    try:
        text = repr(value)
    except (ValueError, RecursionError):
        return f"<{type(value).__name__}>"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
