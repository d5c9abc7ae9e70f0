"""Find signs in an agent's run: what failed, succeeded, was decided or is still to be done."""

import re

_FAILURE = re.compile(
    r"\berrors?\b|\berr!|\bfail(s|ed|ure)?\b|(^|\s)[\w.]+(Error|Exception)(:|\s|$)|\bdenied\b|\brefused\b"
    r"|\bforbidden\b|\bnot found\b|\bcannot\b|\btime[ds]? ?out\b|\bfatal\b|\bpanic|\brejected\b"
    r"|(->|HTTP/?[\d.]*|status:?) [45]\d\d\b|\bexit(ed)?( with)? (code|status) [1-9]",
    re.IGNORECASE,
)
_NO_FAILURE = re.compile(
    r"\b(0|no|without) (errors?|failed|failures?|rejected)\b|\berrors?[ :=]+(0|none)\b"
    r"|\bfail(ed|ures)?[ :=]+0\b",
    re.IGNORECASE,
)
_SUCCESS = re.compile(
    r"\bok\b|\bpass(ed|es)?\b|\bsucce(ss|eded)|\bdone\b|(->|HTTP/?[\d.]*|status:?) 2\d\d\b"
    r"|\b(0|no) (errors?|failed|failures?)\b|\berrors?[ :=]+0\b",
    re.IGNORECASE,
)
_DECISION = re.compile(
    r"\bdeci(ded?|sion)\b|\binstead\b|\brather than\b|\bso (I|we)\b"
    r"|\bI('ll)? (choose|chose|pick|picked|drop|dropped|take|recommend|prefer|go with)\b",
    re.IGNORECASE,
)
_LEFT_OPEN = re.compile(
    r"\bstill (to do|open|has to|have to)\b|^(?>.*?\bnot\b).*\byet\b|\bwaits? for\b|\bto ?do:"
    r"|\b(tomorrow|next (week|month|year))\b",
    re.IGNORECASE | re.MULTILINE,
)


def reports_failure(line: str) -> bool:
    """Return True if a line of a tool's output says that something went wrong."""
    return bool(_FAILURE.search(line)) and not _NO_FAILURE.search(line)


def reports_success(line: str) -> bool:
    """Return True if a line of a tool's output says that something went well."""
    return bool(_SUCCESS.search(line)) and not reports_failure(line)


def decides(sentence: str) -> bool:
    """Return True if a sentence states a decision."""
    return _DECISION.search(sentence) is not None and not sentence.endswith("?")


def leaves_open(sentence: str) -> bool:
    """Return True if a sentence speaks of something that is still to be done."""
    return _LEFT_OPEN.search(sentence) is not None
