"""Words with one letter wrong, missing, too many, or two exchanged: "reykjavk", "resturant".

The first and the last letter are right: another ending is another form, or another name, as
"Alejandra" and "Alejandro".
"""

LAST_SPELT = "\u052f"  # of Latin, Greek and Cyrillic letters, which spell each sound


def is_spelt(word: str) -> bool:
    """Return True if a folded word is letters of an alphabet that spells all sounds."""
    return word.isalpha() and max(word) <= LAST_SPELT


def is_misspelt(word: str, other: str) -> bool:
    """Return True if one wrong letter makes the one folded word of the other one."""
    if word == other or word[0] != other[0] or word[-1] != other[-1]:
        return False
    shared = 0
    for one, two in zip(word, other, strict=False):
        if one != two:
            break
        shared += 1
    mine, its = word[shared:], other[shared:]
    is_exchanged = mine[:2] == its[1::-1] and mine[2:] == its[2:]
    return is_exchanged or mine[1:] in (its[1:], its) or its[1:] == mine
