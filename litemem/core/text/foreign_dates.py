"""Find dates in German, French and Spanish, and write them as English ones: "morgen", "el lunes".

Only words that are a date in that language and no word of another: French "hier" is left out, as
it means "here" in German.
"""

import re
from collections.abc import Iterator

from litemem.core.text.periods import MONTHS, WEEKDAYS

_MONTH_NAMES = (
    "januar februar märz april mai juni juli august september oktober november dezember",
    "jänner feber maerz april mai juni juli august september oktober november dezember",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
)
_WEEKDAY_NAMES = (
    "montag dienstag mittwoch donnerstag freitag samstag sonntag",
    "montag dienstag mittwoch donnerstag freitag sonnabend sonntag",
    "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "lunes martes miércoles jueves viernes sábado domingo",
    "lunes martes miercoles jueves viernes sabado domingo",
)
_ENGLISH = {
    **{w: e for line in _MONTH_NAMES for w, e in zip(line.split(), MONTHS, strict=True)},
    **{w: e for line in _WEEKDAY_NAMES for w, e in zip(line.split(), WEEKDAYS, strict=True)},
    **dict.fromkeys(("woche", "wochen", "semaine", "semaines", "semana", "semanas"), "week"),
    **dict.fromkeys(("monat", "monaten", "mois", "mes", "meses"), "month"),
    **dict.fromkeys(("jahr", "jahren", "année", "an", "ans", "año", "años"), "year"),
    **dict.fromkeys(("tag", "tagen", "jour", "jours", "día", "días"), "day"),
    **dict.fromkeys(("wochenende", "weekend", "week-end", "fin de semana"), "weekend"),
    **dict.fromkeys(("ein", "eine", "einem", "einer", "un", "une", "una"), "one"),
    **dict.fromkeys(("zwei", "deux", "dos"), "two"),
    **dict.fromkeys(("drei", "trois", "tres"), "three"),
    **dict.fromkeys(("vier", "quatre", "cuatro"), "four"),
    **dict.fromkeys(("fünf", "cinq", "cinco"), "five"),
    **dict.fromkeys(("sechs", "six", "seis"), "six"),
    **dict.fromkeys(("heute", "aujourd'hui", "aujourd’hui", "hoy"), "today"),
    **dict.fromkeys(("heute abend", "ce soir", "esta noche"), "tonight"),
    **dict.fromkeys(("gestern", "ayer", "hier soir"), "yesterday"),
    **dict.fromkeys(("morgen", "demain", "mañana"), "tomorrow"),
    **dict.fromkeys(("übermorgen", "après-demain", "pasado mañana"), "the day after tomorrow"),
    **dict.fromkeys(("vorgestern", "avant-hier", "anteayer"), "the day before yesterday"),
}


def _any_of(*lists: str) -> str:
    return "|".join(sorted(dict.fromkeys(" ".join(lists).split()), key=len, reverse=True))


_MONTH = rf"(?P<month>{_any_of(*_MONTH_NAMES)})"
_WEEKDAY = _any_of(*_WEEKDAY_NAMES)
_OF_YEAR = r"(?:,? (?:de |del )?(?P<year>(?:19|20)\d\d))?"
_UNIT = (
    rf"(?P<unit>fin de semana|{_WEEKDAY}|wochenende|woche|monat|jahr|week-end|weekend|semaine|mois|"
    r"année|semana|mes|año)"
)
_COUNT = (
    r"(?P<count>\d{1,3}|eine[mr]?|une?|una|zwei|deux|dos|drei|trois|tres|vier|quatre|cuatro|fünf|"
    r"cinq|cinco|sechs|six|seis)"
)
_UNITS = (
    r"(?P<units>wochen?|monat(?:en)?|jahr(?:en)?|tag(?:en)?|semaines?|mois|ans?|jours?|semanas?|"
    r"mes(?:es)?|años?|días?)"
)
_PLACES: tuple[tuple[str, str], ...] = (
    (
        r"(?:am |vom |den |ab dem |le |du |el |del )?(?P<day>\d{1,2})(?:\.|er|º)? (?:de )?"
        rf"{_MONTH}{_OF_YEAR}",
        "{day} {month} {year}",
    ),
    (rf"(?:im|en|seit|depuis|desde|au mois de) {_MONTH}{_OF_YEAR}", "in {month} {year}"),
    (
        r"(?P<named>pasado mañana|après-demain|avant-hier|aujourd['’]hui|heute abend|ce soir|"
        r"esta noche|hier soir|vorgestern|übermorgen|anteayer|heute|gestern|demain|hoy|ayer|"
        r"(?<!heute )(?<!gestern )(?-i:morgen)|(?<!\bla )(?<!\besta )mañana)",
        "{named}",
    ),
    (rf"(?:am |im )?(?:nächste|kommende)[nsmr]? {_UNIT}", "next {unit}"),
    (rf"(?:am |im )?(?:letzte|vergangene|vorige)[nsmr]? {_UNIT}", "last {unit}"),
    (rf"(?:diese[nsmr]?|cette|cet?|est[ea]) {_UNIT}", "this {unit}"),
    (rf"(?:la |le |l['’]|el )?{_UNIT} (?:prochaine?|que viene|próxim[oa])", "next {unit}"),
    (rf"(?:la |le |l['’]|el )?{_UNIT} (?:dernière?|dernier|passée?|pasad[oa])", "last {unit}"),
    (rf"(?:la |el )?próxim[oa] {_UNIT}", "next {unit}"),
    (rf"(?:in|dans|en|dentro de) {_COUNT} {_UNITS}", "in {count} {units}s"),
    (rf"(?:vor|il y a|hace) {_COUNT} {_UNITS}", "{count} {units}s ago"),
    (rf"jeden {_UNIT}", "every {unit}"),
    (rf"(?:am|el) (?P<weekday>{_WEEKDAY})", "on {weekday}"),
)
_PATTERNS = tuple(
    (re.compile(rf"(?<![\w.]){place}(?!\w)", re.IGNORECASE), template)
    for place, template in _PLACES
)
_HINT = re.compile(
    rf"(?<!\w)(?:{_any_of(*_MONTH_NAMES, *_WEEKDAY_NAMES)}|heute|gestern|vorgestern|übermorgen|"
    r"morgen|aujourd|hier soir|ce soir|demain|après-demain|avant-hier|hoy|ayer|anteayer|mañana|"
    r"esta noche|woche|monat|jahr|tagen|semaine|mois|année|ans|jours|semana|mes|año|día)",
    re.IGNORECASE,
)


def english_dates(text: str) -> Iterator[Iterator[tuple[int, int, str]]]:
    """Yield for each pattern (start, end, English) of the dates in a text.

    Where two patterns match, the first one's is right.
    """
    if _HINT.search(text):
        yield from (_found(text, pattern, template) for pattern, template in _PATTERNS)


def _found(text: str, pattern: re.Pattern[str], template: str) -> Iterator[tuple[int, int, str]]:
    for match in pattern.finditer(text):
        parts = {name: _english(part or "") for name, part in match.groupdict().items()}
        yield *match.span(), template.format(**parts).strip()


def _english(word: str) -> str:
    return _ENGLISH.get(word.casefold(), word)
