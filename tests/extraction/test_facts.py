"""Extraction of facts: the prompt, chunking without loss, and the subjects of facts."""

import math
import tracemalloc
from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litemem.core.scope import Scope
from litemem.core.types import Message
from litemem.errors import ExtractionError, LLMError
from litemem.extraction.ask import load_prompt, prompt_tokens
from litemem.extraction.facts import (
    ANSWER_TOKENS,
    READ,
    Fact,
    Subject,
    extract,
    readable,
    subjects,
)
from litemem.testing import ScriptedLLM


def user(content: str, name: str | None = None) -> Message:
    return Message("user", content, name)


def assistant(content: str) -> Message:
    return Message("assistant", content)


def small(room: int, answers: Sequence[Any] | None = None) -> ScriptedLLM:
    """A model whose context has room for so many tokens beside prompt and answer."""
    scripted = ScriptedLLM([[]] * 10_000 if answers is None else answers)
    static = prompt_tokens(scripted, load_prompt("user_facts"), "")
    scripted.context_tokens = ANSWER_TOKENS + static + room
    return scripted


def shown(messages: Sequence[Message], subject: Subject = "user", **arguments: Any) -> str:
    """Return what the model is shown in its one call."""
    llm = ScriptedLLM([[]])
    extract(llm, messages, subject=subject, **arguments)
    (call,) = llm.calls
    return call.text


def found(answer: Any, *messages: Message, subject: Subject = "user") -> list[str]:
    return [fact.text for fact in extract(ScriptedLLM([answer]), messages, subject=subject)]


# -- what the model is shown


def test_the_model_reads_who_said_what_in_order() -> None:
    text = shown([user("I'm Cam"), assistant("Hello"), user("I avoid nuts")])
    assert text == "New messages:\nuser: I'm Cam\nassistant: Hello\nuser: I avoid nuts"


def test_a_message_of_several_lines_stays_one_message() -> None:
    assert shown([user("one\ntwo")]) == "New messages:\nuser: one\n  two"


def test_system_messages_are_not_shown() -> None:
    assert "secret" not in shown([Message("system", "secret"), user("I avoid nuts")])


def test_empty_messages_are_not_shown() -> None:
    assert shown([user("  "), user("tea")]) == "New messages:\nuser: tea"


def test_what_the_assistant_says_after_the_user_is_not_shown_for_the_users_facts() -> None:
    assert "restaurant" not in shown([user("No nuts"), assistant("I told the restaurant")])


def test_the_whole_turn_is_shown_for_the_assistants_facts() -> None:
    text = shown([user("No nuts"), assistant("I told the restaurant")], "assistant")
    assert text == "New messages:\nuser: No nuts\nassistant: I told the restaurant"


def test_earlier_messages_stand_apart_from_the_new_ones() -> None:
    text = shown([user("She is vegan")], context=[user("Ana is my sister"), assistant("Nice")])
    assert text == (
        "Earlier messages:\nuser: Ana is my sister\nassistant: Nice\n"
        "New messages:\nuser: She is vegan"
    )


def test_instructions_stand_first() -> None:
    text = shown([user("tea")], instructions=" Only food. ")
    assert text == "Instructions: Only food.\nNew messages:\nuser: tea"


@pytest.mark.parametrize(
    ("subject", "prompt"), [("user", "user_facts"), ("assistant", "agent_facts")]
)
def test_each_subject_has_its_prompt(subject: Subject, prompt: str) -> None:
    llm = ScriptedLLM([[]])
    extract(llm, [user("tea"), assistant("tea")], subject=subject)
    assert [call.prompt for call in llm.calls] == [prompt]


def test_without_a_message_of_the_subject_the_model_is_not_asked() -> None:
    llm = ScriptedLLM([])
    assert extract(llm, [assistant("tea")], subject="user") == []


@pytest.mark.parametrize("small_talk", ["Hi, how are you?", "Thanks, bye!", "Is it far?"])
def test_of_small_talk_the_model_is_not_asked(small_talk: str) -> None:
    assert extract(ScriptedLLM([]), [user(small_talk)], subject="user") == []


def test_context_is_given_only_to_what_leans_on_it() -> None:
    context = [user("Ana is my sister")]
    assert "Ana" not in shown([user("I fly to Rome on 3 May with Tom")], context=context)
    assert "Ana" in shown([user("She flies to Rome on 3 May")], context=context)


def test_a_long_earlier_message_is_shortened() -> None:
    text = shown([user("She is vegan")], context=[user("Ana is my sister. " + "word " * 500)])
    assert "Ana is my sister" in text
    assert len(text) < 400


# -- several who speak


def test_a_speaker_called_by_a_short_form_is_another_speaker_still() -> None:
    said = [user("Right, Mel. I paint.", "Ana"), user("I swim a lot.", "Melanie")]
    llm = ScriptedLLM([["Mel paints", "Ana paints"], ["Melanie swims a lot"]])
    facts = [fact.text for fact in extract(llm, said, subject="user")]
    assert facts == ["Ana paints", "Melanie swims a lot"]


DANCERS = [
    user("Hi Jon! You'd be a great teacher. I lost my job yesterday. What do you do?", "Gina"),
    user("Sorry, Gina! There I started a dance studio.", "Jon"),
]


def test_each_speaker_is_read_apart_with_what_others_said_before() -> None:
    llm = ScriptedLLM([[], []])
    extract(llm, DANCERS, subject="user")
    first, second = (call.text for call in llm.calls)
    assert first == "New messages:\nGina: Hi Jon! I lost my job yesterday."
    assert second.endswith("New messages:\nJon: Sorry, Gina! There I started a dance studio.")
    assert "Earlier messages:\nGina: Hi Jon! You'd be" in second


def test_a_speakers_words_give_no_facts_of_another_speaker() -> None:
    llm = ScriptedLLM([["Jon lost his job yesterday", "Gina lost her job yesterday"], []])
    assert [f.text for f in extract(llm, DANCERS, subject="user")] == [
        "Gina lost her job yesterday"
    ]


def test_a_fact_of_several_speakers_comes_from_its_speakers_message() -> None:
    llm = ScriptedLLM([["Gina lost her job"], ["Jon started a dance studio"]])
    facts = extract(llm, DANCERS, subject="user")
    assert [fact.messages for fact in facts] == [(0,), (1,)]


# -- facts


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (
            "Gestern hat die Katze Junge bekommen",
            "Gestern (2026-08-17) hat die Katze Junge bekommen",
        ),
        ("Mañana empiezo en la panadería", "Mañana (2026-08-19) empiezo en la panadería"),
        ("Avant-hier j'ai signé pour le local", "Avant-hier (2026-08-16) j'ai signé pour le local"),
        ("明日、引っ越します", "明日 (2026-08-19)、引っ越します"),
        ("Trabajo por la mañana en Lugo", "Trabajo por la mañana en Lugo"),
        (
            "Nächste Woche fahre ich nach Rom",
            "Nächste Woche (2026-08-24 – 2026-08-30) fahre ich nach Rom",
        ),
        ("Le mois prochain je déménage", "Le mois prochain (2026-09) je déménage"),
        ("Fin du mois prochain je déménage", "Fin du mois prochain (2026-09) je déménage"),
        ("Dieses Jahr mache ich Abitur", "Dieses Jahr (2026) mache ich Abitur"),
        ("En dos semanas me mudo a Lugo", "En dos semanas (~2026-09-01) me mudo a Lugo"),
    ],
)
def test_a_word_for_a_day_in_another_language_gets_the_day(said: str, kept: str) -> None:
    llm = ScriptedLLM([[f"User: “{said}”"]])
    (fact,) = extract(llm, [user(said)], subject="user", today=date(2026, 8, 18))
    assert fact.text == f"User: “{kept}”"


@pytest.mark.parametrize(
    ("said", "fact", "kept"),
    [
        ("Nie jem glutenu", "User nie jem glutenu", "User: “Nie jem glutenu”"),
        ("Non fumo più", "User non fumo più", "User: “Non fumo più”"),
        ("Ich verdiene 3100 Euro", "User verdiene 3100 Euro", "User: “Ich verdiene 3100 Euro”"),
        ("Teletrabajo desde Lugo", "User teletrabajo desde Lugo", "User: “Teletrabajo desde Lugo”"),
        ("Não fumo", "User não fumo", "User: “Não fumo”"),
        ("Живу в Твери", "User живу в Твери", "User: “Живу в Твери”"),
        ("Bankada çalışıyorum", "User bankada çalışıyorum", "User: “Bankada çalışıyorum”"),
        ("Ich wurde 1987 geboren", "User wurde 1987 geboren", "User wurde 1987 geboren"),
        ("Di a luz a un niño", "User dio a luz a un niño", "User dio a luz a un niño"),
        ("J'habite à Lyon", "User habite à Lyon", "User habite à Lyon"),
        ("Wir haben zwei Esel", "Wir haben zwei Esel", "User: “Wir haben zwei Esel”"),
        ("Tenemos dos burros", "Tenemos dos burros", "User: “Tenemos dos burros”"),
        ("Mamy dwa osły", "Mamy dwa osły", "User: “Mamy dwa osły”"),
        ("من پزشک هستم", "User پزشک هستم", "User: “من پزشک هستم”"),
        ("Mieszkam w Łodzi", "User mieszka w Łodzi", "User mieszka w Łodzi"),
    ],
)
def test_a_fact_with_a_verb_of_the_first_person_gives_way(said: str, fact: str, kept: str) -> None:
    assert found([fact], user(said)) == [kept]


@pytest.mark.parametrize(
    ("said", "facts", "kept"),
    [
        ("Suggest a treat without sugar.", ["User suggests a treat without sugar"], []),
        ("Explain monads to me like I'm five", ["User explains monads"], []),
        (
            "Don't use bullet points with me please, and keep it under 100 words.",
            ["User doesn't use bullet points", "User keeps the message under 100 words"],
            ["User asks: Don't use bullet points with me please, and keep it under 100 words"],
        ),
        (
            "I work nights at the bakery, so don't schedule anything before 2 pm.",
            ["User doesn't schedule anything before 2 pm"],
            ["User asks: don't schedule anything before 2 pm", "User works nights at the bakery"],
        ),
        (
            "My dad died in May so please never suggest gifts for him",
            ["User never suggests gifts for him", "User's dad died in May"],
            ["User's dad died in May", "User asks: never suggest gifts for him"],
        ),
        (
            "Could you remind me to renew my passport, it expires in July?",
            ["User needs to renew their passport"],
            ["User asks: remind me to renew my passport, it expires in July"],
        ),
        ("Can you remind me how to boil eggs?", ["User boils eggs"], []),
        (
            "As a nurse, I want to see allergies at a glance so that nobody is harmed.",
            ["User wants to see allergies at a glance"],
            [],
        ),
        (
            "From: hr@acme.test To: all Subject: Holiday. We are closed on 5 May. - when is that?",
            ["User is sending an email to all"],
            [],
        ),
        (
            "Our team uses feature flags and we squash-merge.",
            ["Our team uses feature flags", "We squash-merge"],
            ["User's team uses feature flags", "User squash-merges"],
        ),
        (
            "I think I might be pregnant. The doc put me on pills",
            ["User thinks she might be pregnant", "The doc put the user on pills"],
            ["User thinks they might be pregnant", "The doc put User on pills"],
        ),
        (
            "I explain things slowly",
            ["User explains things slowly"],
            ["User explains things slowly"],
        ),
        (
            "I finally switched to Linux, what's the equivalent of Notepad",
            ["User finally switched to Linux, what's the equivalent of Notepad"],
            ["User finally switched to Linux"],
        ),
        (
            "My ex has the kids every other weekend, so can you plan meals for one?",
            ["User has the kids every other weekend"],
            ["User's ex has the kids every other weekend"],
        ),
        ("My mum will be 70 in July", ["User's mum is 70"], ["User's mum will be 70 in July"]),
        (
            "I work nights and I can't sleep, any tips?",
            ["User works nights"],
            ["User works nights"],
        ),
        (
            "Thinking about getting a second dog but the flat's tiny",
            ["User x"],
            ["User is thinking about getting a second dog but the flat's tiny"],
        ),
    ],
)
def test_orders_and_questions_are_no_deeds(said: str, facts: list[str], kept: list[str]) -> None:
    llm = ScriptedLLM([facts])
    llm.parameters = 1_500_000_000  # type: ignore[attr-defined]
    told = [fact.text for fact in extract(llm, [user(said)], subject="user")]
    assert told[: len(kept) or 1] == kept


@pytest.mark.parametrize(
    ("said", "fact", "lost"),
    [
        (
            "Ich habe nächste Woche Prüfung",
            "User hat am kommenden Wochenende Prüfung",
            "Wochenende",
        ),
        ("我妹妹在成都当老师，我在上海做会计。", "妹妹在上海做会计", "妹妹在上海"),
        ("Meine Schwester ist Ärztin", "User ist die Schwester von User", "von User"),
        ("Recuérdame que viene Ana", "User recuerda que viene Ana", "recuerda"),
        ("Mon fils a 7 ans, une idée de cadeau ?", "User a 7 ans", "User a 7 ans"),
        ("The Corsa failed its MOT. Should I scrap it?", "Should I scrap the Corsa?", "Should"),
        ("Gregor is my line manager.", "User is Gregor's line manager", "User is Gregor"),
        (
            "Definition of done: tests green, docs updated, demoed to Marta.",
            "User has demoed the product to Marta",
            "User has",
        ),
        (
            "My favourite team lost again and this is what I get",
            "User lost their favourite team",
            "User lost",
        ),
        ("My uncle taught me to fish", "User's uncle taught him to fish", "him"),
        ("I play the bass.", "User sells the bass", "sells"),
        ("Suono il basso.", "User vende il basso", "vende"),
        ("Ich spiele Bass.", "User verkauft Bass", "verkauft"),
        ("我弹贝斯。", "User卖贝斯", "卖"),
        ("ベースを弾きます。", "Userはベースを売ります", "売"),
        ("我升销售总监了！", "小郑升销售总监", "小郑"),
        ("お酒をやめて三か月になります。", "Userは三か月後に酒をやめます", "三か月後"),
        ("QA signs off before marketing, never after.", "QA signs off after marketing", "after m"),
        ("My brother-in-law paints", "Their brother-in-law paints", "Their"),
        ("Hmm, no dobra, dzięki!", "User dzięki", "dzięki"),
        ("Ich heiße Wiebke und bin 38.", "Wiebke ist 38 Jahre alt", "Wiebke ist"),
        ("Dinner is at Bistro Lumen, 7 pm", "Bistro Lumen is at 7 pm", "Lumen is at"),
        ("Half of the team is in Lagos", "The team is in Lagos", "The team"),
        ("Die Hälfte der Kollegen ist krank", "Kollegen sind krank", "Kollegen sind"),
        ("Casi la mitad de mis amigos son veganos", "Los amigos de User son veganos", "Los amigos"),
        ("Can't eat shellfish, swells my throat up", "User swells their throat up", "User swells"),
        ("The key is under the pot; don't tell Jo", "User doesn't tell Jo", "User doesn't tell"),
        ("Dr Okafor retired, so my GP is Dr Berg now", "Dr Okafor is the GP of User", "Okafor is"),
        ("Sam left, so our lead is Ana now.", "Sam is User's lead", "Sam is"),
        ("Sam left. Dev is our team lead now.", "Sam is the team lead now", "Sam is the"),
        ("Meine Miete beträgt 720 Euro.", "User's rent is 720 Euro", "rent"),
        ("담배 끊은 지 한 달 됐어요", "User가 담배를 한 달에 한 갑씩 피워요", "피워요"),
        (
            "Mr Haddad drums at night. We've complained twice.",
            "Mr Haddad complained twice",
            "Haddad complained",
        ),
        ("The cat gets half a tablet daily", "The cat gets a tablet daily", "gets a tablet"),
        ("It's my dad's 70th on Saturday.", "User's dad is 70th", "is 70th"),
        ("Him: 31, Leo, chef.", "Him is 31 and Leo", "Him is"),
        ("Last year I weighed 96 kg, now 82.", "User x", "now 82 last year"),
        ("Sono incinta, è una femmina.", "User è una femmina", "User è una femmina"),
        ("Saya vegetarian, tapi suami saya tidak.", "User suami tidak", "User suami tidak"),
        ("Todavía no conozco a nadie", "User todavía no conozco a nadie", "User todavía no cono"),
        ("I need help with a CV for a nurse role", "User is a nurse", "is a nurse"),
        ("Applied for a job as a welder, wish me luck", "User works as a welder", "works as"),
        ("They moved me to Friday, it was Monday", "They moved User to Monday", "to Monday"),
        ("My gf pays, she has more", "User and his girlfriend pay", "his girlfriend"),
        ("İzmir'de öğretmenim", "User teaches chemistry in İzmir", "teaches"),
        ("Asun Turussa ja työskentelen kokkina.", "Asun Turussa on työskenteljä", "on työ"),
        ("Locuiesc la Cluj și lucrez mult.", "User lives in Cluj", "lives"),
        ("در تبریز زندگی می‌کنم", "User می‌کند در تبریز زندگی می‌کند", "می‌کند در"),
    ],
)
def test_what_a_small_model_makes_of_a_clause_gives_way(said: str, fact: str, lost: str) -> None:
    assert not any(lost in told for told in found_by_small_model([fact], said))


def test_relative_dates_are_seen_from_the_day_of_the_turn() -> None:
    llm = ScriptedLLM([["User lost their job yesterday"]])
    said = [user("I lost my job yesterday")]
    (fact,) = extract(llm, said, subject="user", today=date(2023, 1, 20))
    assert fact.text == "User lost their job on 19 January 2023"


def test_a_gender_that_is_not_in_the_source_is_not_stored() -> None:
    assert found(["User flies to Rome with her sister"], user("I fly to Rome with my sister")) == [
        "User flies to Rome with their sister"
    ]
    assert found(["Ana sold her boat"], user("Ana sold her boat")) == ["Ana sold her boat"]
    assert found(["User calls her daily"], user("My mum is ill, I call her daily")) == [
        "User calls her daily"
    ]


def test_a_fact_names_its_subject_and_its_possible_messages() -> None:
    llm = ScriptedLLM([["User avoids nuts"]])
    messages = [Message("system", "be kind"), user("I avoid nuts"), assistant("Noted")]
    assert extract(llm, messages, subject="user") == [Fact("User avoids nuts", "user", (1,))]


def test_a_fact_is_found_once_however_it_is_written() -> None:
    assert found(["User likes tea", "user likes TEA", "User likes  tea"], user("I like tea")) == [
        "User likes tea"
    ]


def test_a_fact_with_a_name_that_is_not_in_the_source_is_dropped() -> None:
    assert found(["User is called Bob", "User likes tea"], user("I like tea")) == ["User likes tea"]


def test_a_fact_of_the_context_alone_is_dropped() -> None:
    llm = ScriptedLLM([["Ana is User's sister", "Ana is vegan"]])
    context = [user("Ana is my sister")]
    facts = extract(llm, [user("She is vegan")], subject="user", context=context)
    assert [fact.text for fact in facts] == ["Ana is vegan"]


def test_blank_facts_are_dropped_and_blanks_inside_are_one_space() -> None:
    assert found([" ", "User  likes\ntea "], user("I like tea")) == ["User likes tea"]


# -- long input


def test_long_input_is_cut_between_messages() -> None:
    llm = small(60)
    extract(llm, [user(f"message {i} " + "word " * 30) for i in range(4)], subject="user")
    assert len(llm.calls) == 4
    assert all(call.text.count("user: message") == 1 for call in llm.calls)


def test_a_fact_of_a_part_names_the_messages_of_that_part() -> None:
    llm = small(60, [["User likes tea"], ["User likes rum"]])
    messages = [user("I like tea " + "word " * 25), user("I like rum " + "word " * 25)]
    facts = extract(llm, messages, subject="user")
    assert [(fact.text, fact.messages) for fact in facts] == [
        ("User likes tea", (0,)),
        ("User likes rum", (1,)),
    ]


def test_a_message_longer_than_the_context_is_cut_where_a_sentence_ends() -> None:
    llm = small(80)
    sentences = [f"Sentence {i} ends here and not before." for i in range(40)]
    extract(llm, [user(" ".join(sentences))], subject="user")
    assert len(llm.calls) > 1
    for call in llm.calls:
        assert call.text.startswith("New messages:\nuser: Sentence")
        assert call.text.endswith(".")


words = st.text(st.characters(codec="ascii", categories=["Ll"]), min_size=1, max_size=12)
long_messages = st.lists(
    st.tuples(st.sampled_from(["user", "assistant"]), st.lists(words, max_size=120)),
    min_size=1,
    max_size=8,
)


@given(long_messages, st.integers(30, 200))
def test_every_word_of_the_input_is_shown_in_some_call(
    drawn: list[tuple[str, list[str]]], room: int
) -> None:
    numbered = [
        (role, [f"{i}x{j}{word}" for j, word in enumerate(said)])
        for i, (role, said) in enumerate(drawn)
    ]
    llm = small(room)
    messages = [Message(role, " ".join(said)) for role, said in numbered]
    extract(llm, [*messages, user("the end")], subject="user")
    seen = {word for call in llm.calls for word in call.text.split()}
    assert {word for _, said in numbered for word in said} <= seen


@given(long_messages, st.integers(30, 200))
def test_every_call_fits_into_the_context(drawn: list[tuple[str, list[str]]], room: int) -> None:
    llm = small(room)
    messages = [Message(role, " ".join(said)) for role, said in drawn]
    extract(llm, [*messages, user("the end")], subject="user", context=messages[:3])
    assert all(llm.count_tokens(call.text) <= room for call in llm.calls)


class _CountingLLM(ScriptedLLM):
    """Counts how often it has to count the tokens of each text."""

    counted: Counter[str]

    def count_tokens(self, text: str) -> int:
        self.counted[text] += 1
        return super().count_tokens(text)


def test_the_tokens_of_a_message_are_counted_once() -> None:
    llm = _CountingLLM([[]])
    llm.counted = Counter()
    messages = [user("I live in Oslo"), user("I work at the hospital")]
    extract(llm, messages, subject="user")
    shown = [f"user: {message.content}" for message in messages]
    assert {text: llm.counted[text] for text in shown} == dict.fromkeys(shown, 1)


def test_context_takes_a_share_of_the_room_and_the_latest_of_it_are_kept() -> None:
    llm = small(200)
    context = [user(f"earlier {i} " + "word " * 10) for i in range(10)]
    extract(llm, [user("now")], subject="user", context=context)
    (call,) = llm.calls
    assert "earlier 9" in call.text
    assert "earlier 0" not in call.text


@pytest.mark.parametrize("unreadable", ["{", "[]", '{"facts": "tea"}', '{"facts": [1]}', "null"])
def test_after_an_unreadable_answer_each_half_is_asked_for(unreadable: str) -> None:
    llm = ScriptedLLM([unreadable, ["User likes tea"], ["User likes rum"]])
    facts = extract(llm, [user("I like tea"), user("I like rum")], subject="user")
    assert [call.text for call in llm.calls[1:]] == [
        "New messages:\nuser: I like tea",
        "New messages:\nuser: I like rum",
    ]
    assert [fact.text for fact in facts] == ["User likes tea", "User likes rum"]


def test_one_message_that_fails_is_asked_for_in_halves() -> None:
    llm = ScriptedLLM(["{", [], []])
    extract(llm, [user("I like green tea. I like dark rum and cola")], subject="user")
    assert [call.text for call in llm.calls[1:]] == [
        "New messages:\nuser: I like green tea.",
        "New messages:\nuser: I like dark rum and cola",
    ]


ONE_SENTENCE = [
    "I like tea",
    "I work with Dr. Smith at St. Mary's on 3. Juni at 5 p.m. and like it",
    "I like tea ... and rum, e.g. from Barbados, approx. 2.5 litres",
    "My flight is at 9, wait no, at 11, gate B7, and then I go on to Graz by train and bus",
    "I like green tea and\nblack coffee from\nKenya",
    "Ich wohne in der Bahnhofstr. 5, bzw. nebenan bei Prof. Meier",
    "word " * 500,
]


@pytest.mark.parametrize("said", ONE_SENTENCE)
def test_a_sentence_is_never_cut_because_the_model_failed(said: str) -> None:
    llm = ScriptedLLM(["{"] * 9)
    with pytest.raises(ExtractionError):
        extract(llm, [user(said)], subject="user")
    assert len(llm.calls) == 1


@pytest.mark.parametrize(
    ("said", "halves"),
    [
        ("I like tea! Do you? no rum for me.", ["I like tea! Do you?", "no rum for me."]),
        ("i like green tea. i like rum.", ["i like green tea.", "i like rum."]),
        ("I like green tea\nI like rum", ["I like green tea", "I like rum"]),
        ("we need:\n- green tea\n- white rum", ["we need:\n  - green tea", "- white rum"]),
        ('She said "I like tea." She left.', ["She said 'I like tea.'", "She left."]),
        ("我喜欢绿茶。我不喜欢朗姆酒。", ["我喜欢绿茶。", "我不喜欢朗姆酒。"]),
        ("मुझे चाय पसंद है। मुझे रम पसंद नहीं।", ["मुझे चाय पसंद है।", "मुझे रम पसंद नहीं।"]),
        ("أحب الشاي. هل تحب القهوة؟ لا أحب القهوة", ["أحب الشاي. هل تحب القهوة؟", "لا أحب القهوة"]),
    ],
)
def test_a_message_that_fails_is_cut_between_sentences(said: str, halves: list[str]) -> None:
    llm = ScriptedLLM(["{", [], []])
    extract(llm, [user(said)], subject="user")
    assert [call.text.partition("user: ")[2] for call in llm.calls[1:]] == halves


def test_a_model_that_never_writes_facts_is_reported_after_few_calls() -> None:
    llm = ScriptedLLM(["{"] * 1_000)
    said = [user("word " * 500) for _ in range(8)]
    with pytest.raises(ExtractionError):
        extract(llm, said, subject="user")
    assert len(llm.calls) <= 2 * math.log2(8 * 2_500)


def test_a_failure_that_halving_cannot_help_is_raised_at_once() -> None:
    llm = ScriptedLLM([LLMError("no model"), []])
    with pytest.raises(LLMError, match="no model"):
        extract(llm, [user("one"), user("two")], subject="user")
    assert len(llm.calls) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        {"messages": [user("tea")], "instructions": "word " * 5_000},
        {"messages": [user("tea", name="n" * 20_000)]},
    ],
    ids=["instructions", "name"],
)
def test_what_cannot_be_made_to_fit_is_an_error_of_the_model(arguments: dict[str, Any]) -> None:
    with pytest.raises(LLMError):
        extract(ScriptedLLM([[]]), subject="user", **arguments)


# -- whose facts

U, A, R = {"user_id": "u"}, {"agent_id": "a"}, {"run_id": "r"}
BOTH = [user("hi"), assistant("hello")]


@pytest.mark.parametrize(
    ("ids", "messages", "expected"),
    [
        (U, [user("hi")], ["user"]),
        (U, BOTH, ["user"]),
        (U, [assistant("hello")], []),
        (R, BOTH, ["user"]),
        (A, [user("hi")], ["user"]),
        (A, BOTH, ["assistant"]),
        (A, [assistant("hello")], ["assistant"]),
        (U | A, [user("hi")], ["user"]),
        (U | A, BOTH, ["user", "assistant"]),
        (U | A, [assistant("hello")], ["assistant"]),
        (U | A | R, BOTH, ["user", "assistant"]),
        (U, [Message("system", "be kind")], []),
        (U, [Message("tool", "42")], []),
    ],
)
def test_the_subjects_of_extraction_depend_on_the_ids_and_the_speakers(
    ids: dict[str, str], messages: list[Message], expected: list[Subject]
) -> None:
    assert subjects(Scope(**ids), messages) == expected


def test_of_a_long_earlier_message_only_the_ends_are_read() -> None:
    """Otherwise each add after a message of a few megabytes takes seconds."""
    short, earlier = (
        assistant("The station is far from here. " * n + "Do you like it?") for n in (300, 30_000)
    )
    said = [user("And then I moved there.")]
    extract(ScriptedLLM([[]]), said, subject="user", context=[short])  # compiles the patterns
    tracemalloc.start()
    try:
        extract(ScriptedLLM([[]]), said, subject="user", context=[earlier])
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < len(earlier.content) / 2  # no copy of the text is made
    (yes,) = extract(ScriptedLLM([]), [user("Yes.")], subject="user", context=[earlier])
    assert "like" in yes.text


@pytest.mark.parametrize("text", ["word " * 200_000, "x" * 1_000_000])
def test_facts_are_read_from_the_beginning_of_a_long_message(text: str) -> None:
    (kept,) = read = readable([Message("user", text, "Cam")])
    (rest,) = read.set_aside
    assert len(kept.content) <= READ
    assert kept.content + rest.text == text
    assert kept.name == "Cam"


def test_a_message_of_common_length_is_read_whole() -> None:
    given = [user("x" * READ), assistant("")]
    assert readable(given) == given
    assert readable(given).set_aside == ()


@pytest.mark.parametrize(
    ("said", "facts", "kept"),
    [
        (
            "I'm a midwife in Galway, nights mostly.",
            ["User is a midwife in Galway"],
            "User is a midwife in Galway, nights mostly",
        ),
        (
            "I drive a bus in Cork, weekends only.",
            ["User drives a bus in Cork"],
            "User drives a bus in Cork, weekends only",
        ),
        (
            "I'd like you to answer in plain words, please.",
            [],
            "User asks: answer in plain words",
        ),
        (
            "I want you to always use metric units.",
            [],
            "User asks: always use metric units",
        ),
        (
            "I'd rather you didn't use bullet points",
            [],
            "User asks: don't use bullet points",
        ),
        (
            "You asked about my setup: 27 inch monitor, Framework laptop, keyboard for my RSI",
            ["User has a 27 inch monitor"],
            "User: “27 inch monitor, Framework laptop, keyboard for my RSI”",
        ),
        (
            "I'd prefer it if you wrote in French",
            [],
            "User: “I'd prefer it if you wrote in French”",
        ),
        (
            "I'm blind, use a screen reader and work at Lidl.",
            [],
            "User is blind, uses a screen reader and works at Lidl",
        ),
        (
            "I live in Bath and work in Bristol",
            [],
            "User lives in Bath and works in Bristol",
        ),
        (
            "I want to live in Bath and work in Bristol",
            [],
            "User wants to live in Bath and work in Bristol",
        ),
        (
            "We're a team of nine: six devs, two designers, one PM.",
            [],
            "User: “We're a team of nine: six devs, two designers, one PM.”",
        ),
    ],
)
def test_an_aside_and_a_wish_are_kept(said: str, facts: list[str], kept: str) -> None:
    assert found_by_small_model(facts, said) == [kept]


def found_by_small_model(facts: list[str], said: str) -> list[str]:
    """Return what is kept if a model of 1.5 billion parameters writes these facts."""
    llm = ScriptedLLM([facts])
    llm.parameters = 1_500_000_000  # type: ignore[attr-defined]
    return [fact.text for fact in extract(llm, [Message("user", said)], subject="user")]


@pytest.mark.parametrize(
    ("said", "facts", "kept"),
    [
        (
            "I've been vegetarian since 2011, my wife isn't.",
            ["User has been vegetarian since 2011", "User's wife isn't"],
            [
                "User has been vegetarian since 2011",
                "User: “I've been vegetarian since 2011, my wife isn't.”",
            ],
        ),
        (
            "My son speaks French, I don't.",
            ["User's son speaks French"],
            ["User's son speaks French", "User: “My son speaks French, I don't.”"],
        ),
        (
            "Mein Mann verträgt keine Laktose, ich schon.",
            ["User hat einen Mann, der keine Laktose verträgt"],
            [
                "User hat einen Mann, der keine Laktose verträgt",
                "User: “Mein Mann verträgt keine Laktose, ich schon.”",
            ],
        ),
        (
            "Ma femme mange de la viande, moi pas.",
            ["La femme de User mange de la viande"],
            ["User: “Ma femme mange de la viande, moi pas.”"],
        ),
        (
            "Does my family like olives? My dad does.",
            ["User x"],
            ["User: “Does my family like olives? My dad does.”"],
        ),
        (
            "Does my family like olives? My dad does.",
            ["User's dad likes olives"],
            ["User's dad likes olives"],
        ),
        (
            "I've got ADHD so long answers lose me.",
            ["User has ADHD"],
            ["User has got ADHD so long answers lose them"],
        ),
        (
            "Жена ест мясо, а я нет.",
            ["Жена User ест мясо"],
            ["Жена User ест мясо", "User: “Жена ест мясо, я нет.”"],
        ),
    ],
)
def test_what_is_left_out_of_a_clause_is_told_with_it(
    said: str, facts: list[str], kept: list[str]
) -> None:
    assert found_by_small_model(facts, said) == kept


@pytest.mark.parametrize(
    ("said", "facts", "kept"),
    [
        (
            "Please don't ever suggest recipes with coriander, it tastes of soap",
            ["User doesn't like recipes with coriander"],
            [
                "User doesn't like recipes with coriander",
                "User asks: don't ever suggest recipes with coriander, it tastes of soap",
            ],
        ),
    ],
)
def test_a_wish_is_more_than_a_taste(said: str, facts: list[str], kept: list[str]) -> None:
    assert found_by_small_model(facts, said) == kept


@pytest.mark.parametrize(
    "said", ["I'd like you to answer my aunt's mail.", "I want you to reply to this message."]
)
def test_a_wish_for_one_piece_of_work_is_not_kept(said: str) -> None:
    llm = ScriptedLLM([[]])
    llm.parameters = 1_500_000_000  # type: ignore[attr-defined]
    assert not list(extract(llm, [Message("user", said)], subject="user"))
