"""Reject facts that contain names, numbers or dates missing from the source, and politeness."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property

from litemem.core.text import english
from litemem.core.text.clause_borders import clause_pattern
from litemem.core.text.language import FUNCTION_WORDS
from litemem.core.text.lexicon import (
    ENGLISH,
    NOUNS_IN_CAPITALS,
    code_of_speech,
    pattern_in,
    section,
    words_in,
)
from litemem.core.text.names import without_ending
from litemem.core.text.phrases import code_for, names_user, phrases, tokens_of
from litemem.core.text.quantities import (
    CJK_CODES,
    COUNTED,
    counts_together,
    spoken_numbers,
    spoken_times,
    sums_of,
    values_of,
)
from litemem.core.text.scripts import fold
from litemem.core.text.words import (
    NUMBERS_IN_WORDS,
    STOP_WORDS,
    Token,
    digits,
    is_number,
    root,
    sentences,
    tokens,
    words,
)
from litemem.extraction.paraphrase.definitions import is_defined, without_definitions
from litemem.extraction.paraphrase.subject import follows
from litemem.extraction.paraphrase.support import in_plain_words, in_said_words, is_form, support

SHORT_FORM = 3  # letters, at least, of a name by which friends call somebody
MIN_SAID = 0.5  # more than this share of a fact's content words occurs in the source

MIN_PARAPHRASED = 0.33  # of a fact's content words, if others may mean the same
MIN_INFLECTED = 7  # letters of a word that begins a fact and is not a name
MIN_UNSAID = 4  # content words of a fact that says nothing that was said
MAX_HEARD = 4_000  # characters in which the support of a claim is looked for
MAX_GUESSED = 2_000  # characters by which the language is guessed
LONG = 400  # characters of a text that is no fact
MAX_DIGITS = 20  # of a number that is compared by its value
MAX_CONTENT = 64  # content words of a fact that are looked for; a sentence has fewer

ANOTHER_SPEAKER = "it is about another speaker"

_JOINTS = re.compile(r"['’\-]")
_ELIDED = re.compile(r"\A(?i:[ldjnsmtc]|qu|un|[adns]\w?ll)['’](?=[^\W\d_A-Z])")
_JOINED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_SENTENCE_END = re.compile(r"[.!?]\s+")
_NAME = r"[^\W\d_a-z][^\W\d_]*+(?: [^\W\d_a-z][^\W\d_]*+)*+"
_HOUR = re.compile(r"(\d{1,2}):00")
_ORDINAL = re.compile(r"(\d{1,4})(?:st|nd|rd|th|er|e|º|ª)")
_AFTERNOON = re.compile(r"(?<!\d)(\d{1,2})(?:[:.](\d\d))?\s?p\.?m\b", re.IGNORECASE)


@cache
def openers() -> frozenset[str]:
    """Return the words that a fact may have although nobody said them."""
    listed = english.fact_words() | english.contractions() | english.users()
    return STOP_WORDS | FUNCTION_WORDS | listed


class Grounding:
    """The source of some facts, which rejects those that it does not support.

    Args:
        said: what the subject of the facts said in the new messages.
        known: everything that the model was given, `said` included.
        others: the other speakers; facts about them are rejected.
        is_strict: if false, the words of a fact need not be said, only its names and numbers.
    """

    def __init__(
        self,
        said: Iterable[str],
        known: Iterable[str],
        others: Iterable[str] = (),
        *,
        is_strict: bool = True,
    ) -> None:
        known, said = tuple(known), tuple(said)
        self._said, self._all = said, known
        self._context = tuple(text for text in known if text not in said)
        self.is_strict = is_strict
        self._guessed = " ".join(said)[:MAX_GUESSED]
        parts = [part for text in said for part in sentences(text)]
        self._given = english.Heard(known)
        self._known = _Vocabulary(known)
        self._numbers: dict[str, set[int]] = {}  # by language, those of several words
        self._times: dict[str, set[str]] = {}
        self._stems: dict[str, set[str]] = {}  # by language, the names without their endings
        self._others = {_form_of_name(token) for name in others for token in _tokens(name)[:1]}
        self._pairs = _Pairs(parts)
        self._personal_pairs = _Pairs([p for p in parts if not english.is_impersonal(p)])

    def rejection_reason(self, fact: str) -> str | None:
        """Return why a fact is rejected, or None if it is accepted."""
        if flaw := english.flaw(fact, self._given):
            return flaw
        if self._is_about_another(fact):
            return ANOTHER_SPEAKER
        defined = self._without_defined(fact)
        if english.guesses_age(fact, self._given):
            return "nobody said how old"
        if self.is_strict and english.guesses_relative(defined, self._given):
            return "nobody spoke of such a relative"
        if english.misnames_user(fact, self._given):
            return "nobody gave that as their name"
        missing = self.ungrounded_terms(defined)
        if missing:
            return f"nobody said {', '.join(missing)}"
        for match in phrases(self._code_of(fact)).exact.finditer(fact):
            place = next(filter(None, match.groups()), "")
            if not any(place in text for text in self._all):
                return f"nobody said {place}"
        if defined == fact and not self._is_new(fact) and not self._is_paraphrase(fact):
            return "too little of it was said just now"
        return None

    def _without_defined(self, fact: str) -> str:
        """Return a fact without what defines something said: "no brothers", "an only child"."""
        code = self._code_of(fact)
        return next(
            (
                without_definitions(fact, text, code)[0]
                for text in self._said
                if is_defined(fact, text, code)
            ),
            fact,
        )

    def _was_inflected(self, word: str, code: str) -> bool:
        """Return True if a long word was said without a capital, with another ending of it."""
        if len(word) < MIN_INFLECTED or not phrases(code).endings:
            return False
        return any(is_form(word.casefold(), each) for each in self._uncapitalised)

    @cached_property
    def _uncapitalised(self) -> list[str]:
        """The words of the speaker that are written without a capital."""
        said = " ".join(self._said)[-MAX_HEARD:]
        return [token.text for token in _tokens(said) if token.text.islower()]

    @cached_property
    def heard(self) -> str:
        """The last texts that the model was given, those of the speaker at the end."""
        return " ".join((*self._context, *self._said))[-MAX_HEARD:]

    def knows(self, word: str) -> bool:
        """Return True if a word was said, now or before."""
        if _JOINED.search(word):
            return any(word in text for text in self._all)
        return self._known.has(word)

    def ungrounded_terms(self, fact: str) -> list[str]:
        """Return the names and numbers of a fact that nobody said.

        A word with a capital letter is a name, also at the beginning of a sentence unless facts
        commonly begin so. Words are compared without case and endings ("Cam's", "Italians"),
        numbers by their digits, even if one side spells them out ("five").
        """
        begins = {0, *(match.end() for match in _SENTENCE_END.finditer(fact))}
        listed = _last_lists(fact)
        code = self._code_of(fact)
        spoken = dict(spoken_numbers(fact, code))
        found = _tokens(fact)
        return [
            token.text
            for i, token in enumerate(found)
            if (
                token.text.casefold() in spoken
                or not self._supports(token, begins=token.start in begins, listed=listed)
            )
            and not self._declines(token.text, code)
            and not self._spells_out(token.text, spoken, code)
            and not self._is_common(found, i, code)
            and not self._is_said_otherwise(token.text, code)
            and not self._is_sum(fact, token, code)
            and not self._is_hour(fact, token, code)
        ]

    def _declines(self, name: str, code: str) -> bool:
        """Return True if a name was said with another ending of its language: "Катя", "Катей"."""
        endings = phrases(code).endings
        if not endings or is_number(fold(name)):
            return False
        if code not in self._stems:
            said = (token.text for text in self._all for token in _tokens(text))
            self._stems[code] = {_stem(word, endings) for word in said if word[0].isupper()}
        return _stem(name, endings) in self._stems[code]

    def _spells_out(self, number: str, spoken: Mapping[str, int], code: str) -> bool:
        """Return True if a number was said in several words, or is said so and occurs in digits.

        `spoken` are the numbers of the fact in several words.
        """
        if code not in self._numbers:
            said = (spoken_numbers(text, code) for text in self._all)
            self._numbers[code] = {value for pairs in said for _, value in pairs}
            self._times[code] = {time for text in self._all for time in spoken_times(text, code)}
        if ":" in number:
            return number.lstrip("0") in self._times[code]
        value = spoken.get(number.casefold())
        if value is not None and self._known.has_number(str(value)):
            return True
        plain = digits(fold(number)) if value is None and is_number(fold(number)) else ""
        value = int(plain) if plain.isdecimal() and len(plain) < MAX_DIGITS else value
        return value in self._numbers[code]

    def _is_said_otherwise(self, word: str, code: str) -> bool:
        """Return True if a noun of German means a said word: "Teilzeit" of "halbtags".

        In any language, the name of a country means that of its people.
        """
        table = phrases(code)
        same = table.same if code in NOUNS_IN_CAPITALS else table.origins
        wanted = same.having(word.casefold())
        return bool(wanted) and any(
            not wanted.isdisjoint(same.having(other))
            for text in self._said
            for other in tokens_of(text)
        )

    def _is_sum(self, fact: str, token: Token, code: str) -> bool:
        """Return True if a number adds what was counted apart: "two sons and a daughter" as 3."""
        values = values_of(token.text, code)
        if not values or len(fact) > LONG:
            return False
        behind = "" if code in CJK_CODES else fact[token.start + len(token.text) :]
        counted = tokens_of(behind)[:COUNTED] or tokens_of(fact)
        return any(
            number in values and together.count(counted)
            for text in self._said
            for number, together in sums_of(text, code)
        )

    def _is_hour(self, fact: str, token: Token, code: str) -> bool:
        """Return True if a number is an hour that was said on a clock of 12: "13 Uhr"."""
        if len(fact) > LONG:
            return False
        found = phrases(code).hour.finditer(fact)
        hours = {int(next(filter(None, match.groups()))) for match in found}
        values = values_of(token.text, code) & hours
        return any(value > 12 and self._says(value - 12, code) for value in values)

    def _says(self, value: int, code: str) -> bool:
        return any(value in values_of(text, code) for text in self._said)

    def _is_common(self, found: Sequence[Token], i: int, code: str) -> bool:
        """Return True if a word with a capital is common: the user, an article, a German noun."""
        word = found[i].text
        if is_number(fold(word)) or word.casefold() in phrases(code).numbers:
            return False
        if names_user(word, code) or _ELIDED.match(word):
            return True
        if i == 0 and word.casefold() in phrases(code).openings:
            return True
        if i == 0 and (len(found) == 1 or any(names_user(t.text, code) for t in found[1:3])):
            return True
        if i == 0 and self._was_inflected(word, code):
            return True  # "Двоюродный брат", of "двоюродному брату"
        if code not in NOUNS_IN_CAPITALS or i == 0:
            return False
        before = found[i - 1].text
        is_named = fold(before) in phrases(code).names
        follows_noun = before[0].isupper() and i > 1 and not names_user(before, code)
        return not is_named and not follows_noun

    def without_gender(self, fact: str) -> str:
        """Return the fact without a gender that nobody said: "User and her sister", "her son Leo".

        Relatives lose theirs only if a more general word was said: "kids".
        """
        fact = english.without_guessed_relatives(fact, self._given)
        guessed = {
            word
            for pronouns in english.GENDERED
            if not any(map(self._known.has, pronouns))
            for word in pronouns
        }
        first = fact.partition(" ")[0].replace("’", "'")
        if guessed.isdisjoint(words(fact)) or not self.is_user(first.removesuffix("'s")):
            return fact
        neutral = section(ENGLISH, "grounding")["neutral"]
        gendered = pattern_in(ENGLISH, "grounding", "gendered")
        return english.without_owner(
            gendered.sub(
                lambda match: neutral if match[0].casefold() in guessed else match[0],
                english.with_they(fact, guessed),
            )
        )

    def with_user(self, fact: str) -> str:
        """Return the fact with "User" for "the user", unless users were spoken of."""
        return fact if self._speaks_of_users else english.with_plain_user(fact)

    @cached_property
    def _speaks_of_users(self) -> bool:
        return any(english.speaks_of_users(text) for text in self._said)

    @cached_property
    def _owned(self) -> frozenset[str]:
        """The things that the speaker calls "my" or "our", case folded."""
        return frozenset(thing for text in self._said for thing in english.things_of_mine(text))

    def is_user(self, subject: str) -> bool:
        """Return True if the first word of a fact is "User", or a name that they gave as theirs."""
        is_own = self._given.is_own_name(subject) or subject in self._introduced
        return subject == "User" or is_own

    def of_user(self, fact: str) -> str:
        """Return a fact that begins with the user's own name, or "their", as one about "User"."""
        name, _, rest = fact.partition(" ")
        if english.thing_of_theirs(fact) in self._owned:
            return f"User's {rest}"
        is_told = rest != "" and name in self._introduced
        return f"User {rest}" if is_told and name not in rest else fact

    @cached_property
    def _introduced(self) -> frozenset[str]:
        """The names by which people call themselves in other languages: "Ich heiße Wiebke"."""
        found = (
            match["name"]
            for text in self._said
            for match in clause_pattern(code_of_speech(text), "introduces_self").finditer(text)
        )
        return frozenset(found)

    def has_borrowed_name(self, fact: str) -> bool:
        """Return True if several people speak, and a fact has a name that only others stated."""
        if not self._others:
            return False
        said = {_form(token) for text in self._said for token in _tokens(text)}
        asked = {
            _form(token)
            for text in self._context
            for part in sentences(text)
            if part.rstrip().endswith("?")
            for token in _tokens(part)
        }
        names = {_form(token) for token in _tokens(fact)[1:] if token.text[0].isupper()}
        return bool(names - said - asked - self._others)

    def _is_about_another(self, fact: str) -> bool:
        """Return True if a fact names another speaker, or its own subject as its object."""
        names = [_form_of_name(token) for token in _tokens(fact)]
        if not names:
            return False
        subject = names[0]
        is_short_form = len(subject) >= SHORT_FORM and any(
            name.startswith(subject) for name in self._others
        )  # "Mel" of Melanie
        is_own_object = bool(self._others) and subject in names[1:]  # "Ana is here for Ana"
        return is_short_form or is_own_object or any(name in self._others for name in names)

    def _supports(self, token: Token, *, begins: bool, listed: Mapping[str, int]) -> bool:
        """Return True if a word or a number of a fact needs no support, or has it.

        It `begins` a sentence. `listed` has the last place of a list of names by its length: "two
        dogs called Pip and Rex" counts them.
        """
        folded = fold(token.text)
        if is_number(folded):
            counts = listed.get(digits(folded), -1) >= token.start
            return counts or self._known.has_number(token.text)
        return not _is_name(token, begins=begins) or self._known.has(token.text)

    def _is_new(self, fact: str) -> bool:
        """Return True if two successive sentences of `said` hold most content words of a fact.

        A name of several words counts once. Names of the context do not count: they replace "I",
        "she" and "there". If several people speak, what somebody says of a thing ("it was
        powerful") does not support facts about themselves.
        """
        content = [word for word in _units(fact) if not self._is_opener(word)]
        subject = next(iter(_tokens(fact)), None)
        is_personal = self._others and subject is not None and not subject.text.endswith("s")
        pairs = self._personal_pairs if is_personal else self._pairs
        held: Counter[int] = Counter()  # by pair, the words of the fact in it
        wanted: Counter[int] = Counter()  # by pair, those of them that the context has too
        others = 0  # words that are not in the context
        for word, number in Counter(content).most_common(MAX_CONTENT):
            holding = dict.fromkeys(pairs.holding(word), number)
            held.update(holding)
            if word[0].isupper() and self._known.has(word):
                wanted.update(holding)
            else:
                others += number
        return any(number > MIN_SAID * (others + wanted[pair]) for pair, number in held.items())

    def _is_paraphrase(self, fact: str) -> bool:
        """Return True if a fact says what one person said just now in other words.

        A large model is trusted, unless what it says is nearer to the context.
        """
        if self._others:
            return False
        code = self._code_of(fact)
        if any(counts_together(fact, t, code) or follows(fact, t, code) for t in self._said):
            return True
        fact = in_said_words(in_plain_words(fact, code), " ".join(self._said), code)
        said = [*self._said, *(in_plain_words(text, code) for text in self._said)]
        if not self.is_strict:
            held, content = support(fact, said, code)
            if not held and content >= MIN_UNSAID:
                return False
            return content > 0 and held >= support(fact, self._context, code)[0]
        names = {t.text.casefold() for t in _tokens(fact)[1:] if t.text[0].isupper()}
        names |= {t.text.casefold() for t in _tokens(fact)[:1] if not names_user(t.text, code)}
        is_named = code not in NOUNS_IN_CAPITALS
        held, content = support(fact, said, code, names if is_named else ())
        return content > 0 and held >= MIN_PARAPHRASED * content

    def _code_of(self, fact: str) -> str:
        return code_for(fact, self._guessed)

    def _is_opener(self, word: str) -> bool:
        """Return True if a word needs no support; a name that was said needs it: "Ben", "IT"."""
        folded = fold(word)
        if folded not in openers():
            return False
        is_subject = word == "User" or folded in _speaker()
        is_name = word[0].isupper() and not is_subject and word in self._given.names
        return not is_name


def _stem(name: str, endings: Sequence[str]) -> str:
    """Return a name without the longest of some endings, if enough of it remains."""
    folded = name.casefold()
    for ending in endings:
        if folded.endswith(ending) and len(folded) - len(ending) >= SHORT_FORM:
            return folded[: -len(ending)]
    return folded


class _Vocabulary:
    """The words and numbers of some texts."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._words: set[str] = set()
        self._numbers: set[str] = set()
        for text in texts:
            words, numbers = _words_and_numbers(text)
            self._words |= words
            self._numbers |= numbers

    def has(self, word: str) -> bool:
        """Return True if a word occurs, even with another ending or in parts."""
        folded = fold(word)
        parts = [part for part in _JOINTS.split(folded) if len(part) > 1]
        return self._has(folded) or (bool(parts) and all(map(self._has, parts)))

    def has_number(self, number: str) -> bool:
        """Return True if a number occurs, in digits or as a word."""
        return not _forms_of_number(number).isdisjoint(self._numbers)

    def _has(self, folded: str) -> bool:
        return folded in self._words or without_ending(folded) in self._words


class _Pairs:
    """The words and numbers of each two successive sentences, and which pairs hold one."""

    def __init__(self, parts: list[str]) -> None:
        self._by_word: dict[str, set[int]] = {}
        self._by_number: dict[str, set[int]] = {}
        self._by_root: dict[str, set[int]] = {}
        last = max(len(parts) - 2, 0)
        for i, part in enumerate(parts):
            pairs = {max(i - 1, 0), min(i, last)}
            words, numbers = _words_and_numbers(part)
            for found, index in (
                (words, self._by_word),
                (numbers, self._by_number),
                (map(root, words), self._by_root),
            ):
                for each in found:
                    index.setdefault(each, set()).update(pairs)

    def holding(self, word: str) -> set[int]:
        """Return the pairs with a word, or with one that says as much: "danced" for "dancer"."""
        folded = fold(word)
        if is_number(folded):
            places = (self._by_number.get(n, set()) for n in _forms_of_number(word))
            return set[int]().union(*places)
        found = self._with(folded) | self._by_root.get(root(folded), set())
        parts = [self._with(part) for part in _JOINTS.split(folded) if len(part) > 1]
        implied = map(self._with, english.implied_by(folded))
        return found.union(set.intersection(*parts) if parts else (), *implied)

    def _with(self, folded: str) -> set[int]:
        ending = self._by_word.get(without_ending(folded), set())
        return self._by_word.get(folded, set()) | ending


def _words_and_numbers(text: str) -> tuple[set[str], set[str]]:
    """Return the folded words of a text, also without endings and in parts, and its numbers."""
    words: set[str] = set()
    numbers: set[str] = set()
    for token in _tokens(text):
        folded = fold(token.text)
        words.update((folded, without_ending(folded), *_JOINTS.split(folded)))
        numbers.update(_forms_of_number(token.text))
    numbers.update(clock_hours(text))
    return words, numbers


def _forms_of_number(number: str) -> set[str]:
    """Return a number in the forms in which it may be said: "1988" as "88", "11:00" as "11"."""
    folded = fold(number)
    named = NUMBERS_IN_WORDS.get(folded)
    if named is None and not is_number(folded):
        ordinal = _ORDINAL.fullmatch(folded)
        return {ordinal[1].lstrip("0")} if ordinal else set()
    found = {named or digits(folded)}
    if match := _HOUR.fullmatch(folded):
        hour = int(match[1])
        found |= {str(hour), f"{hour}:00"}
        found |= {str(hour - 12)} if hour > 12 else set()
    if len(folded) == 4 and folded[:2] in ("19", "20"):
        found.add(folded[2:].lstrip("0") or "0")
    return found


def forms_of(text: str) -> set[str]:
    """Return the words and numbers of a text, folded, each in the forms in which it may be said."""
    found, numbers = _words_and_numbers(text)
    return found | numbers


def exact_terms(text: str, *, names: bool = True) -> Iterator[set[str]]:
    """Yield the numbers and names of a text, each in the forms in which it may be said.

    A name has a capital letter, and does not begin the text.
    """
    hours = clock_hours(text)
    for token in _tokens(text):
        forms = _forms_of_number(token.text)
        is_name = names and token.start > 0 and token.text[0].isupper()
        if forms and token.text[0].isdigit():
            yield forms | hours
        elif is_name and fold(token.text) not in openers():
            folded = fold(token.text)
            yield {folded, without_ending(folded), *_JOINTS.split(folded)}


def clock_hours(text: str) -> set[str]:
    """Return the hours of a text on a clock of 24: "7pm" and "7 p.m." as "19"."""
    found = set()
    for match in _AFTERNOON.finditer(text):
        hour = int(match[1]) % 12 + 12
        found |= {str(hour), f"{hour}:{match[2] or '00'}"}
    return found


def _tokens(text: str) -> list[Token]:
    return tokens(text, smallest=True)


def _form(token: Token) -> str:
    return without_ending(fold(token.text))


def _form_of_name(token: Token) -> str:
    """Return a name without endings, also if something is theirs: "John's" as "John"."""
    return without_ending(fold(token.text).replace("’", "'").removesuffix("'s"))


def _last_lists(fact: str) -> dict[str, int]:
    """Return where the last list of two names begins, of three, and so on: "Pip and Rex"."""
    lists, between = _lists_of_names()
    return {
        str(len(between.split(match.group()))): match.start()
        for match in lists.finditer(fact)
        if match["last"]
    }


@cache
def _lists_of_names() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return the patterns of "Ana, Bo and Cy", and of what stands between two names.

    The first also finds names without "and", which are then not read once more.
    """
    link = section(ENGLISH, "grounding")["and"]
    lists = rf"{_NAME}(?:, {_NAME})*+(?P<last>(?:,?{link}{_NAME})++)?+"
    return re.compile(lists), re.compile(rf",{link}|, |{link}")


def _units(fact: str) -> list[str]:
    """Return the words of a fact, a name of several words as one."""
    units: list[list[str]] = []
    end = -1
    for token in _tokens(fact):
        is_next = bool(units) and token.start == end + 1
        if is_next and token.text[0].isupper() and units[-1][0][0].isupper():
            units[-1].append(token.text)
        else:
            units.append([token.text])
        end = token.end
    return ["-".join(unit) for unit in units]


def _is_name(token: Token, *, begins: bool) -> bool:
    """Return True if a word is a name; one that `begins` a sentence has a capital anyway."""
    if not token.text[0].isupper():
        return False
    folded = fold(token.text)
    return not (begins and folded in openers()) and folded not in _speaker()


def _speaker() -> frozenset[str]:
    """Return "i" and "we", which no name is."""
    return words_in(ENGLISH, "clauses", "speaker")
