"""Words for days in titles and names: they name no day, and are not rewritten."""

from datetime import date

import pytest

from litemem.core.text.dates import mentions, read_dates, resolve
from litemem.core.text.periods import written

WEDNESDAY = date(2026, 4, 15)


@pytest.mark.parametrize(
    "text",
    [
        "User's favourite song is Yesterday by the Beatles",
        "my favourite song is yesterday by the beatles",
        "User's band is called Next Friday",
        "my dog is called friday",
        "User writes for USA Today",
        "User reads Psychology Today every day",
        'User named their boat "Yesterday"',
        "User named the boat 'yesterday'",
        "User's boat, Yesterday, is blue",
        "User works at Tomorrow Labs and for Monday.com",
        "Friday Night Lights is User's favourite show",
        "Saturday Night Fever is User's favourite film",
        "User loves Monday Night Football",
        "User watched The Day After Tomorrow",
        "Tomorrow Never Dies is User's favourite film",
        "User read the novel Tomorrow, and Tomorrow, and Tomorrow",
        "Last Year at Marienbad",
        "User's podcast is This Week in Tech",
        "The novel 'Next Year in Jerusalem' made User cry",
        'User listens to "Last Friday Night (T.G.I.F.)"',
        "User likes the album «Heute» and „Morgen“",
        "User wrote a poem entitled today",
        "User shops on Black Friday",
        "User sings Ruby Tuesday, Blue Monday and Sunday Bloody Sunday",
        "User watches The Tonight Show",
    ],
)
def test_a_title_stays_and_names_no_day(text: str) -> None:
    assert resolve(text, WEDNESDAY) == text
    assert mentions(text, WEDNESDAY) == []


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("we watched Yesterday last night", "we watched Yesterday on 14 April 2026"),
        ('User saw "Last Week Tonight" today', 'User saw "Last Week Tonight" on 15 April 2026'),
        ("Yesterday User went to Rome", "on 14 April 2026 User went to Rome"),
        ("Tomorrow is User's exam", "on 16 April 2026 is User's exam"),
        ("Ana called yesterday", "Ana called on 14 April 2026"),
        ("the show is tomorrow", "the show is on 16 April 2026"),
        ("Ana went YESTERDAY", "Ana went on 14 April 2026"),
        ("User said 'I will be back tomorrow'", "User said 'I will be back on 16 April 2026'"),
    ],
)
def test_a_day_beside_a_title_is_a_day(text: str, meant: str) -> None:
    assert resolve(text, WEDNESDAY) == meant


def test_a_title_stays_in_a_query() -> None:
    assert read_dates("who wrote the song Yesterday?", WEDNESDAY).periods == ()


def test_days_of_a_long_text_with_titles_are_read() -> None:
    text = 'I saw "Yesterday" on Monday. ' * 100 + "The exam is tomorrow."
    assert "2026-04-16" in [written(period) for period in mentions(text, WEDNESDAY)]


NOVEMBER = date(2026, 11, 25)


@pytest.mark.parametrize(
    "query",
    [
        "2 dec boards",
        "what does my april like",
        "my april",
        "how is our june doing?",
        "photos of my April",
        "is June vegetarian?",
        "is May allergic to nuts?",
        "what is April allergic to?",
        "what did June say?",
        "when did I last call June",
        "dinner with June",
        "what did April tell me about school",
        "tell me about my sister June",
        "does Mai like tea",
        "Wo wohnt April?",
        "¿Qué le gusta a Abril?",
        "¿Dónde vive mi hija Abril?",
        "où habite Avril ?",
        "where does Augusta live",
        "March of the Penguins",
        "may I eat nuts?",
        "5 may be enough",
        "4 sep pages",
        "Has June finished school?",
        "Where did May go on holiday?",
        "What's our little April's favourite toy?",
        "Is August older than his brother?",
        "text June that I'm late",
        "what gift does my niece May want",
        "April and I talked about what?",
        "how tall is June now",
        "Who did June marry?",
        "What is August studying?",
        "lunch with april",
        "¿Cuándo nació Abril?",
        "Wann hat Juni Geburtstag?",
        "Wie alt ist August?",
        "Où travaille April ?",
        "Chi è Augusta?",
        "Quem é Abril?",
        "20 may bugs",
    ],
)
def test_a_name_in_a_question_is_no_month(query: str) -> None:
    assert read_dates(query, NOVEMBER, latest=True).periods == ()


@pytest.mark.parametrize(
    ("query", "month"),
    [
        ("3 august goals", "2026-08"),
        ("my april rent", "2026-04"),
        ("our June trip", "2026-06"),
        ("august goals", "2026-08"),
        ("what happened in May", "2026-05"),
        ("my August holidays", "2026-08"),
        ("is June hot in Oslo", "2027-06"),
        ("what's on in December?", "2026-12"),
        ("Was April busy for us?", "2026-04"),
    ],
)
def test_a_month_in_a_question_is_one(query: str, month: str) -> None:
    found = read_dates(query, NOVEMBER, latest=True).periods
    assert month in [written(period) for period in found]


@pytest.mark.parametrize(
    "text",
    [
        "3 august goals",
        "Bought 2 dec boards",
        "5 may be enough",
        "I ate 3 mars bars",
        "scored 4 jan goals",
        "I need 2 sep pages for this",
        "My 2 jun bugs",
        "The 3 marches were long",
        "I have 2 decent boards",
        "I own 3 augers",
        "6 octopus dishes",
        "12 novels",
        "5 maybe 6 people",
        "7 marchers fell",
        "2 apricots",
        "10 junior devs",
        "3 julienne carrots",
        "4 septic tanks",
        "My daughter May is three.",
        "June and Ana moved in together.",
        "Augusta likes chess",
        "Mein Sohn August spielt Geige",
        "Mi hija Abril tiene tres años",
        "Ma fille Avril aime le judo",
        "Our cat Friday sleeps all day",
        "Wednesday Addams is her idol",
        "I need 5 mar codes",
        "She scored 12 jun points",
        "We planted 3 may trees",
        "He owns 2 sept tanks",
        "I ordered 4 oct boards",
        "10 aprons",
    ],
)
def test_a_number_of_things_and_a_name_are_no_day(text: str) -> None:
    assert mentions(text, NOVEMBER) == []


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("The party is on 3 August", "2027-08-03"),
        ("3 August: dentist", "2027-08-03"),
        ("16 April interview at Lumen", "2027-04-16"),
        ("my interview is 16 april", "2027-04-16"),
        ("The exam is 2 dec", "2026-12-02"),
        ("The train leaves 3 August at 9", "2027-08-03"),
        ("3 August suits me", "2027-08-03"),
        ("12 June: flights booked", "2027-06-12"),
    ],
)
def test_a_day_next_to_a_noun_or_a_verb_is_one(text: str, day: str) -> None:
    assert [written(period) for period in mentions(text, NOVEMBER)] == [day]
