"""The errors that litemem raises: one hierarchy, so that `except LitememError` catches them all.

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
    """Whatever litemem raises by itself; its text says what failed and what to do next."""


class ValidationError(LitememError, ValueError):
    """An argument is not what the call takes; nothing was changed."""


class ScopeError(ValidationError):
    """A call names no scope, a contradictory one, or ids that cannot be ids."""


class FilterError(ValidationError):
    """A filter holds a key, an operator or a value that the filter language does not know."""


class ImmutableError(ValidationError):
    """The memory was stored to stay as it is: it may be deleted, but not changed."""


class MemoryNotFoundError(LitememError, ValueError):
    """No memory has the id that update or delete was given."""


class StoreError(LitememError):
    """The file could not be read or written."""


class StoreBusyError(StoreError):
    """Another program held the file for longer than the busy timeout."""


class StoreFullError(StoreError):
    """The disk is full; the transaction was rolled back."""


class StoreReadOnlyError(StoreError):
    """The file or its folder may not be written."""


class SchemaError(StoreError):
    """The file is not a litemem file, or is one of a newer litemem."""


class CorruptError(StoreError):
    """The file is damaged."""


class FlushTimeoutError(LitememError, TimeoutError):
    """Turns in the background took longer than `flush` was to wait; they go on."""


class HostedOnlyError(LitememError, NotImplementedError):
    """The call is one of Mem0's service that means nothing in a file on one machine."""


class RerankerError(LitememError):
    """The reranker that the program brought failed, or gave a memory no finite number."""


class EmbedderError(LitememError):
    """A text could not be turned into a vector."""


class EmbedderMismatchError(EmbedderError):
    """The vectors in the file were made by another embedder than the one at hand."""


class LLMError(LitememError):
    """The language model could not be loaded or did not answer."""


class ModelFileError(EmbedderError, LLMError):
    """A model's file is missing, cut short or not the bytes that were published."""


class ExtractionError(LLMError):
    """The language model answered, but not with facts that can be read."""


LONGEST_QUOTE = 80  # characters; who reads an error needs no more to know the value again


def quoted(value: object) -> str:
    """Return `repr(value)`, cut when it is long; only the type of what cannot be written.

    Python writes no integer of more than 4,300 digits, and nothing that is nested too deeply: a
    message must not fail where it is to tell what failed.
    """
    try:
        text = repr(value)
    except (ValueError, RecursionError):
        return f"<{type(value).__name__}>"
    return text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE]}…"
