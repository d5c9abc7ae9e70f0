"""Words, numbers and sentences: how every part of the package splits and compares text."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

MAX_WORDS = 64  # of a query; more words than this do not find better results

STOP_WORDS = frozenset(
    """a about am an and any are as at be been but by can could did do does doing for from had has
    have having he her hers him his how i if in into is it its just me my of on or our ours s she
    should so some t than that the their theirs them then there these they this those to too us
    was we were what when where which who whom whose why will with would you your yours""".split()
)
NUMBER_WORDS = (  # "one" is left out: it is a pronoun more often than a number
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty"
).split()

_WORD = re.compile(r"\w+")
_TOKEN = re.compile(r"\d+(?:[.,:/-]\d+)*|[^\W\d_]+(?:['’\-][^\W\d_]+)*")
_UNSPACED = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"  # scripts without spaces between words
_SMALLEST_TOKEN = re.compile(
    rf"\d+(?:[.,:]\d+)*|[{_UNSPACED}]|[^\W\d_{_UNSPACED}]+(?:['’\-][^\W\d_{_UNSPACED}]+)*"
)
_SENTENCE = re.compile(r"(?:[^.!?。！？\n]|\.(?=\w))+[.!?。！？\s]*")
_WRITTEN_BORDER = re.compile(r"(?<=[.!?])\s+(?=[^\W\d_a-z]|[`\"(])|\n")
_ACCENTS = re.compile(r"[\u0300-\u036f]")  # not the vowel signs of Indian scripts, nor dakuten
_DIGITS_OF = {word: str(i) for i, word in enumerate(NUMBER_WORDS, start=2)}
_THOUSANDS = re.compile(r"[,.](?=\d{3}\b)")


class Token(NamedTuple):
    """A word or a number of a text, from `start` to before `end`."""

    text: str
    start: int
    end: int


def words(text: str) -> list[str]:
    """Return the words of a text in order, case folded, without punctuation and symbols."""
    return _WORD.findall(text.casefold())


def content_words(text: str) -> list[str]:
    """Return the first words of a text that are not stop words, each once, in order.

    A text of stop words alone returns those.
    """
    found = list(dict.fromkeys(words(text)))
    return ([word for word in found if word not in STOP_WORDS] or found)[:MAX_WORDS]


def any_of(found: Iterable[str]) -> str | None:
    """Return an FTS5 query for texts with any of these words, each quoted, or None without any."""
    return " OR ".join(f'"{word}"' for word in found) or None


def word_spans(text: str) -> Iterator[Token]:
    """Yield the words of a text as they are written, with their places."""
    return (Token(match.group(), *match.span()) for match in _WORD.finditer(text))


def tokens(text: str, *, smallest: bool = False) -> list[Token]:
    """Return the words and numbers of a text as they are written.

    A word keeps its inner hyphens and apostrophes, a number its separators: "Cam's", "1,500",
    "9:30", "2023-05-08". If `smallest`, numbers end at "/" and "-", and each letter of a script
    without spaces is a token.
    """
    pattern = _SMALLEST_TOKEN if smallest else _TOKEN
    return [Token(match.group(), *match.span()) for match in pattern.finditer(text)]


def sentences(text: str) -> list[str]:
    """Return the sentences of a conversation, each with the punctuation and space behind it.

    People write without capital letters, so any full stop that no letter follows is an end.
    """
    return _SENTENCE.findall(text)


def written_sentences(text: str) -> list[str]:
    """Return the sentences and lines of an agent's or a tool's text, each as one line.

    A sentence ends only where a capital letter, a quote or a bracket follows: "e.g. this", "v1.2"
    and addresses stay whole.
    """
    return [" ".join(part.split()) for part in _WRITTEN_BORDER.split(text) if part.strip()]


def fold(text: str) -> str:
    """Return a text without case and accents, with compatible characters as one."""
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", text))
    return unicodedata.normalize("NFKC", plain).casefold()


def is_number(word: str) -> bool:
    """Return True if a case-folded word is a number, in digits or spelt out."""
    return word[:1].isdigit() or word in _DIGITS_OF


def digits(number: str) -> str:
    """Return a number in one form: "1,000" as "1000", "07" as "7", "five" as "5"."""
    plain = _THOUSANDS.sub("", _DIGITS_OF.get(number, number))
    return plain.lstrip("0") or "0"
