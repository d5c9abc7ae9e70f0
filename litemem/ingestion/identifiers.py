"""Find that a number or an e-mail address replaces one: "I changed my number, it's now …".

An identifier is six digits and more, or an e-mail address. It replaces another of the same owner
if the new statement says that it is new, or holds now. A number is one of a phone or an account
only if such a word stands near. The words stand in the section "identifiers" of
`core/text/languages`.
"""

import re
from functools import cache

from litemem.core.text.lexicon import ENGLISH, code_of, section
from litemem.core.text.phrases import Words, tokens_of
from litemem.core.text.statements import unquoted
from litemem.ingestion.replaced import BARE

LONG = 400  # characters of two texts that are no facts
_NUMBER = re.compile(r"\+?\d(?:[ ()./-]{0,2}\d){5,24}")
_EMAIL = re.compile(r"[^\s“”\"'<>,;:()]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_UNSPACED = ("zh", "ja")


def is_renumbered(known: str, new: str) -> bool:
    """Return True if a new fact tells another number or e-mail address in place of a known one."""
    if len(known) + len(new) > LONG:
        return False
    one, other = _identifiers(known), _identifiers(new)
    if len(one) != 1 or not other or len(other) > 2 or one[0] == other[-1]:
        return False
    if len(other) > 1 and one[0] not in other:  # "from … to …" names the known one
        return False
    is_email = "@" in one[0]
    if is_email != ("@" in other[-1]) or not _has(new, "changed"):
        return False
    if not is_email and not (_has(known, "number") and _has(new, "number")):
        return False
    return _owners(known) == _owners(new)


def _identifiers(text: str) -> list[str]:
    """Return the e-mail addresses of a text, or else its long numbers, as plain digits."""
    plain = unquoted(text)
    if emails := [match[0].casefold().rstrip(".") for match in _EMAIL.finditer(plain)]:
        return emails
    return ["".join(filter(str.isdigit, match[0])) for match in _NUMBER.finditer(plain)]


def _has(text: str, key: str) -> bool:
    return any(_listed(code, key).count(tokens_of(unquoted(text))) for code in _codes(text))


def _owners(text: str) -> frozenset[str]:
    """Return the words of a text for the owner of a number and its use: "sister", "office"."""
    found = set()
    for code in _codes(text):
        listed = Words(_people(code), is_joined=code in _UNSPACED)
        words = tokens_of(unquoted(text))
        found |= {word for word in words if listed.has(word) or _listed(code, "kinds").has(word)}
    return frozenset(found)


def _codes(text: str) -> tuple[str, ...]:
    """Return the languages of a text; the words of a fact around a quotation are English."""
    return tuple(dict.fromkeys((code_of(unquoted(text)), ENGLISH, *BARE)))


@cache
def _people(code: str) -> str:
    return str(section(code, "profile").get("people", ""))


@cache
def _listed(code: str, key: str) -> Words:
    return Words(str(section(code, "identifiers").get(key, "")), is_joined=code in _UNSPACED)
