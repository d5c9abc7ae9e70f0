"""Words and numbers are found however they are parted."""

import pytest

from litemem import Memory
from litemem.core.text.joined_words import joined_words
from litemem.testing import HashEmbedder

PAIRS = [
    ("User's phone is +49 170 1234567", "01701234567"),
    ("User's phone number is 0170/123 45 67", "+491701234567"),
    ("User's phone number is 01701234567", "+49 170 123 45 67"),
    ("Call Ben: (555) 010-4477", "5550104477"),
    ("Call Ben: 5550104477", "(555) 010-4477"),
    ("IBAN DE89 3704 0044 0532 0130 00 is the landlord's", "DE89370400440532013000"),
    ("IBAN DE89370400440532013000 is the landlord's", "DE89 3704 0044 0532 0130 00"),
    ("The car's plate is B-XY 1234", "BXY1234"),
    ("The car's plate is BXY1234", "B-XY 1234"),
    ("User's flight is LH 441", "lh441"),
    ("User's flight is LH441", "LH 441"),
    ("User's GPU is an RTX 4090", "rtx4090"),
    ("User weighs 72kg", "72 kg"),
    ("User pays 1,250 euros", "1250"),
    ("User pays 1250 euros", "1,250"),
    ("User's wi-fi is slow", "wifi"),
    ("User's wifi is slow", "wi-fi"),
    ("User bought an O'Brien lamp", "obrien"),
    ("User's friend is Jean-Luc", "jeanluc"),
    ("User was at the D.M.V.", "DMV"),
    ("User works at AT&T", "ATT"),
    ("کاربر می‌رود مدرسه", "میرود"),
]
OTHERS = (
    *("User's phone is off since 2019", "User has not been able to go", "User's car is blue"),
    *("Order 303-7654321-8901231 is late", "User owes 441 euros in 1250 ways less than 12,507"),
)


@pytest.mark.parametrize(("text", "query"), PAIRS)
def test_a_word_is_found_with_and_without_its_separators(text: str, query: str) -> None:
    with Memory(":memory:", embedder=HashEmbedder(64)) as memory:
        memory.add(text, user_id="u", infer=False)
        for other in OTHERS[:4]:
            memory.add(other, user_id="u", infer=False)
        first, second, *_ = memory.search(query, user_id="u", explain=True)["results"]
    assert first["memory"] == text
    words = [round(each["score_details"]["bm25_score"], 6) for each in (first, second)]
    assert words[0] == 1 > words[1]


@pytest.mark.parametrize("query", ["notable", "heat", "1250707", "04477", "u1"])
def test_words_side_by_side_are_not_one(query: str) -> None:
    with Memory(":memory:", embedder=HashEmbedder(64)) as memory:
        for text in (*OTHERS, "The art of User 1"):
            memory.add(text, user_id="u", infer=False)
        found = memory.search(query, user_id="u", explain=True)["results"]
    assert all(each["score_details"]["bm25_score"] == 0 for each in found)


def test_a_code_is_found_in_a_large_scope(monkeypatch: pytest.MonkeyPatch) -> None:
    from litemem.store.sqlite import candidates

    monkeypatch.setattr(candidates, "SMALL", 20)
    with Memory(":memory:", embedder=HashEmbedder(8)) as memory:
        memory.add("The plate is BXY1234", user_id="u", infer=False)
        notes = [{"role": "user", "content": f"Note {i} of the day"} for i in range(300)]
        memory.add(notes, user_id="u", infer=False)
        (first,) = memory.search("B-XY 1234", user_id="u", top_k=1)["results"]
    assert first["memory"] == "The plate is BXY1234"


@pytest.mark.parametrize(
    ("query", "joined"),
    [
        ("flight lh 441 from Rome", ["lh 441"]),
        ("What's O'Brien's number?", ["o brien"]),
        ("in 2024, on 12 March 2026", []),
        ("user's tea isn't sweet", []),
    ],
)
def test_the_words_of_a_query_that_may_be_one(query: str, joined: list[str]) -> None:
    assert joined_words(query) == joined
