"""When what an English sentence speaks of happens: its tense, and if it happens once."""

import re


def tense_of(text: str) -> int:
    """Return -1 if a sentence is about the past, 1 if about the future, 0 if it does not say."""
    if _PLANNED.search(text):
        return 1
    if _PAST.search(text):
        return -1
    if _PRESENT.search(text):
        return 1
    return -1 if _WEAK_PAST.search(text) else 0


def was_due(sentence: str) -> bool:
    """Return True if a term was in the past: "it had to be in by Friday"."""
    return _WAS.search(sentence) is not None


def lasted(before: str, after: str) -> bool:
    """Return True if "in two weeks" is how long something took: "we built it in two weeks".

    It stands between these parts of a sentence; the verb that is next to it decides.
    """
    verbs = [] if _BEGINS.search(before) else list(_VERB.finditer(before))
    verb = verbs[-1] if verbs else _VERB.search(after)
    return verb is not None and (verb.lastgroup or "").startswith("past")


def happens_once(sentence: str) -> bool:
    """Return True if a sentence with a weekday is about one day: an event, or the past."""
    if _HABITUAL.search(sentence):
        return False
    return _ONCE.search(sentence) is not None or tense_of(sentence) < 0


# What happens once, and words that stand before a weekday without "on"
EVENT = (
    r"(?:appointments?|interviews?|exams?|tests?|flights?|dentist|doctor|surgery|operation|wedding|"
    r"funeral|party|deadline|due|delivery|viewing|concert|trip|leav(?:es?|ing)|arriv(?:es?|ing)|"
    r"fl(?:y|ies|ying)|depart(?:s|ing)?|mov(?:es?|ing)|visit(?:s|ing)?|see you|closed|off|back)"
)
_ONCE = re.compile(
    rf"\b(?:{EVENT}|will|won['’]t|going to|gonna|(?:has|have|need|needs|got|plans?|planning|hopes?"
    r"|wants?) to|gotta|must(?! not)|(?:a|an|another|some) (?:\w+ )?(?:meeting|call|lunch|dinner"
    r"|brunch|date"
    r"|game|match|gig|race|haircut|scan|hearing|demo|presentation|barbecue|bbq|picnic|sleepover"
    r"|visitor|guest|review|talk|session)"
    r"|vet|check-?up|x-ray|court|ceremony|christening|baptism|graduation|recital|launch|plumber"
    r"|electrician|movers|birthday|kick-?off|remind (?:me|us)"
    r"|(?:dinner|lunch|brunch|one|attempt|round|try|party)(?: is|['’]s)"
    r"|(?:is|are|am|['’]m|['’]re|['’]s) (?:meeting|seeing|coming"
    r"|going|starting|picking|getting|having|hosting|presenting|driving|travell?ing))\b",
    re.IGNORECASE,
)
_HABITUAL = re.compile(
    r"\b(?:every|each|always|usually|often|sometimes|normally|regularly|weekly|never|used to"
    r"|gets? paid|stand-?up|retro|sprint|sync|club|practice|rehearsal|rehearses|choir|church"
    r"|shifts?|lessons?|class(?:es)?|training)\b",
    re.IGNORECASE,
)
_WAS = re.compile(r"\b(?:was|were|had to|needed|wanted|stayed|did)\b", re.IGNORECASE)
_PLANNED = re.compile(
    r"\b(?:will|won['’]t|shall|going to|gonna|postponed|rescheduled|scheduled|planned|planning|"
    r"(?:moved|pushed|shifted|changed|switched|booked|put|brought|delayed|squeezed|fitted)"
    r"(?: (?!to\b)\w{1,20}){0,3} (?:to|for|until|till)(?=\s{0,3}\Z|\s{2}"  # a date is left out
    r"| (?:(?:the|next|this) )?(?:mon|tues|wednes|thurs|fri|satur|sun)day\b| \d| tomorrow\b)"
    r"|upcoming|coming up|due)\b|['’]ll\b",
    re.IGNORECASE,
)
_IRREGULAR = (  # verbs of the past
    r"happened|went|met|saw|got|took|came|bought|gave|ran|ate|made|found|left|"
    r"flew|drove|began|felt|lost|won|wrote|spent|sent|sold|slept|held|heard|kept|"
    r"knew|paid|broke|brought|caught|chose|drank|fell|grew|led|sang|sat|spoke|"
    r"stood|swam|taught|thought|threw|wore|became"
)
_PAST = re.compile(rf"\b(?:was|were|did|didn['’]t|had|ago|said|told|{_IRREGULAR})\b", re.IGNORECASE)
_BEGINS = re.compile(r"[,;:–—]\s*(?:(?:and|but|so|then) )?\Z", re.IGNORECASE)
_DONE = (
    r"(?:(?!(?:succ|exc|proc|bl|br|sp|n|f|h|s|w)eed\b)\w{2,30}ed|\w{3,30}(?:en|wn)|been|done|gone|"
    r"read|run|made|lost|won|sold|bought|built|had|met|paid|put|cut|got|sent|spent|left|kept|"
    r"begun|swum|come|become|caught|taught|found|led|told|written)"
)
_BETWEEN = r"(?:\w{2,20}ly |just |already |only |never |now |not |all |also |even ){0,2}"
_VERB = re.compile(
    r"\b(?:(?P<ahead>"
    rf"(?:am|is|are|be|being|get|gets|getting) {_BETWEEN}{_DONE}"
    rf"|(?:want|wants|need|needs|have|has|get|gets) (?!been )(?:\w{{1,20}} ){{1,2}}{_DONE}"
    r"|(?:booked|scheduled|planned|reserved|promised|agreed|decided|wanted|hoped|expected|needed|"
    r"asked|told|said|announced|invited|confirmed|offered|arranged|supposed|postponed|rescheduled|"
    r"had to|moved to|(?:was|were) (?:going to|due))|am|is|are|will|won|would|shall|should|can|"
    r"could|may|might|must|gonna|going|needs?|wants?|plans?|hopes?|starts?|ends?|begins?|leaves?|"
    r"comes?|arrives?|expires?|opens?|closes?|flies|fly|moves?|visits?|turns?|gets?|due|back)"
    rf"|(?P<past>(?:have|has) {_BETWEEN}{_DONE}|was|were|did|didn|had|built|rode|{_IRREGULAR}|"
    r"(?!(?:succ|exc|proc|bl|br|sp|n|f|h|s|w)eed\b)\w{2,30}ed))\b"
    rf"|['’](?:(?P<ahead_>(?:m|re|s) {_BETWEEN}{_DONE}|m|re|ll|d|s)"
    rf"|(?P<past_>ve {_BETWEEN}{_DONE}))\b",
    re.IGNORECASE,
)
_PRESENT = re.compile(
    r"\b(?:am|is|are|has|have|do|does|must|should|need|needs|want|wants|plans?|would|can|could|"
    r"might|booked|invited|anything|starts|ends|leaves|flies|flying|meets|meeting)\b|['’](?:m"
    r"|re)\b|"
    r"\b[A-Za-z]{2,30}['’]s (?:at|on|in|coming|going|having|getting|leaving|back|off|over)\b|"
    r"\b(?:what|when|where|who|there|it|that)['’]?s\b",
    re.IGNORECASE,
)
_WEAK_PAST = re.compile(r"\b\w{2,30}ed\b", re.IGNORECASE)
