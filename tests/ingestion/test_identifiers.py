"""A new number or address replaces the old one of the same owner and kind, and no other."""

import pytest

from litemem.ingestion.compare import compare_facts
from litemem.ingestion.identifiers import is_renumbered

PHONE = "User's phone number is 933 444 555"

RENUMBERED = [
    (PHONE, "User: “Mudei de número: agora é 912 000 111.”"),
    (PHONE, "User changed their number, it's 912 000 111 now"),
    (PHONE, "User has a new number: 912 000 111"),
    (PHONE, "User's number has changed from 933-444-555 to +34 912 000 111"),
    ("User's sister's number is 933 444 555", "User's sister has a new number, 912 000 111"),
    ("User's email is a@x.org", "User: “Ich habe eine neue Mailadresse: b@y.org”"),
    ("Die Nummer von User ist 0170 111 11", "User: “Ich habe eine neue Nummer, 0171 222 22.”"),
    ("User: “Mi número es el 600 111 222.”", "User: “Cambié de número, ahora es el 600 333 444.”"),
    (
        "User: “Mon numéro est le 06 11 22 33 44.”",
        "User: “J'ai changé de numéro : 06 55 66 77 88.”",
    ),
    ("User: “我的手机号码是13800001111。”", "User: “我换了手机号码,现在是13900002222。”"),
    ("User: “電話番号は09011112222です。”", "User: “電話番号が変わりました。09033334444です。”"),
    (
        "User: “제 전화번호는 010-1111-2222예요.”",
        "User: “번호가 바뀌었어요. 010-3333-4444예요.”",
    ),
]


@pytest.mark.parametrize(("known", "new"), RENUMBERED)
def test_a_new_number_or_address_replaces_the_old_one(known: str, new: str) -> None:
    assert compare_facts(known, new, 0.6) == "contradicts"


@pytest.mark.parametrize(
    ("known", "new"),
    [
        (PHONE, PHONE),
        (PHONE, "User's phone number is (933) 444-555 now"),
        (PHONE, "User's sister has a new number, 912 000 111"),
        (PHONE, "User's office number is now 912 000 111"),
        (PHONE, "User's invoice is now 912 000 111"),
        (PHONE, "User's phone number is 912 000 111"),  # it may be a second one
        ("User's email is a@x.org", "User's new number is 912 000 111"),
        ("User's order is 933 444 555", "User has a new number: 912 000 111"),
        ("User's pin is 4711", "User's pin is now 4712"),  # short numbers are measures and ids
        (PHONE, "User has new numbers: 912 000 111, 912 000 112, 912 000 113"),
    ],
)
def test_in_doubt_both_stay(known: str, new: str) -> None:
    assert not is_renumbered(known, new)
