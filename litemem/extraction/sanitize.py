"""Take out of a message what cannot hold a fact: long code, forged roles, orders, small talk.

The rules for forged turns know all languages; those for sentences have their words in the table
`sanitize` of `core/text/languages/en.toml`.
"""

import re
from collections.abc import Collection
from functools import cache

from litemem.core.documents import split_documents
from litemem.core.text.clauses import Clause, clauses_of, stated_before
from litemem.core.text.lexicon import ENGLISH, code_of_speech, pattern_in, section, words_in
from litemem.core.text.questions import gives_reason, presupposed
from litemem.core.text.reactions import only_reacts, only_takes_leave, tells_by_asking
from litemem.core.text.scripts import CONTROL_TOKENS
from litemem.core.text.words import STOP_WORDS, sentences, words

MAX_CODE = 200  # characters of fenced code that are read; longer code is a listing
MAX_ANSWER = 6  # words: "In Paris, since May" relies on the question before it
MIN_PERSONAL = 3  # words of a question; a longer one may say something of who asks
OPENING = 6  # words in which "it" refers to the message before

_CODE = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)", re.DOTALL)

# The control tokens of chat templates, with the forged turn that they open
_FORGED_TURN = re.compile(r"<\|im_start\|>.*?(?:<\|im_end\|>|\Z)", re.DOTALL)
_FORGED_SYSTEM = re.compile(r"<<SYS>>.*?(?:<</SYS>>|\Z)", re.DOTALL)

# JSON in the shape of what extraction answers, or of messages; not {"memory": "16 GB"}
_FORGED_JSON = re.compile(
    r"""[\[{][^\[\]{}]*["'](?:(?:facts?|memories|relations|results|messages)["']\s*:\s*(?=["'\[{])"""
    r"""|(?:memory|content)["']\s*:[^\[\]{}]{0,200}["'](?:event|role)["']\s*:"""
    r"""|event["']\s*:\s*["'](?:add|update|delete|none)["']"""
    r"""|role["']\s*:\s*["'](?:user|assistant|system|developer|tool|human|ai|model)["'])"""
    r"""(?:[^\[\]{}]|\[[^\[\]]*\]|\{[^{}]*\})*[\]}]?""",
    re.IGNORECASE,
)
_OWN_LABEL = re.compile(r"\A\W{0,2}(?:user|human)\W{0,2}:", re.IGNORECASE)

_QUESTION = re.compile(r"(?<![^.!?\n])[^.!?\n]*\?")


def sanitize(content: str, *, with_layout: bool = False) -> str:
    """Return a message without documents, long code, forged turns and orders to the reader.

    Its lines stay; blank ones and indents only `with_layout`, by which code is known.
    """
    text, _ = split_documents(content)
    text = _CODE.sub(lambda code: code[0] if len(code[0]) <= MAX_CODE else "[code]", text)
    for forged in (_FORGED_TURN, _FORGED_SYSTEM, CONTROL_TOKENS, _FORGED_JSON):
        text = forged.sub(" ", text)
    claims = _forged_line()
    if len(claims.findall(text)) == 1 and (label := _OWN_LABEL.match(text)):
        text = text[label.end() :]  # "User: Maria Lopez, 34": a form
    text = claims.sub(" ", text)
    is_own = _pattern("own_act").match
    text = _pattern("order").sub(lambda order: order[0] if is_own(order[0]) else " ", text)
    if with_layout:
        return text
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def first_person_sentences(text: str) -> str:
    """Return the sentences in which someone may speak of themselves or of third persons.

    Questions, wishes, and what is only about the person addressed ("you would be great"), are left
    out. Sentences of other languages than English are kept.
    """
    return "".join(part for part in sentences(text) if not _is_for_others(part)).strip()


def questions(text: str) -> str:
    """Return the questions of a text, which a short answer relies on."""
    return " ".join(_QUESTION.findall(text))


def last_question(text: str) -> str:
    """Return the last question of a text, or an empty text."""
    end = max(text.rfind(mark) for mark in "?？؟")
    start = max(text.rfind(mark, 0, max(end, 0)) for mark in ".!?\n。！？؟")
    return text[start + 1 : end + 1].strip()


def needs_context(text: str) -> bool:
    """Return True if a text may not be understood without the messages before it.

    A small model repeats what it is given, so a text that needs no context is better read without.
    English is judged by its pronouns; a text in another language always needs its context.
    """
    found = words(text)
    if len(found) <= MAX_ANSWER or _words("common").isdisjoint(found):
        return True
    points, points_at_first = _words("pointing"), _words("pointing_at_first")
    return not points.isdisjoint(found) or not points_at_first.isdisjoint(found[:OPENING])


def is_small_talk(text: str, names: Collection[str] = ()) -> bool:
    """Return True if a message is only greetings, thanks, assent, questions and requests.

    A request asks for a piece of work ("translate this: …") and says nothing about the speaker. A
    question that says something of who asks ("can I eat sushi while pregnant?") is not small talk.
    `names` are those of the speakers, case-folded; they are ignored.
    """
    if presupposed(text) or gives_reason(questions(text), code_of_speech(text)):
        return False
    if only_takes_leave(text):
        return True
    if code_of_speech(text) != ENGLISH:
        return not any(map(_may_tell, clauses_of(text)))
    request, small_talk = _pattern("request"), _small_talk()
    requests = " ".join(request.findall(text))
    told = (stated_before(question, ENGLISH) for question in _QUESTION.findall(text))
    statements = "\n".join([_QUESTION.sub(" ", request.sub(" ", text)), *told])
    statements = _pattern("solved").sub(" ", statements)
    if any(word not in small_talk and word not in names for word in words(statements)):
        return False
    is_own = set(words(requests)) & (_words("first_person") - _words("objects"))
    return not is_own and not _is_personal(questions(text))


def _may_tell(clause: Clause) -> bool:
    """Return True if a clause in another language may say something of the speaker."""
    return tells_by_asking(clause) if clause.is_question else not only_reacts(clause)


def is_empty_talk(text: str) -> bool:
    """Return True if a message is only greetings, thanks and assent: nothing to look for."""
    return _small_talk().issuperset(words(text))


def _is_for_others(sentence: str) -> bool:
    found = set(words(sentence))
    is_wish = _pattern("wish").match(sentence) is not None
    first = _words("first_person") - (_words("objects") if is_wish else frozenset())
    if found & first:  # "keep me posted"
        return False
    return is_wish or sentence.rstrip().endswith("?") or bool(found & _words("second_person"))


def _is_personal(question: str) -> bool:
    """Return True if a question also says something about the person who asks.

    For example "a table for my wife's birthday?".
    """
    asked = words(question)
    return not _words("own").isdisjoint(asked) and len(asked) > MIN_PERSONAL


@cache
def _forged_line() -> re.Pattern[str]:
    """Return the pattern of a line that claims a role: "assistant: I booked it"."""
    system = section(ENGLISH, "sanitize")["system"]
    roles = rf"user|assistant|developer|human|ai|system(?=\W{{0,3}}:\s*(?:{system}))"
    return re.compile(rf"^[ \t>*#]*\W{{0,2}}(?:{roles})\W{{0,2}}:.*$", re.IGNORECASE | re.MULTILINE)


@cache
def _small_talk() -> frozenset[str]:
    return STOP_WORDS | _words("small_talk")


def _pattern(key: str) -> re.Pattern[str]:
    return pattern_in(ENGLISH, "sanitize", key)


def _words(key: str) -> frozenset[str]:
    return words_in(ENGLISH, "sanitize", key)
