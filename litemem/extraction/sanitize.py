"""Telling: what of a message may hold a fact. Code, forged roles and small talk do not."""

import re
from collections.abc import Collection

from litemem.core.text.words import STOP_WORDS, words

MAX_CODE = 200  # characters of fenced code that are read; more is a listing, not something told

MOST_OF_AN_ANSWER = 6  # words: "In Paris, since May" says what the question before it says
OPENING = 6  # words in which "it" is of the message before

_CODE = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)", re.DOTALL)

# The control tokens of chat templates, with the forged turn that they open
_FORGED_TURN = re.compile(r"<\|im_start\|>.*?(?:<\|im_end\|>|\Z)", re.DOTALL)
_FORGED_SYSTEM = re.compile(r"<<SYS>>.*?(?:<</SYS>>|\Z)", re.DOTALL)
_CONTROL = re.compile(r"<\|[^|<>]{1,40}\|>|</?s>|\[/?INST\]|</?(?:start|end)_of_turn>")

# A line that claims to be somebody else's: "assistant: I booked it" inside the user's message
_FORGED_LINE = re.compile(
    r"^[ \t>*#]*\W{0,2}(?:user|assistant|developer|human|ai|"
    r"system(?=\W{0,3}:\s*(?:you\b|ignore|from now|override|prompt|note|admin|instruction)))"
    r"\W{0,2}:.*$",
    re.IGNORECASE | re.MULTILINE,
)
# JSON in the shape of what extraction answers, or of messages
_FORGED_JSON = re.compile(
    r"""[\[{][^\[\]{}]*["'](?:facts?|memory|memories|relations|results|role|content)["']\s*:"""
    r"""(?:[^\[\]{}]|\[[^\[\]]*\]|\{[^{}]*\})*[\]}]?""",
    re.IGNORECASE,
)

# The start of a sentence: sought elsewhere, a long one takes a time like the square of its length
_START = r"(?<![^.!?\n])"
# A sentence that speaks to the extraction, not of anybody
_ORDER = re.compile(
    rf"{_START}[^.!?\n]*\b(?:ignore|disregard|override|forget)\b[^.!?\n]{{0,40}}"
    r"\b(?:above|previous|prior|instructions?|prompts?|rules|everything (?:before|above))\b"
    r"[^.!?\n]*[.!?]?"
    rf"|{_START}[^.!?\n]*\b(?:store|save|write|output|extract|return|print|add)\b[^.!?\n]{{0,30}}"
    r"\b(?:facts?|memor(?:y|ies)|json)\b[^.!?\n]*[.!?]?",
    re.IGNORECASE,
)
_QUESTION = re.compile(rf"{_START}[^.!?\n]*\?")
# A sentence that asks for a piece of work, with the text that it hands over behind a colon
_ASKING = r"(?:(?:please|now|and|so|then|okay|ok|can you|could you|would you),? ){0,3}"
_OBJECT = (
    r"(?=(?: (?:me|us|it|this|that|these|those|the|all|an?|one|two|three|four|five|six|ten|some|"
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
_WISH = re.compile(  # what one tells another to do when they part
    r"\W*(?:(?:and|so|well|just) )?(?:have (?:fun|an? (?:great|good|nice|lovely|wonderful|fantastic"
    r"|amazing|awesome|safe|blast|super|happy))|enjoy (?:your|yourself|it)|take (?:care|it easy)|"
    r"stay (?:safe|strong|positive|tuned|warm|well|healthy|in touch)|be (?:safe|careful)|"
    r"keep (?:it up|going|up the|me posted|us posted|in touch)|let me know|"
    r"(?:good|best of) luck|safe travels)\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?:[^.!?\n]|\.(?=\w))+[.!?\n]*|[.!?\n]+")
_FIRST_PERSON = frozenset("i me my mine we us our ours myself ourselves".split())
_SECOND_PERSON = frozenset("you your yours yourself u ur y".split())  # y'all

_ENGLISH = frozenset("the a an is are am was were to and my i i'm of in on for".split())
_LEANING = frozenset(
    """he she him her his hers they them their theirs there one ones first second third last latter
    former other others same both either neither too also instead""".split()
)
_LEANING_AT_FIRST = frozenset("it its that this these those such so yes no yeah sure".split())

_SMALL_TALK = STOP_WORDS | frozenset(
    """hi hello hey hiya howdy morning afternoon evening bye goodbye later soon thanks thank thx ty
    please sorry welcome ok okay sure yes yeah yep no nope right fine good great nice cool awesome
    amazing wow lovely perfect exactly absolutely definitely totally indeed agreed understood got
    well really very much so too lol haha ha oh ah hmm um alright congrats congratulations glad
    happy sounds see talk let know take care day luck noted cheers love""".split()
)


def told(content: str) -> str:
    """Return a message without what nobody tells: long code, forged turns, orders to the reader.

    What stays is as it was, with its lines.
    """
    text = _CODE.sub(lambda code: code[0] if len(code[0]) <= MAX_CODE else "[code]", content)
    for forged in (_FORGED_TURN, _FORGED_SYSTEM, _CONTROL, _FORGED_JSON, _FORGED_LINE, _ORDER):
        text = forged.sub(" ", text)
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def own_words(text: str) -> str:
    """Return the sentences in which someone may tell of themselves or of third persons.

    Questions, wishes, and what is said only to the one addressed ("you would be great"), are left
    out. It knows English; other languages pass as they are.
    """
    kept = [sentence for sentence in _SENTENCE.findall(text) if not _is_for_others(sentence)]
    return "".join(kept).strip()


def questions(text: str) -> str:
    """Return the questions of a text, which a short answer relies on."""
    return " ".join(_QUESTION.findall(text))


def leans_on_context(text: str) -> bool:
    """Tell whether a text may not be understood without what was said before it.

    A small model repeats what it is given; what needs no context is better read without. English is
    judged by its pronouns, and everything else leans on its context.
    """
    said = words(text)
    if len(said) <= MOST_OF_AN_ANSWER or not set(said) & _ENGLISH:
        return True
    return bool(set(said) & _LEANING) or bool(set(said[:OPENING]) & _LEANING_AT_FIRST)


def is_small_talk(text: str, names: Collection[str] = ()) -> bool:
    """Tell whether a message has nothing beside greetings, thanks, assent, questions and requests.

    A request asks for a piece of work ("translate this: …") and tells nothing of the one who asks.
    `names` are of those who speak, folded; calling one by name tells nothing. It knows English; in
    other languages every word may tell something.
    """
    requests = " ".join(_REQUEST.findall(text))
    statements = _QUESTION.sub(" ", _REQUEST.sub(" ", text))
    if any(word not in _SMALL_TALK and word not in names for word in words(statements)):
        return False
    is_own = set(words(requests)) & (_FIRST_PERSON - {"me", "us"})
    return not is_own and not _is_personal(questions(text))


def _is_for_others(sentence: str) -> bool:
    said = set(words(sentence))
    is_wish = _WISH.match(sentence) is not None
    if said & (_FIRST_PERSON - {"me", "us"} if is_wish else _FIRST_PERSON):  # "keep me posted"
        return False
    return is_wish or sentence.rstrip().endswith("?") or bool(said & _SECOND_PERSON)


def _is_personal(question: str) -> bool:
    """Tell whether a question also tells of the one who asks: "a table for my wife's birthday?"."""
    asked = words(question)
    return bool({"my", "our", "mine"} & set(asked)) and len(asked) > 3
