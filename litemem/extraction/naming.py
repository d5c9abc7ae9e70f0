"""Naming: which name is the speaker's own. A small model takes a sister's, or a cat's, for it."""

import re
from collections.abc import Iterable

from litemem.core.text.language import language

_NAMES_SPEAKER = re.compile(r"(?P<name>\w+) is the (?:speaker|user)\.?", re.IGNORECASE)
_NAMES_USER = re.compile(
    r"User(?:['’]s (?:first |full )?name is| is called| is named) (?:Dr\.? |Mrs?\.? |Ms\.? )?"
    r"(?P<name>\w+)"
)
_OWN = (  # what comes before one's own name
    r"i['’ ]?\s*a?m|call me|this is|it['’]s|known as|user is|"
    r"(?:my|the|user['’]s) (?:(?:first|full|last|real|given) )?(?:nick)?name(?:['’]s| is|:)"
)
_BETWEEN = r"(?:called|named|just|actually|still|really|dr|mrs?|ms)[\s.]+"
_INTRODUCED = (
    # "I'm Cam", "my name is actually Cam", "this is Dr. Cam", "I'm Jane Cam"
    rf"(?i:\b(?:{_OWN}))[\s,]+(?i:{_BETWEEN})*(?:[A-Z]\w*[ -])?(?i:{{name}})\b"
    r"|(?m:^|[.!?:])\W*{name} (?i:here|speaking)\b"
    r"|(?m:^[^\w\n]*{name}\W*$)"  # alone in its line: a signature, or an answer
)
_ASKED = re.compile(r"\byour (?:\w+ )?name\b", re.IGNORECASE)


def plainly(fact: str) -> str:
    """Return a fact with the speaker's name in the words that such facts have."""
    match = _NAMES_SPEAKER.fullmatch(fact)
    return f"User is called {match['name']}" if match else fact


def misnames(fact: str, said: Iterable[str]) -> bool:
    """Tell whether a fact calls the user by a name that nobody gave as their own.

    It knows English; what is said in another language is believed.
    """
    match = _NAMES_USER.match(fact)
    if match is None:
        return False
    text = "\n".join(said)
    is_believed = language(text) is not None or _ASKED.search(text) is not None
    return not is_believed and not is_own_name(match["name"], text)


def is_own_name(name: str, text: str) -> bool:
    """Tell whether somebody gives a name as their own in a text."""
    return re.search(_INTRODUCED.replace("{name}", re.escape(name)), text) is not None
