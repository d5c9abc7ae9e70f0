"""Words for days in names and titles: "my sister April", "USA Today", "Friday Night Lights".

These name no day. In doubt a word with a capital in the middle of a sentence is a title: a date
that is not read loses less than a name that is rewritten.
"""

import re
from collections.abc import Collection

from litemem.core.text.periods import MONTHS, WEEKDAYS

MAX_NAMES = 16  # of a text, the first ones
BEFORE = 24  # characters before a month that say that it is a name
TITLE = 80  # characters of a title between quotation marks


def possible_names(text: str) -> list[str]:
    """Return the months and weekdays that stand alone in a text, case folded: "April", "Sunday".

    They may be people's names there.
    """
    matches = (match[0].casefold() for match in _CAPITAL_NAME.finditer(text))
    return list(dict.fromkeys(matches))[:MAX_NAMES]


def is_used_as_name(name: str, text: str) -> bool:
    """Return True if a text surely uses a month or weekday, case folded, as somebody's name."""
    used = (match[match.lastgroup or 0] for match in _USED_AS_NAME.finditer(text))
    return any(each.casefold() == name for each in used)


def is_name(text: str, start: int, end: int, names: Collection[str]) -> bool:
    """Return True if a month or weekday alone is a name, by `names` or by its place in a question.

    A month is a date behind "in" or "during", and a weekday behind "on".
    """
    alone = _ALONE.fullmatch(text, start, end)
    if alone is None:
        return False
    if alone["name"].casefold() in names or text.startswith(("'s", "’s"), end):
        return True
    before = text[max(0, start - BEFORE) : start]
    asks = alone.start("name") == start and _ASKS_OF_NAME.search(before) is not None
    asks = asks and _SPEAKS_OF_ONESELF.search(before) is None
    if asks and _GOES_ON.match(text, end) is not None:
        return True
    if alone["name"].casefold() in WEEKDAYS:
        return False
    if _OF_SOMEBODY.search(before) is not None and _SPEAKS_ON.match(text, end) is not None:
        return True
    return (
        _TO_SOMEBODY.search(before) is not None
        or (_IS.search(before) is not None and _NO_TIME.match(text, end) is not None)
        or (not _IN_MONTH.search(before) and _ACTS.match(text, end) is not None)
    )


def counts_things(text: str, start: int, end: int) -> bool:
    """Return True for "3 august" in "3 august goals": a number of things, which follow."""
    if not _BARE_DATE.fullmatch(text, start, end):
        return False
    things = _THINGS.match(text, end)
    return things is not None and things[1] not in _NO_THINGS


def quoted_titles(text: str) -> list[tuple[int, int]]:
    """Return where quoted titles begin and end: one or two words, or words with capitals."""
    return [match.span() for match in _QUOTED.finditer(text) if _is_title_case(match[0])]


def is_title(text: str, start: int, end: int) -> bool:
    """Return True if words that may be a date are (a part of) a title, by what is around them.

    "The Day After Tomorrow", "Friday Night Lights", "is called next Friday", "yesterday by the
    Beatles".
    """
    words = text[start:end]
    before = text[max(0, start - TITLE) : start]
    after = text[end : end + TITLE]
    begins = before.rstrip()[-1:] in _SENTENCE_STARTS
    capitals = [w for w in _CAPITALS.findall(words) if not (w.isupper() or _is_day(w))]
    if capitals and not begins and words[0].isupper():
        return True
    if len(capitals) > begins or (begins and capitals and _NEVER_A_DAY.match(after)):
        return True
    if _GOES_ON_AS_TITLE.match(after) and words[-1].isalpha() and _ENDS_IN_DAY.search(words):
        return True
    if _CALLED.search(before) or _FAVOURITE.search(before) or _SPECIAL.search(f"{before}{words}"):
        return True
    return _BY.match(after) is not None and _WORK.search(before) is not None


def _is_day(word: str) -> bool:
    return word in _NAMES_OF_DAYS or word.rstrip("s") in _NAMES_OF_DAYS


def _is_title_case(quoted: str) -> bool:
    words = _WORD.findall(quoted)
    if len(words) <= 2:
        return True
    return words[0][0].isupper() and all(
        w[0].isupper() or w in _SMALL or not w[0].isalpha() for w in words
    )


# A number and a month alone, which are no day before a noun in the plural
_BARE_DATE = re.compile(r"(?:[2-9]|[12]\d|3[01]) [^\W\d]{3,12}\.?")
_THINGS = re.compile(r" ([a-z]{2,30}(?<!s)s)\b")
_NO_THINGS = frozenset(
    """always as begins brings closes comes does ends falls fits gets goes has his is its
    looks makes marks means needs opens perhaps plus remains seems sees sometimes sounds starts
    suits this towards unless us was works yes""".split()
)
# Months and weekdays as names
_EITHER = "|".join((*MONTHS, *(name.capitalize() for name in WEEKDAYS)))
_ALONE = re.compile(
    rf"(?:(?:of|by|from|before|after|between|until|till|around) )?(?P<name>{_EITHER})",
    re.IGNORECASE,
)
_ASKS_OF_NAME = re.compile(
    r"\b(?:do|does|did|can|could|will|would|should|has|have|had|who(?: is|['’]s| was)) $",
    re.IGNORECASE,
)
_SPEAKS_OF_ONESELF = re.compile(r"\b(?:I|we)\b")  # "what do I do Friday?"
_GOES_ON = re.compile(r" (?!in\b|on\b|or\b|and\b)[^\W\d]|\W{0,9}\Z")
_KIN = (
    "sister|brother|friend|daughter|son|wife|husband|mother|mom|mum|father|dad|dog|cat|boss|"
    "colleague|aunt|uncle|cousin|neighbou?r|partner|girlfriend|boyfriend|roommate|flatmate|teacher|"
    "doctor|baby|grandma|granddaughter|niece|nephew|horse|puppy|kitten"
)
# "my April", "our June", unless it is that month's: "my April rent"
_OF_SOMEBODY = re.compile(r"\b(?:my|our|his|her|their|your|dear|little) $", re.IGNORECASE)
_SPEAKS_ON = re.compile(
    r"\W{0,9}\Z|\s?[,;:.!?]| (?:and|am|are|is|was|were|has|had|have|do|does|did|can|will|would|"
    r"doing|likes?|loves?|hates?|wants?|needs?|lives?|eats?|says?|said|told|feels?|works?|goes|went|"
    r"got|gets|turned|turns|born|allergic|called|to|up|today|now|eat|drink|play|wear|study|go|say)\b",
    re.IGNORECASE,
)
_TO_SOMEBODY = re.compile(
    rf"\b(?:{_KIN}|call(?:ed|ing)?|text(?:ed|ing)?|phone[ds]?|ask(?:ed|ing)?|tell(?:ing)?|told|"
    r"meet(?:ing)?|met|hug(?:ged)?|thank(?:ed)?|invite[ds]?|marry|married|kiss(?:ed)?|with|named|called|"
    r"mrs?\.?|ms\.?|dr\.?|miss|babysit|date[ds]?|dating),? $",
    re.IGNORECASE,
)
_IS = re.compile(r"(?:^|\W)(?:is|was) $", re.IGNORECASE)
# behind "is June": words about people, not about a month
_NO_TIME = re.compile(
    r" (?!(?:a|an|the|in|on|at|or|and|still|already|too|so|very|really|also|always|usually|hot|"
    r"cold|rainy|wet|dry|warm|sunny|busy|free|full|over|good|bad|open|closed|booked|available|next|"
    r"last|quiet|okay|ok|fine|better|best|when|early|late|like|possible|gone|coming|here|my|your|"
    r"our|high|low|off|\d\w*)\b)[^\W\d]",
    re.IGNORECASE,
)
_IN_MONTH = re.compile(
    r"(?:\d|\b(?:in|on|last|next|this|since|every|each|until|till|early|late|mid|before|after|by|of|"
    r"during|from|to|and|or|for))[ -]$",
    re.IGNORECASE,
)
# what people do, and months do not
_ACTS = re.compile(
    r" (?:said|says|told|tells|likes?|loves?|hates?|wants?|prefers?|eats?|drinks?|lives?|thinks?|"
    r"asked|knows|called|born|recommended|suggested|allergic|vegan|vegetarian|and I)\b",
    re.IGNORECASE,
)
_CAPITAL_NAME = re.compile(rf"(?<![\w\d])(?<!\d )(?:{_EITHER})(?!\w| \d)")
_IN_TIME = "".join(
    f"(?<![{word[0]}{word[0].upper()}]{word[1:]} )"
    for word in (
        "in on last next this since every each until till early late mid before after by".split()
    )
)
_USED_AS_NAME = re.compile(
    rf"(?<!\w){_IN_TIME}(?<!\d )(?:"
    rf"(?P<owner>{_EITHER})['’]s (?!rent|bill|report|weather|numbers)"
    rf"|(?P<subject>{_EITHER}) (?:is (?:my|his|her|their|our|a|an|[A-Z]\w*['’]s)\b|has\b|had\b|"
    r"(?!is\b|was\b|showers|mornings|evenings|nights|days|weeks|weekends|starts|ends|begins|brings)"
    r"[a-z]{1,30}(?<!s)s\b|said\b)"
    rf"|(?P<surname>{_EITHER}) (?!{_EITHER})[A-Z][a-z]+\b"
    r"|(?:named|called|with|met|meets|meeting|knows|married to|sister|brother|friend|daughter|son|"
    r"wife|husband|mother|mom|mum|father|dad|dog|cat|boss|colleague|aunt|uncle|cousin|neighbou?r|"
    r"partner|girlfriend|boyfriend|roommate|flatmate|teacher|doctor|Mrs?\.?|Ms\.?|Dr\.?),? "
    rf"(?P<named>{_EITHER}))\b"
)

# Titles
_WORD = re.compile(r"[\w'’]+")
_CAPITALS = re.compile(r"\b[A-Z][\w'’]*")
_SMALL = frozenset("a an and as at by for from in is it of on or the to with".split())
_NAMES_OF_DAYS = frozenset(
    (
        *MONTHS,
        *(name.capitalize() for name in WEEKDAYS),
        *"On In Mon Tue Wed Thu Thur Fri Sat Sun".split(),
    )
)
_QUOTED = re.compile(
    rf"\"[^\"\n]{{1,{TITLE}}}\"|“[^”\n]{{1,{TITLE}}}”|(?<!\w)['‘][^'’\n]{{1,{TITLE}}}['’](?!\w)"
    rf"|«[^»\n]{{1,{TITLE}}}»|„[^“”\n]{{1,{TITLE}}}[“”]|[「『][^」』\n]{{1,{TITLE}}}[」』]"
    rf"|(?<!\w)\*[^*\n]{{1,{TITLE}}}\*(?!\w)|(?<!\w)_[^_\n]{{1,{TITLE}}}_(?!\w)"
)
_SENTENCE_STARTS = ("", *'.!?:;…-–—•*>"“([。！？')  # what it may stand behind
_THING = (
    r"(?:songs?|singles?|tracks?|albums?|bands?|films?|movies?|books?|novels?|poems?|plays?|musicals?|"
    r"shows?|series|sitcoms?|podcasts?|magazines?|newspapers?|paintings?|games?)"
)
_NEVER_A_DAY = re.compile(
    rf"(?:[ ,]{{1,2}}(?:[A-Z][\w'’]{{0,20}}|of|the|in|and|at)){{0,6}} (?:is|was|are|remains) "
    rf"(?:[\w'’]{{1,20}} ){{0,3}}(?:favou?rite|{_THING})\b| by (?:the )?[A-Z]"
)
# A capital behind "Friday Night", and behind a day in capitals
_GOES_ON_AS_TITLE = re.compile(r" (?:Night|Morning|Evening|Afternoon|Lights|Live|Fever|Football)\b")
_ENDS_IN_DAY = re.compile(r"(?:day|night)$", re.IGNORECASE)
_CALLED = re.compile(
    r"\b(?:(?:is|are|band|dog|cat|boat|it) (?:called|named)|titled|entitled|dubbed|named|name is)"
    r"(?: the)? $",
    re.IGNORECASE,
)
_FAVOURITE = re.compile(
    rf"\b(?:favou?rite {_THING} (?:is|was)|the (?:song|single|album|film|movie|novel) called) $",
    re.IGNORECASE,
)
_WORK = re.compile(rf"\b{_THING}\b", re.IGNORECASE)
_BY = re.compile(r" by (?:the )?\w", re.IGNORECASE)
_SPECIAL = re.compile(
    r"\b(?:(?:Black|Good|Casual|Freaky|Girl|Man) Friday|(?:Ash) Wednesday|(?:Cyber|Blue|Easter) "
    r"Monday|(?:Shrove|Super|Ruby|Giving) Tuesday|(?:Maundy) Thursday|(?:Holy) Saturday|"
    r"(?:Palm|Easter|Bloody) Sunday|(?i:usa|psychology|history) today)$"
)
