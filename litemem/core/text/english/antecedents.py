"""What a pronoun in a question stands for: "You mentioned iron tablets. Still taking them?"."""

import re

NEAR = 600  # last characters of the text before a question that may name its thing
_NAME = r"(?!it\b|them\b|that\b|this\b|to\b|you\b|me\b|so\b|not\b|still\b|been\b)[\w'’-]+"
_END = (
    r"(?=\s*(?:[.,;:!?)]|\Z)|\s(?:for|to|at|in|on|last|that|which|when|since|because|from|twice|once|"
    r"every|this|right|earlier|before|yesterday|again|now|as|but|so|was|were|is|are|back|with|daily|"
    r"after|while|until)\b)"
)
_OBJECT = re.compile(
    r"\b(?:(?P<own>your|the|an?|some|my|those|these|our)|mentioned|take|taking|took|takes|"
    r"prescribed|started|start|use|using|used|about|have|has|had|got|eat|eating|drink|drinking|play|"
    r"playing|ordered|bought|on|with|wear|wearing|like|do|doing|learning|studying|reading|renting)"
    rf" (?P<thing>{_NAME}(?: (?!and\b){_NAME}){{0,3}}?(?: and {_NAME}(?: {_NAME})?)?){_END}",
    re.IGNORECASE,
)
_PRONOUN = re.compile(
    r"\b(?P<pronoun>it|them|those|these)\b"
    r"(?=\s*\?|\s(?:now|still|these days|at|for|on|in|every|daily|regularly|any ?more|yet|again|as|"
    r"with|twice|once|too|today|already|often|much)\b)",
    re.IGNORECASE,
)
_NAMES = re.compile(r"\b(?:your|the|an?|some|any)\b", re.IGNORECASE)
_BARE = re.compile(r"\A\W*(?:(?:and|so|ok|okay),? )?(?P<rest>still (?:\w+ing|on)\b)", re.IGNORECASE)
_BEFORE_VERB = r"(?:(?:is|does|did|do|has|have|was|still|not|now|already|always|just|yet|'s) )*"
_POINTS = re.compile(
    rf"\A[A-Z]\w* {_BEFORE_VERB}(?:[\w'-]+ ){{1,2}}?(?:it|them|those|these|this)\b"
    r"(?=\W*\Z| (?:for|on|at|in|since|every|yesterday|today|now|again|still|daily|regularly|twice|"
    r"once|last|this|as|too|already|from|until|with)\b)"
)


def asked_of(question: str, before: str) -> str:
    """Return a question with the thing for "it" or "them", if the text before it names one.

    "Still taking them?" is asked with its subject: "Are you still taking iron tablets?".
    """
    if bare := _BARE.match(question):
        question = f"Are you {bare['rest'].casefold()}{question[bare.end() :]}"
    found = _PRONOUN.search(question)
    if found is None or _NAMES.search(question[: found.start()]):
        return question
    things = [
        match for match in _OBJECT.finditer(before[-NEAR:]) if _agrees(match["thing"], found[0])
    ]
    if not things:
        return question
    last = things[-1]
    own = {"my": "your ", "our": "your "}.get(
        (last["own"] or "").casefold(), f"{last['own']} " if last["own"] else ""
    )
    return f"{question[: found.start()]}{own}{last['thing']}{question[found.end() :]}"


def points_only(fact: str) -> bool:
    """Return True if a fact names its thing by a pronoun alone: "User is still taking them"."""
    return _POINTS.match(fact) is not None


def _agrees(thing: str, pronoun: str) -> bool:
    """Return True if words may be several things, or one, as the pronoun says."""
    is_plural = thing.endswith("s") and not thing.endswith(("ss", "us", "is"))
    is_several = is_plural or " and " in thing
    return is_several != (pronoun.casefold() == "it")
