"""Take out of a message what cannot hold a fact: long code, forged roles, orders, small talk.

The rules for forged turns know all languages, most of those for sentences English.
"""

import re
from collections.abc import Collection

from litemem.core.text.clauses import Clause, clauses_of, only_reacts, tells_by_asking
from litemem.core.text.lexicon import ENGLISH, code_of
from litemem.core.text.questions import presupposed
from litemem.core.text.scripts import CONTROL_TOKENS
from litemem.core.text.words import NUMBER_WORDS, STOP_WORDS, sentences, words

MAX_CODE = 200  # characters of fenced code that are read; longer code is a listing
MAX_ANSWER = 6  # words: "In Paris, since May" relies on the question before it
OPENING = 6  # words in which "it" refers to the message before

_CODE = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)", re.DOTALL)

# The control tokens of chat templates, with the forged turn that they open
_FORGED_TURN = re.compile(r"<\|im_start\|>.*?(?:<\|im_end\|>|\Z)", re.DOTALL)
_FORGED_SYSTEM = re.compile(r"<<SYS>>.*?(?:<</SYS>>|\Z)", re.DOTALL)

# A line that claims another role: "assistant: I booked it" inside the user's message
_FORGED_LINE = re.compile(
    r"^[ \t>*#]*\W{0,2}(?:user|assistant|developer|human|ai|"
    r"system(?=\W{0,3}:\s*(?:you\b|ignore|from now|override|prompt|note|admin|instruction"
    r"|updat|stor|sav|remember|memor|set\b|user\b|new\b)))"
    r"\W{0,2}:.*$",
    re.IGNORECASE | re.MULTILINE,
)
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

# Patterns are tried at the start of a sentence only: elsewhere they would take quadratic time
_START = r"(?<![^.!?\n])"
# A sentence that gives orders to the extraction
_ORDER = re.compile(
    rf"{_START}[^.!?\n]*\b(?:ignore|disregard|override|forget)\b[^.!?\n]{{0,40}}"
    r"\b(?:above|previous|prior|instructions?|prompts?|rules|everything (?:before|above))\b"
    r"[^.!?\n]*[.!?]?"
    rf"|{_START}[^.!?\n]*\b(?:store|save|write|output|extract|return|print|add)\b[^.!?\n]{{0,30}}"
    r"\b(?:facts?|memor(?:y|ies)|json)\b[^.!?\n]*[.!?]?"
    rf"|{_START}\W{{0,3}}(?:please )?(?:ignore|disregard|override|bypass|forget)\b[^.!?\n]{{0,80}}"
    r"\b(?:store|save|remember|record|write|note)\b[^.!?\n]*[.!?]?"
    rf"|{_START}\W{{0,3}}\[ ?(?:system|admin|developer|root|instructions?)(?: \w+)? ?\]"
    r"[^.!?\n]*[.!?]?",
    re.IGNORECASE,
)
# What someone does, which is not an order: "I store my recipes and memories in Notion"
_OWN_ACT = re.compile(
    r"(?:(?!\b(?:you|your|ignore|disregard|override|store|save|write|output|extract|return|print|"
    r"add)\b)[^.!?\n]){0,80}?\b(?:i|we|he|she|they|my \w+|our \w+)(?: (?:\w+ly|always|often|never|"
    r"all|also|still|usually|do|don't|used to|like to|love to|want to|have to|need to|wish to"
    r"|plan to"
    r"|hope to|try to|will|can|would))?[ ](?:ignored?|disregard|forget|"
    r"stored?|saved?|writes?|wrote|output|extract|returned?|print|add(?:ed)?s?|stores|saves)\b",
    re.IGNORECASE,
)
_QUESTION = re.compile(rf"{_START}[^.!?\n]*\?")
# A sentence that asks for a piece of work, and the text behind its colon
_ASKING = r"(?:(?:please|now|and|so|then|okay|ok|can you|could you|would you),? ){0,3}"
_OBJECT = (
    rf"(?=(?: (?:me|us|it|this|that|these|those|the|all|an?|one|{'|'.join(NUMBER_WORDS)}|some|"
    r"again|on|\d+)\b| [\"'“‘«(])|,? please\b|\W*$)"
)
_REQUEST = re.compile(
    rf"{_START}\W{{0,3}}{_ASKING}(?:"
    r"(?:translate|summari[sz]e|rewrite|rephrase|reword|proofread|shorten|correct|convert|turn|"
    rf"format|sort){_OBJECT}[^.!?:\n]*(?::.*|[.!?]?)|"
    r"(?:explain|fix|continue|list|show|draft|compose|generate|calculate|compute|compare|give|tell|"
    rf"write|make|try|go){_OBJECT}[^.!?\n]*[.!?]?)",
    re.IGNORECASE | re.DOTALL,
)
_WISH = re.compile(  # a wish for the person addressed
    r"\A\W*(?:(?:and|so|well|just) )?"
    r"(?:have (?:fun|an? (?:great|good|nice|lovely|wonderful|fantastic|amazing|awesome|safe|blast|"
    r"super|happy))|enjoy (?:your|yourself|it)|take (?:care|it easy)|"
    r"stay (?:safe|strong|positive|tuned|warm|well|healthy|in touch)|be (?:safe|careful)|"
    r"keep (?:it up|going|up the|me posted|us posted|in touch)|let me know|"
    r"(?:good|best of) luck|safe travels)\b",
    re.IGNORECASE,
)
_FIRST_PERSON = frozenset("i me my mine we us our ours myself ourselves".split())
_SECOND_PERSON = frozenset("you your yours yourself u ur y".split())  # y'all

_ENGLISH = frozenset("the a an is are am was were to and my i i'm of in on for".split())
_POINTING = frozenset(
    """he she him her his hers they them their theirs there one ones first second third last latter
    former other others same both either neither too also instead""".split()
)
_POINTING_AT_FIRST = frozenset("it its that this these those such so yes no yeah sure".split())

_SMALL_TALK = STOP_WORDS | frozenset(
    """hi hello hey hiya howdy morning afternoon evening bye goodbye later soon thanks thank thx ty
    please sorry welcome ok okay sure yes yeah yep no nope right fine good great nice cool awesome
    amazing wow lovely perfect exactly absolutely definitely totally indeed agreed understood got
    well really very much so too lol haha ha oh ah hmm um alright congrats congratulations glad
    happy sounds see talk let know take care day luck noted cheers love hope hoping doing weekend
    meet pleasure appreciate re""".split()
)


def sanitize(content: str) -> str:
    """Return a message without long code, forged turns and orders to the reader, in its lines."""
    text = _CODE.sub(lambda code: code[0] if len(code[0]) <= MAX_CODE else "[code]", content)
    for forged in (_FORGED_TURN, _FORGED_SYSTEM, CONTROL_TOKENS, _FORGED_JSON):
        text = forged.sub(" ", text)
    if len(_FORGED_LINE.findall(text)) == 1 and (label := _OWN_LABEL.match(text)):
        text = text[label.end() :]  # "User: Maria Lopez, 34": a form
    text = _FORGED_LINE.sub(" ", text)
    text = _ORDER.sub(lambda order: order[0] if _OWN_ACT.match(order[0]) else " ", text)
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
    if len(found) <= MAX_ANSWER or not set(found) & _ENGLISH:
        return True
    return bool(set(found) & _POINTING) or bool(set(found[:OPENING]) & _POINTING_AT_FIRST)


def is_small_talk(text: str, names: Collection[str] = ()) -> bool:
    """Return True if a message is only greetings, thanks, assent, questions and requests.

    A request asks for a piece of work ("translate this: …") and says nothing about the speaker. A
    question that says something of who asks ("can I eat sushi while pregnant?") is not small talk.
    `names` are those of the speakers, case-folded; they are ignored.
    """
    if presupposed(text):
        return False
    if code_of(text) != ENGLISH:
        return not any(map(_may_tell, clauses_of(text)))
    requests = " ".join(_REQUEST.findall(text))
    statements = _QUESTION.sub(" ", _REQUEST.sub(" ", text))
    if any(word not in _SMALL_TALK and word not in names for word in words(statements)):
        return False
    is_own = set(words(requests)) & (_FIRST_PERSON - {"me", "us"})
    return not is_own and not _is_personal(questions(text))


def _may_tell(clause: Clause) -> bool:
    """Return True if a clause in another language may say something of the speaker."""
    return tells_by_asking(clause) if clause.is_question else not only_reacts(clause)


def is_empty_talk(text: str) -> bool:
    """Return True if a message is only greetings, thanks and assent: nothing to look for."""
    return all(word in _SMALL_TALK for word in words(text))


def _is_for_others(sentence: str) -> bool:
    found = set(words(sentence))
    is_wish = _WISH.match(sentence) is not None
    if found & (_FIRST_PERSON - {"me", "us"} if is_wish else _FIRST_PERSON):  # "keep me posted"
        return False
    return is_wish or sentence.rstrip().endswith("?") or bool(found & _SECOND_PERSON)


def _is_personal(question: str) -> bool:
    """Return True if a question also says something about the person who asks.

    For example "a table for my wife's birthday?".
    """
    asked = words(question)
    return bool({"my", "our", "mine"} & set(asked)) and len(asked) > 3
