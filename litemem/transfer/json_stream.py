"""Read the values of a JSON list, or of JSON Lines, one at a time."""

import json
from collections.abc import Iterator
from typing import Any, TextIO

from litemem.errors import ValidationError

CHUNK = 1 << 16  # characters that are read at once
MAX_CHARACTERS = 64_000_000  # of one value; more would take too much memory
_BLANKS = " \t\r\n"
_TAIL = 16  # characters at the end of what was read where an error may be a cut: "tru", "\\u12"


class BrokenJSONError(ValidationError):
    """The text is not JSON from a place on; the values before it were read."""


def list_values(file: TextIO) -> Iterator[Any]:
    """Yield the values of a JSON list; another value is the only one of its list.

    Only one value at a time is in memory.

    Raises:
        BrokenJSONError: the text ends early or is not JSON; the message has the position.
    """
    reader = _Reader(file)
    if not reader.skip_blanks():
        raise BrokenJSONError("it is empty")
    if reader.next_is("["):
        yield from _elements(reader)
    else:
        yield reader.value()
    if reader.skip_blanks():
        raise reader.error("there is more text behind the end")


def _elements(reader: "_Reader") -> Iterator[Any]:
    reader.skip_blanks()
    if reader.next_is("]"):
        return
    while True:
        reader.skip_blanks()
        yield reader.value()
        reader.skip_blanks()
        if reader.next_is("]"):
            return
        if not reader.next_is(","):
            raise reader.error("a comma or the end of the list is missing")


class _Reader:
    """The part of a file that is read and not yet used."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._text = ""
        self._at = 0
        self._before = 0  # characters that were dropped from the text
        self._decoder = json.JSONDecoder(strict=False)

    def skip_blanks(self) -> bool:
        """Go to the next character that is not blank; return False at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in _BLANKS:
                self._at += 1
            if self._at < len(self._text):
                return True
            if not self._more(CHUNK):
                return False

    def next_is(self, character: str) -> bool:
        """Go behind this character if it comes next."""
        if self._at < len(self._text) and self._text[self._at] == character:
            self._at += 1
            return True
        return False

    def value(self) -> Any:
        """Return the next value; what is read doubles until the value is complete."""
        size = CHUNK
        while True:
            rest = len(self._text) - self._at
            try:
                found, end = self._decoder.raw_decode(self._text, self._at)
            except RecursionError as error:
                raise self.error("it is nested too deeply") from error
            except ValueError as error:
                self._check_cut(error)
                if not self._more(size):
                    raise self.error("the text ends in the middle of a value") from error
            else:
                if end < len(self._text) or not self._more(CHUNK):  # a number may go on
                    self._at = end
                    return found
                continue
            if rest > MAX_CHARACTERS:
                raise self.error(f"one value has more than {MAX_CHARACTERS:,} characters")
            size = max(CHUNK, len(self._text))

    def error(self, reason: str) -> BrokenJSONError:
        """Return the error with the place."""
        return BrokenJSONError(f"{reason}, at character {self._before + self._at:,}")

    def _check_cut(self, error: ValueError) -> None:
        """Raise an error unless the text may only be cut."""
        if not isinstance(error, json.JSONDecodeError):  # a number of too many digits
            raise self.error("a number is too long") from error
        is_cut = error.msg.startswith("Unterminated") or error.pos >= len(self._text) - _TAIL
        if not is_cut:
            self._at = error.pos
            raise self.error(f"not JSON ({error.msg})") from error

    def _more(self, size: int) -> bool:
        read = self._file.read(size)
        self._before += self._at
        self._text, self._at = self._text[self._at :] + read, 0
        return bool(read)
