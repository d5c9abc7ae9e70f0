"""Cut a text into passages, which an embedder reads whole and which are found by themselves."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice, pairwise

from litemem.core.text.words import STOP_WORDS, sentence_borders, words

TOKENS = 200  # of a passage; most embedders read 256 to 512, with the tokens that they add
OVERLAP = 40  # tokens of whole sentences that a passage repeats of the one before it
SHORT = 180  # characters that surely have no more tokens than a passage
LONG = 16 * TOKENS  # characters: the tokens of a text up to this length are counted at once
SNIPPED = 20_000  # characters of a text in which the best sentence is looked for
MAX_PASSAGES = 1_000  # of one text that get a vector, about 800,000 letters of English
PAGE = "\f"  # begins a new passage, as between the pages of a document and the fields of an item

Span = tuple[int, int]  # the first character, and the one behind the last
Count = Callable[[str], int]


def passages(text: str, count_tokens: Count) -> list[Span]:
    """Return the passages of a text in order, each of at most `TOKENS` tokens.

    They are cut at form feeds and between sentences, and a passage may begin with the last
    sentences of the one before it. A sentence that is longer is cut between words, or inside a word
    without spaces. The text behind the first `MAX_PASSAGES` is one last, long passage.
    """
    if PAGE not in text:
        return _of_page(text, count_tokens, MAX_PASSAGES)
    found: list[Span] = []
    at = 0
    for page in text.split(PAGE):
        if content := page.strip():
            start = at + page.index(content[0])
            of_page = _of_page(content, count_tokens, MAX_PASSAGES - len(found))
            found += [(start + first, start + last) for first, last in of_page]
            if len(found) > MAX_PASSAGES:
                return [*found[:-1], (found[-1][0], len(text))]
        at += len(page) + len(PAGE)
    return found or [(0, len(text))]


def is_one_passage(text: str) -> bool:
    """Return True if a text surely is one passage; other texts may be, too."""
    return len(text) <= SHORT and PAGE not in text


def _of_page(text: str, count_tokens: Count, most: int) -> list[Span]:
    """Return the first passages of a text without form feeds, and one of what is behind them."""
    if most <= 0 or len(text) <= SHORT or (len(text) <= LONG and count_tokens(text) <= TOKENS):
        return [(0, len(text))]
    found: list[Span] = []
    pieces: list[tuple[int, int, int]] = []
    coming = _pieces(text, count_tokens)

    def is_there(at: int) -> bool:
        """Count the tokens up to a piece, so that those behind the last passage are not counted."""
        pieces.extend(islice(coming, max(at + 1 - len(pieces), 0)))
        return at < len(pieces)

    first = 0
    while is_there(first):
        last, total = first, 0
        while is_there(last) and (last == first or total + pieces[last][2] <= TOKENS):
            total += pieces[last][2]
            last += 1
        found.append((pieces[first][0], pieces[last - 1][1]))
        if not is_there(last):
            break
        if len(found) == most:
            found.append((pieces[last][0], len(text)))
            break
        first = _repeated_from(pieces, first, last)
    return found


def _repeated_from(pieces: Sequence[tuple[int, int, int]], first: int, last: int) -> int:
    """Return where the next passage begins: with sentences of the last one, if they are short."""
    begin, total = last, pieces[last][2]
    while begin - 1 > first and total + pieces[begin - 1][2] <= min(
        pieces[last][2] + OVERLAP, TOKENS
    ):
        begin -= 1
        total += pieces[begin][2]
    return begin


def _pieces(text: str, count_tokens: Count) -> Iterator[tuple[int, int, int]]:
    """Yield sentences, and parts of long ones, with their tokens."""
    for start, end in pairwise([0, *sentence_borders(text), len(text)]):
        if not text[start:end].strip():
            continue
        for part_start, part_end in _parts(text, start, end):
            tokens = count_tokens(text[part_start:part_end])
            if tokens <= TOKENS:
                yield part_start, part_end, tokens
                continue
            number = -(-tokens // TOKENS) + 1
            for piece_start, piece_end in _evenly(text, part_start, part_end, number):
                yield piece_start, piece_end, min(tokens // number + 1, TOKENS)


def _parts(text: str, start: int, end: int) -> list[Span]:
    """Cut a sentence of many thousand characters, so that its tokens are counted in parts."""
    return _evenly(text, start, end, -(-(end - start) // LONG))


def _evenly(text: str, start: int, end: int, number: int) -> list[Span]:
    """Cut a part of a text into a number of parts of about the same length, between words."""
    size = (end - start) / number
    borders = [start]
    for i in range(1, number):
        at = start + round(i * size)
        space = text.rfind(" ", max(borders[-1] + 1, at - 40), at)
        borders.append(at if space < 0 else space + 1)
    return [(one, other) for one, other in pairwise([*borders, end]) if one < other]


def snippet(text: str, query: str, characters: int = 240) -> str:
    """Return the start of a text, or of its best part, and "…" for the rest.

    They begin with the sentence that has most of the words of the query.
    """
    text = text.strip()
    if len(text) <= characters:
        return text
    text = text[:SNIPPED]
    wanted = set(words(query)) - STOP_WORDS
    starts = [0, *sentence_borders(text)]
    shares = [len(wanted.intersection(words(text[start : start + characters]))) for start in starts]
    start = starts[shares.index(max(shares))]
    shown = text[start : start + characters].strip()
    before, behind = "… " if start else "", " …" if start + characters < len(text) else ""
    return f"{before}{shown}{behind}"
