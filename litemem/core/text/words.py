"""Words, numbers, sentences and stems: how the package splits and compares text.

`stem` and `root` compare English words of facts. `stems_of` and `holding` find the words of a query
in texts: two words are the same if `scripts.normal_forms` and FTS5's Porter stemmer say so. Texts
are not split: the first letters of a stem are searched in all texts at once, which takes 0.1 ms a
word for a thousand texts, where splitting them would take 10 ms.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import accumulate, chain, islice
from typing import NamedTuple

from litemem.core.text import scripts, separators, vocabulary
from litemem.core.text.inflections import (
    LONGEST,
    SHARED,
    is_form,
    may_be_inflected,
    other_forms,
    other_persons,
    other_verb_forms,
)
from litemem.core.text.misspellings import is_misspelt, is_spelt
from litemem.core.text.split_verbs import split_verb

MAX_WORDS = 64  # of a query; more words than this do not find better results
MAX_WHOLES = 3  # words that may have a word as a part
MAX_STEMS = 128  # of a query; a word of a script without spaces has several
PART = 0.7  # share of a word that is a part of a longer one
MIN_PART = 4  # letters of it, at least
SIMILAR = 0.5  # share of a word with another ending
MIN_INFLECTED = 6  # letters of such a word, at least; 4 where letters are not ASCII
ENDING = 3  # letters of its ending, at most
SINGLE = 0.3  # share of one of two Chinese characters
MISSPELT = 0.4  # share of a word with one letter wrong, if the query's is nowhere
MIN_MISSPELT = 5  # letters of the query's, at least
KEPT = 2_000  # characters of a text, at most, to keep its share of questions
MAX_LISTED = 10  # beginnings of the listed forms of a verb; each takes 0.07 ms in 1,000 texts
REST = 3  # letters of the longer word before or behind it, at least

_ENGLISH = vocabulary.ENGLISH
STOP_WORDS = frozenset(vocabulary.words_in(_ENGLISH, "search", "stop_words"))
_CARDINALS = vocabulary.words_in(_ENGLISH, "numbers", "cardinals")
NUMBER_WORDS = _CARDINALS[1:]  # "one" is left out: it is a pronoun more often than a number
_TENS = vocabulary.words_in(_ENGLISH, "numbers", "tens")
NUMBERS_IN_WORDS = {  # a folded word: its digits
    **dict(each.split("=") for each in vocabulary.words_of_all("numbers", "words")),
    **{word: str(i) for i, word in enumerate(_CARDINALS, start=1)},
    **{
        word: str(i)
        for i, word in enumerate(vocabulary.words_in(_ENGLISH, "numbers", "ordinals"), start=1)
    },
    **{ten: str(10 * i) for i, ten in enumerate(_TENS, start=2)},
    **{
        f"{ten}-{unit}": str(10 * i + n)
        for i, ten in enumerate(_TENS, start=2)
        for n, unit in enumerate(_CARDINALS[:9], start=1)
    },
}

_WORD = re.compile(r"\w+")
_TOKEN = re.compile(r"\d+(?:[.,:/-]\d+)*|[^\W\d_]+(?:['’\-][^\W\d_]+)*")
_UNSPACED = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"  # scripts without spaces between words
_SMALLEST_TOKEN = re.compile(
    rf"\d+(?:[.,:]\d+)*|[{_UNSPACED}]|[^\W\d_{_UNSPACED}]+(?:['’\-][^\W\d_{_UNSPACED}]+)*"
)
_SENTENCE = re.compile(r"(?:[^.!?。！？\n]|\.(?=\w))+[.!?。！？\s]*")
_WRITTEN_BORDER = re.compile(r"(?<=[.!?])\s+(?=[^\W\d_a-z]|[`\"(])|\n")
# Where one sentence surely ends and another begins. Short words before a full stop may be
# abbreviations, digits a date or a list, and several full stops a pause.
_SURE_END = re.compile(r"(?<![.!?])(?:\.|[!?]{1,3})[\"'”’)\]]{0,3}(?=\s)|[。！？؟।॥]|\n")
_ABBREVIATIONS = vocabulary.words_of_all("sentences", "abbreviations")
_TITLES = vocabulary.words_of_all("sentences", "titles")
_SHORT = vocabulary.words_of_all("sentences", "short")  # before a number, or a small letter
# the number of a day, as languages that write it with a full stop introduce it
_BEFORE_DAY = "|".join(sorted(vocabulary.words_of_all("sentences", "before_day")))
_OF_DAY = re.compile(rf"(?<!\w)(?:{_BEFORE_DAY})\s(?:\d{{1,2}}\.)?\d{{1,2}}\Z", re.IGNORECASE)
_LAST_WORD = re.compile(r"(?<!\w)\w*\Z")
_LIST_ITEM = re.compile(r"[-*•–]\s|(?<!\d)\d+[.)]\s")
_DIGRAPH = re.compile("[aou]e|aa")  # for an umlaut, or å
_DIGITS_OF = {word: str(i) for i, word in enumerate(NUMBER_WORDS, start=2)}
_THOUSANDS = re.compile(r"[,.](?=\d{3}\b)")
_ENDINGS = ("ing", "ied", "ies", "ed", "es", "s", "e", "y")
_ACCENTS = re.compile(r"[\u0300-\u036f]")
_NO_WORD = re.compile(r"[\W_]+")
_DIGIT = re.compile(r"\d")
_LETTERS = re.compile(r"[^\W_]+")
_PLAIN = {i: chr(i).lower() if chr(i).isalnum() else " " for i in range(128)}
_BEFORE_INITIAL = "|".join(sorted(vocabulary.words_of_all("sentences", "before_initial")))
_INITIAL = re.compile(  # "Dr F. Osei", "J. R. Smith"
    rf"(?:\b(?:{_BEFORE_INITIAL})\.? |\b[A-Z]\. ?)[A-Z]\Z"
)
_CLAUSE = re.compile(r"[^.!?？。！؟\n]*[.!?？。！؟\n]?")
_CHANGED = "iel"  # last letters of a stem that its word may not have there: happi, hope, sensibl

Stem = Callable[[str], str]  # the Porter stem of a folded word


class Token(NamedTuple):
    """A word or a number of a text, from `start` to before `end`."""

    text: str
    start: int
    end: int


def words(text: str) -> list[str]:
    """Return the words of a text in order, case folded, without punctuation and symbols."""
    return _WORD.findall(text.casefold())


def any_of(found: Iterable[str]) -> str | None:
    """Return an FTS5 query for texts with any of these words, each quoted, or None without any.

    A word is looked for in the forms that `index_words` makes, and in those that FTS5 makes of
    plain texts, "koeln" as "koln" too: "Köln" is that there. "Abholen" is "holt" and "ab", too.
    """
    parts = [part for word in found for part in word.split()]
    forms = dict.fromkeys(form for part in parts for form in (*_fts_forms(part), *_fts_split(part)))
    return " OR ".join(f"({form})" if " AND " in form else form for form in forms) or None


def all_of(found: Iterable[str]) -> str | None:
    """Return an FTS5 query for texts with each of these words, or a longer one that begins so."""
    every = []
    for word in found:
        forms = [form if form.endswith("*") else f"{form} *" for form in _fts_forms(word)]
        every.append(f"({' OR '.join(dict.fromkeys(forms))})")
    return " AND ".join(every) or None


def _fts_forms(word: str) -> Iterator[str]:
    yield f'"{word}"'
    if word.isascii():
        plain = _DIGRAPH.sub(lambda letters: letters[0][0], word)
        if plain != word:
            yield f'"{plain}"'
        return
    for part in scripts.parts(scripts.normal_forms(word)):
        begins = scripts.is_unspaced(part) and len(scripts.clusters(part)) == 1
        yield f'"{scripts.as_letters(part)}"{"*" if begins else ""}'
    lowered = word.lower()
    if (other := scripts.digraphs(lowered)) != lowered:
        yield f'"{other}"'


def _fts_split(word: str) -> Iterator[str]:
    verb = split_verb(fts_fold(word).strip())
    if verb is not None:
        forms = " OR ".join(f'"{form}"' for form in verb.finite)
        yield from (f'({forms}) AND "{particle}"' for particle in verb.particles)


def needs_index_words(text: str) -> bool:
    """Return True if FTS5's tokenizer does not make the normal forms of a text's words."""
    return not text.isascii() and scripts.is_special(text)


def index_words(text: str) -> str:
    """Return a text as FTS5 has to index it, so that `any_of` finds its words in every script."""
    if text.isascii():
        return text
    return scripts.indexed(scripts.normal_forms(text, variants=True))


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


def is_full_stop(text: str, at: int) -> bool:
    """Return True if the full stop at a position ends a sentence.

    It does not behind an abbreviation or the number of a day: "Dr. Meyer", "ca. 2 Std.", "3. Mai".
    """
    head, rest = text[max(0, at - 24) : at], text[at + 1 : at + 9].lstrip(" \t")
    word = _last_word(head)
    if not word or not rest or rest[0] == "\n":
        return True
    if word in _TITLES:
        return False
    if word.isdigit():
        is_of_day = len(word) <= 2 and (rest[0].islower() or _OF_DAY.search(head))
        return not is_of_day
    if len(word) == 1 and _INITIAL.search(head):
        return False
    has_stops = len(word) == 1 and head[: -len(word)].endswith(".")  # "z.B.", "e.g."
    is_short = word in _ABBREVIATIONS or word in _SHORT or has_stops
    return not (is_short and (rest[0].islower() or rest[0].isdigit()))


def question_share(text: str) -> float:
    """Return the share of a text that is questions, from 0 to 1."""
    if "?" not in text and (text.isascii() or not ("？" in text or "؟" in text)):
        return 0.0
    return (_asked_share if len(text) <= KEPT else _asked_share.__wrapped__)(text)


@lru_cache(maxsize=8_192)
def _asked_share(text: str) -> float:
    asked = sum(len(part) for part in _CLAUSE.findall(text) if part[-1:] in "?？؟")
    return min(1.0, asked / (len(text.strip()) or 1))


def sentence_borders(text: str) -> list[int]:
    """Return the places where a text can be parted without parting a sentence.

    In doubt a place is left out: behind "Dr.", "3." and "…", and where a line may be wrapped.
    """
    return [match.end() for match in _SURE_END.finditer(text) if _is_border(text, match)]


def written_sentences(text: str) -> list[str]:
    """Return the sentences and lines of an agent's or a tool's text, each as one line.

    A sentence ends only where a capital letter, a quote or a bracket follows: "e.g. this", "v1.2"
    and addresses stay whole.
    """
    return [" ".join(part.split()) for part in _WRITTEN_BORDER.split(text) if part.strip()]


def _is_border(text: str, end: re.Match[str]) -> bool:
    before = text[max(0, end.start() - 24) : end.start()]
    rest = text[end.end() : end.end() + 8].lstrip(" \t")
    if end[0] == "\n":
        return _ends_line(before, rest)
    if not rest or end[0][0] != ".":
        return bool(rest)
    word = _last_word(before)
    is_short = len(word) < 2 or (len(word) == 2 and word not in STOP_WORDS)
    has_stops = before[: len(before) - len(word)].endswith(".")  # "a.m."
    return not (is_short or has_stops or word in _ABBREVIATIONS or rest[0].isdigit())


def _ends_line(before: str, rest: str) -> bool:
    """Return True if a line is not wrapped in the middle of a sentence."""
    if not before.strip() or before.rstrip()[-1] in ".!?:;。！？؟।॥\"'”’)]":
        return True
    is_new = not rest[:1].islower() or _LIST_ITEM.match(rest) is not None
    return is_new and before.rstrip()[-1] != "," and _last_word(before.rstrip()) not in STOP_WORDS


def _last_word(text: str) -> str:
    match = _LAST_WORD.search(text)
    return match[0].casefold() if match else ""


def was_said(old: str, new: str, messages: Iterable[str]) -> bool:
    """Return True if messages have words of an old text that a new one does not have.

    The messages would bring back what the new text replaced. In scripts without spaces, and of
    numbers and dates, any change counts.
    """
    replaced = set(words(old)) - set(words(new)) - STOP_WORDS
    if any(word[0].isdigit() or scripts.is_unspaced(word) for word in replaced):
        return True
    return any(not replaced.isdisjoint(words(text)) for text in messages)


def is_number(word: str) -> bool:
    """Return True if a case-folded word is a number, in digits or spelt out."""
    return word[:1].isdigit() or word in _DIGITS_OF


def digits(number: str) -> str:
    """Return a number in one form: "1,000" as "1000", "07" as "7", "five" as "5"."""
    plain = _THOUSANDS.sub("", _DIGITS_OF.get(number, number))
    return plain.lstrip("0") or "0"


def stem(word: str) -> str:
    """Return a case-folded word without common English endings: "planned" as "plan"."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            bare = word[: -len(ending)]
            is_doubled = len(bare) > 3 and bare[-1] == bare[-2] and ending in ("ing", "ed")
            return bare[:-1] if is_doubled else bare
    return word


def root(word: str) -> str:
    """Return the letters that most forms of a word share: "counselling" and "counselor"."""
    bare = word.removesuffix("ing") if len(word) >= 6 else word
    return bare[: 4 if len(word) < 8 else 5]


def stems_of(words: Iterable[str], porter: Stem) -> dict[str, str]:
    """Return what texts are searched for to find words, in order, each with a word for `any_of`.

    That is a stem, or several with spaces between them, or a pair of letters of a script without
    spaces. A word in capitals is searched for as it is written. Words with spaces between them may
    be one: each of them is held by a text with all as one word, too. So is a noun by one with
    another form that is listed: "mouse" by "mice". Such forms of a verb stand behind its word only.
    """
    given = list(words)
    wholes: dict[str, list[str]] = {}
    for joined in (word for word in given if " " in word):
        whole = joined.replace(" ", "")
        for part in dict.fromkeys(joined.split()):
            wholes.setdefault(part, []).append(whole)
    stems: dict[str, str] = {}
    pairs = (pair for word in given if " " not in word for pair in _keys(word, porter))
    for key, form in islice(pairs, MAX_STEMS):
        longer = [] if key.isupper() else [*wholes.get(form, [])[:MAX_WHOLES], *_others(form)]
        keys = (each if _DIGIT.search(each) else porter(each) for each in longer)
        verbs = [] if key.isupper() else _verb_forms(form, porter)
        stems.setdefault(" ".join([key, *keys]), " ".join([form, *longer, *verbs]))
    return stems


def _others(form: str) -> Sequence[str]:
    return other_forms(_normal(form))


def _verb_forms(form: str, porter: Stem) -> list[str]:
    """Return the forms of a verb that its stem does not find: "kept" for "keep", not "keeps"."""
    stem = porter(_normal(form))
    return [each for each in other_verb_forms(_normal(form)) if porter(each) != stem]


def _normal(form: str) -> str:
    return form if form.isascii() else scripts.normal_forms(form).strip()


def _keys(word: str, porter: Stem) -> Iterator[tuple[str, str]]:
    if word.isupper():
        yield word, word
        return
    parts = scripts.parts(scripts.normal_forms(word))
    for part in parts:
        if not part.isascii():
            yield part, part
        elif stem := fts_fold(porter(part)).strip():
            other = scripts.digraphs(word) if len(parts) == 1 else word
            both = other.isascii() and not word.isascii() and other != part
            yield (f"{stem} {porter(other)}", word) if both else (stem, part)


def holding(texts: Sequence[str], stems: Mapping[str, str], porter: Stem) -> list[dict[int, float]]:
    """Return for each stem how far texts hold it, by their position.

    1 is a word with this stem, `PART` a longer word that begins or ends with it, as "Apfelkuchen"
    ends with "Kuchen". If no text holds it, words with another ending count `SIMILAR`, and each of
    two Chinese characters `SINGLE`; otherwise words with one letter wrong `MISSPELT`.
    Other endings of Cyrillic words always do. `stems` are those of `stems_of`.
    """
    starts, whole = _joined(texts)
    letters = cache(lambda: whole.encode(errors="replace").translate(None, b" "))
    stemmed = cache(lambda word: fts_fold(porter(word)).strip() if word.isascii() else word)
    found = []
    for key, form in stems.items():
        if key.isupper():
            found.append(_as_written(texts, key))
            continue
        word, *others = form.split()
        verbs = [each for each in other_verb_forms(_normal(word)) if each in others]
        longer = [each for each in others if each not in verbs]
        own = [word] * (len(key.split()) - len(longer))
        shares = [
            _shares(whole, starts, stem, of, stemmed)
            for stem, of in zip(key.split(), [*own, *longer], strict=True)
        ]
        shares.append(_split(texts, whole, starts, fts_fold(word).strip()))
        shares.append(_listed(whole, starts, verbs))
        held = _best(chain.from_iterable(shares))
        if not held:
            bare = [] if word.isascii() else scripts.normal_forms(word, variants=True).split()[1:]
            shares = [_words(whole, starts, each, each, stemmed) for each in bare]
            without = ((text, PART) for text, _ in chain.from_iterable(shares))
            similar = _similar(whole, starts, key.split()[0])
            folded = fts_fold(word).strip()
            inflected = _inflected(whole, starts, folded)
            may_be_parted = len(word) >= REST and folded.encode(errors="replace") in letters()
            signed = _punctuated(texts, whole, starts, folded) if may_be_parted else ()
            held = _best(chain(without, similar, inflected, signed))
            held = held or _best(_misspelt(whole, starts, folded))
        elif not (word.isascii() or scripts.is_unspaced(word)):  # a name in another case, too
            inflected = _inflected(whole, starts, fts_fold(word).strip())
            held = _best(chain(held.items(), inflected))
        found.append(held)
    return found


def _best(shares: Iterable[tuple[int, float]]) -> dict[int, float]:
    """Return the greatest share in each text."""
    held: dict[int, float] = {}
    for text, share in shares:
        if share > held.get(text, 0.0):
            held[text] = share
    return held


def _as_written(texts: Sequence[str], word: str) -> dict[int, float]:
    return {
        i: 1.0 for i, text in enumerate(texts) if word in text and word in _LETTERS.findall(text)
    }


def fts_fold(text: str) -> str:
    """Return a text in normal form, with spaces instead of symbols."""
    if text.isascii():
        return text.translate(_PLAIN)
    return scripts.normal_forms(text).replace("\n", " ")


def _joined(texts: Sequence[str]) -> tuple[list[int], str]:
    """Return where each text starts in all texts joined, and those folded, words between spaces."""
    forms = texts
    whole = f" {' '.join(texts)} "
    if not whole.isascii():
        lines = "\n".join(text.replace("\n", " ") for text in texts if not text.isascii())
        normal = iter(scripts.normal_forms(lines, variants=True).split("\n"))
        forms = [text if text.isascii() else next(normal) for text in texts]
        whole = f" {' '.join(forms)} "
    if whole.isascii():  # folding all texts at once is five times faster
        whole = whole.translate(_PLAIN)
    else:
        plain = (text.translate(_PLAIN) if text.isascii() else text for text in forms)
        whole = f" {' '.join(plain)} "
    return list(accumulate([len(text) + 1 for text in forms], initial=0)), whole


def _shares(
    whole: str, starts: Sequence[int], stem: str, word: str, stemmed: Stem
) -> Iterator[tuple[int, float]]:
    """Yield the texts that have a stem, with the share that it counts there.

    What stands in a text behind a place that counts 1 is left out: it cannot count more.
    """
    if scripts.is_unspaced(stem):
        return _runs(whole, starts, stem)
    if _DIGIT.search(stem):  # a number has no endings, and is no part of a longer one
        return chain(_runs(whole, starts, f" {stem} "), _parted(whole, starts, stem))
    is_whole = len(stem) == 1 or stem[-1] not in _CHANGED
    beginning = stem if is_whole else stem[:-1]
    part = stem if len(stem) >= MIN_PART and word.startswith(stem) else fts_fold(word)
    if len(part) < MIN_PART:
        return _words(whole, starts, stem, beginning, stemmed)
    return _parts(whole, starts, stem, beginning, part, stemmed)


def _runs(whole: str, starts: Sequence[int], piece: str) -> Iterator[tuple[int, float]]:
    at = whole.find(piece)
    while at >= 0:
        text = bisect_right(starts, at) - 1
        yield text, 1.0
        at = whole.find(piece, starts[text + 1])


def _listed(whole: str, starts: Sequence[int], words: Iterable[str]) -> Iterator[tuple[int, float]]:
    """Yield the texts that have one of some words; those that begin alike are sought at once."""
    alike: dict[str, list[str]] = {}
    for word in words:
        alike.setdefault(f" {word} "[: SHARED + 1], []).append(word)
    for beginning, same in islice(alike.items(), MAX_LISTED):
        at = whole.find(beginning)
        while at >= 0:
            end = whole.find(" ", at + 1)
            if whole[at + 1 : end] in same:
                text = bisect_right(starts, at) - 1
                yield text, 1.0
                end = starts[text + 1]  # the space before the next text
            at = whole.find(beginning, end)


def _parted(whole: str, starts: Sequence[int], stem: str) -> Iterator[tuple[int, float]]:
    """Yield the texts that part a number or a code: "lh 441" for "lh441"."""
    if not separators.may_be_parted(stem, whole):
        return
    pattern = separators.parted(stem)
    for match in pattern.finditer(whole) if pattern else ():
        text = bisect_right(starts, match.start()) - 1
        if match.end() <= starts[text + 1] + 1:
            yield text, 1.0


def _punctuated(
    texts: Sequence[str], whole: str, starts: Sequence[int], word: str
) -> Iterator[tuple[int, float]]:
    """Yield the texts that have a folded word with signs between its letters: "wi-fi"."""
    if scripts.is_unspaced(word):
        return
    matches = separators.spaced(word).finditer(whole)
    for text in dict.fromkeys(bisect_right(starts, match.start()) - 1 for match in matches):
        if f" {word} " in f" {fts_fold(separators.without_signs(texts[text]))} ":
            yield text, 1.0


def _split(
    texts: Sequence[str], whole: str, starts: Sequence[int], word: str
) -> Iterator[tuple[int, float]]:
    """Yield the texts with a verb that has its particle apart: "ruft … an" for "anrufen"."""
    verb = split_verb(word)
    for stem in verb.stems if verb else ():
        for text, _ in _runs(whole, starts, stem):
            if verb and verb.pattern.search(scripts.fold(texts[text])):
                yield text, 1.0


def _similar(whole: str, starts: Sequence[int], stem: str) -> Iterator[tuple[int, float]]:
    """Yield texts with a word that has another ending, or with one of two Chinese characters."""
    if scripts.is_han(stem):
        for character in stem if len(stem) > 1 else "":
            yield from ((text, SINGLE) for text, _ in _runs(whole, starts, character))
        return
    shortest = MIN_INFLECTED if stem.isascii() else MIN_INFLECTED - 2
    if len(stem) < shortest or scripts.is_unspaced(stem) or _DIGIT.search(stem):
        return
    kept = stem[: -1 if len(stem) == shortest else -2]
    at = whole.find(f" {kept}")
    while at >= 0:
        end = at + 1 + len(kept)
        if whole.find(" ", end, end + ENDING + 1) >= 0:
            text = bisect_right(starts, at) - 1
            yield text, SIMILAR
            end = starts[text + 1]
        at = whole.find(f" {kept}", end)


def _inflected(whole: str, starts: Sequence[int], word: str) -> Iterator[tuple[int, float]]:
    """Yield texts with words that may be another form of one, in texts that are not English."""
    if len(word) < SHARED or " " in word or _DIGIT.search(word) or scripts.is_unspaced(word):
        return
    for form in other_persons(word):
        yield from ((text, SIMILAR) for text, _ in _runs(whole, starts, f" {form} "))
    beginning = f" {word[: max(SHARED - 1, len(word) - 3)]}"
    at = whole.find(beginning)
    while at >= 0:
        end = whole.find(" ", at + 1)
        if end - at <= len(word) + LONGEST + 1 and is_form(word, whole[at + 1 : end]):
            text = bisect_right(starts, at) - 1
            if may_be_inflected(whole[starts[text] : starts[text + 1]]):
                yield text, SIMILAR
            end = starts[text + 1]  # the space before the next text
        at = whole.find(beginning, end)


def _misspelt(whole: str, starts: Sequence[int], word: str) -> Iterator[tuple[int, float]]:
    """Yield the texts with a word that one wrong letter makes of a word: "reykjavk"."""
    if len(word) < MIN_MISSPELT or not is_spelt(word):
        return
    half = len(word) // 2  # whichever letter is wrong, those before or behind this one are right
    for piece in (f" {word[:half]}", f"{word[half + 1 :]} "):
        at = whole.find(piece)
        while at >= 0:
            begin = whole.rfind(" ", 0, at + 1) + 1
            end = whole.find(" ", begin)
            if abs(end - begin - len(word)) <= 1 and is_misspelt(word, whole[begin:end]):
                yield bisect_right(starts, begin - 1) - 1, MISSPELT
            at = whole.find(piece, end)


def _words(
    whole: str, starts: Sequence[int], stem: str, beginning: str, stemmed: Stem
) -> Iterator[tuple[int, float]]:
    """Yield the texts with a word that has a stem."""
    at = whole.find(f" {beginning}")
    while at >= 0:
        end = whole.find(" ", at + 1)
        if stemmed(whole[at + 1 : end]) == stem:
            text = bisect_right(starts, at) - 1
            yield text, 1.0
            end = starts[text + 1]
        at = whole.find(f" {beginning}", end)


def _parts(
    whole: str, starts: Sequence[int], stem: str, beginning: str, part: str, stemmed: Stem
) -> Iterator[tuple[int, float]]:
    """Yield the texts with words that have a stem, or have a part before or behind others."""
    at = whole.find(beginning)
    while at >= 0:
        behind, share = at + len(beginning), 0.0
        if whole[at - 1] == " ":
            behind = whole.find(" ", at)
            if stemmed(whole[at:behind]) == stem:
                share = 1.0
            elif behind - at >= len(part) + REST and whole.startswith(part, at):
                share = PART
        elif " " not in whole[max(at - REST, 0) : at] and whole.startswith(part, at):
            share = PART
        if share:
            text = bisect_right(starts, at) - 1
            yield text, share
            if share == 1:
                behind = starts[text + 1]
        at = whole.find(beginning, behind)
