"""The exceptions of litemem; `except LitememError` catches all of them.

LitememError
├ ValidationError (also ValueError)
│ ├ ScopeError
│ ├ FilterError
│ └ ImmutableError
├ MemoryNotFoundError (also ValueError)
├ StoreError
│ ├ StoreBusyError
│ ├ StoreFullError
│ ├ StoreReadOnlyError
│ ├ SchemaError
│ └ CorruptError
├ FlushTimeoutError (also TimeoutError)
├ HostedOnlyError (also NotImplementedError)
├ RerankerError
├ EmbedderError
│ ├ EmbedderMismatchError
│ └ ModelFileError (also LLMError)
└ LLMError
  ├ ModelFileError (also EmbedderError)
  └ ExtractionError
"""


class LitememError(Exception):
    """Base of all exceptions of litemem; the message names the failure and the next step."""


class ValidationError(LitememError, ValueError):
    """An argument is wrong; nothing was changed."""


class ScopeError(ValidationError):
    """A call has no id, contradicting ids, or a value that cannot be an id."""


class FilterError(ValidationError):
    """A filter has an unknown key, an unknown operator or a wrong value."""


class ImmutableError(ValidationError):
    """The memory was stored as immutable: it can be deleted but not changed."""


class MemoryNotFoundError(LitememError, ValueError):
    """No memory, or no open conflict, has the id that was given."""


class StoreError(LitememError):
    """The file could not be read or written."""


class StoreBusyError(StoreError):
    """Another program held the file for longer than the busy timeout."""


class StoreFullError(StoreError):
    """The disk is full; the transaction was rolled back."""


class StoreReadOnlyError(StoreError):
    """The file or its folder cannot be written, or was opened with `read_only=True`."""


class SchemaError(StoreError):
    """The file is not a litemem file, or comes from a newer litemem."""


class CorruptError(StoreError):
    """The file is damaged."""


class FlushTimeoutError(LitememError, TimeoutError):
    """The timeout of `flush` has passed; the extraction of the turns goes on."""


class HostedOnlyError(LitememError, NotImplementedError):
    """The call exists in Mem0's hosted service only."""


class RerankerError(LitememError):
    """The reranker failed, or did not return a finite number for each memory."""


class EmbedderError(LitememError):
    """A text could not be embedded."""


class EmbedderMismatchError(EmbedderError):
    """The vectors in the file come from another embedder."""


class LLMError(LitememError):
    """The language model could not be loaded or did not answer."""


class ModelFileError(EmbedderError, LLMError):
    """A model file is missing, truncated, or different from the published one."""


class ExtractionError(LLMError):
    """The language model's answer could not be read."""


LONGEST_QUOTE = 80  # characters; enough to recognise the value


def quoted(value: object) -> str:
    """Return `repr(value)` for a message, shortened if it is long.

    The type alone is returned if `repr` fails, as for an integer of more than 4,300 digits or a
    deeply nested list: building a message must not raise another error.
    """
    try:
        text = repr(value)
    except (ValueError, RecursionError):
        return f"<{type(value).__name__}>"
    return text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE]}…"
