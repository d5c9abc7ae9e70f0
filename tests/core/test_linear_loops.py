"""Functions that read text or lists take twice the time for twice the text, whatever it says."""

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from itertools import product
from operator import itemgetter
from typing import Any

import pytest

from helpers import NIGHTLY
from helpers.growth import Build, excess, seconds
from helpers.records import record
from litemem.cli import output
from litemem.core import documents
from litemem.core.arguments import check_categories, check_messages, check_metadata
from litemem.core.clock import parse_duration, parse_time
from litemem.core.scope import Scope
from litemem.core.text import (
    clauses,
    dates,
    english,
    language,
    names,
    reactions,
    scripts,
    statements,
    words,
)
from litemem.core.text.english import day_names
from litemem.core.text.machine_text import without_machine_text
from litemem.core.text.query_words import query_words, stop_words
from litemem.core.text.questions import presupposed
from litemem.core.types import Message, SourceMessage
from litemem.errors import LitememError
from litemem.extraction import run_document, sanitize, verbatim
from litemem.extraction.ask import parse
from litemem.extraction.binding import Binding
from litemem.extraction.chunking import Entry, Line, abridge, lines, segments, split_to_fit
from litemem.extraction.facts import ANSWER_TOKENS, extract
from litemem.extraction.grounding import Grounding
from litemem.extraction.relations import RelationGrounding
from litemem.extraction.requests import read_requests
from litemem.ingestion import compare, fact_features
from litemem.ingestion.runs import already_read
from litemem.ingestion.topics import topic_of
from litemem.inspector.site import marked
from litemem.retrieval import profile
from litemem.retrieval.context import choose, lines_of
from litemem.retrieval.search import parse_query
from litemem.store.archive.lines import ArchiveFile, Header
from litemem.store.archive.merge import merge_versions
from litemem.store.filters import compile_filter
from litemem.testing import ScriptedLLM
from litemem.transfer.export import escape_markdown
from litemem.transfer.html import html_lines

CHARACTERS = 20_000  # of texts on which a function took long at the first sight
SIGHT = 4_000 if NIGHTLY else 1_200  # characters on which each text is tried
SLOWEST = 3  # texts of a function that are tried with more characters
ITEMS = 4_000  # of a list
CAM = Scope(user_id="cam")
DAY = date(2023, 5, 8)

# Each is repeated to a long text: what people, tools and attackers write.
UNITS = (
    *("कल ", "3 august goals ", "is my June "),
    *("a", "A", "1", ".", ",", "!", "?", "-", "_", "/", "\\", "'", '"', "(", "[", "{", "<", "`"),
    *(" ", "\n", "\t", "\0", "é", "日", "😀", "\u0301", "\u0301\u0316", "\u0f73", "\u200b"),
    *("ö", "ا", "ال", "כ", "हि", "न्", "ね", "の", "です", "가", "กา", "的", "猫", "IT ", "Will's "),
    *(
        "a.",
        "a-",
        "a/",
        "a'",
        "a_1",
        "1.",
        "1,",
        "A, ",
        "A ",
        "a b ",
        "Ab, and ",
        ". ",
        ".\n",
        "a\n",
    ),
    *(
        "I like tea. ",
        "Cam is 5. ",
        "yesterday ",
        "yesterday's ",
        "5 May 2023 ",
        "May ",
        "from May ",
    ),
    *(
        "since ",
        "not ",
        "lives ",
        "two ",
        "Two Ana and Bo ",
        "I'm ",
        "name is ",
        "is 4, ",
        "and 4 ",
    ),
    *("Error ", "http://a ", "a/b.c ", "a::b", "`` ` ", "```\n", "~~~", "# ", "- ", "> ", "| a "),
    *("<|im_start|>", "<<SYS>>", "[INST]", "user: hi\n", '{"facts": [', '{"a":', "ignore all. "),
    *("please fix ", "you? ", "the ", "in ", "because ", "User's ", "<script>", "&amp;", "🇦🇧"),
    *("<document>\n", "</document>", "<document a"),
)
ENDS = ("", " y")


def repeated(unit: str, end: str = "", begin: str = "") -> Build:
    return lambda n: begin + unit * (n // len(unit)) + end


def is_own_name(text: str) -> bool:
    return english.is_own_name("Cam", text)


def fits(line: Line) -> bool:
    return len(line.content) <= 200


def grounded(fact: str) -> object:
    grounding = Grounding(["I like tea with Ana, and two cats."], ["I like tea."], ["Bo"])
    return grounding.rejection_reason(fact), grounding.without_gender(fact)


def grounding(said: str) -> object:
    found = Grounding([said], [said], ["Bo"])
    return [
        (found.rejection_reason(fact), found.without_gender(fact), found.ungrounded_terms(fact))
        for fact in (
            "User likes tea",
            "User is called Ana",
            "Cam is 5 years old",
            "Cam and his son",
        )
    ]


def related(fact: str) -> object:
    found = RelationGrounding(fact, CAM)
    return found.correct("user", "likes", "tea"), found.correct(fact, fact, fact)


def restored(text: str) -> object:
    source = verbatim.Source([text])
    return source.restore_exact_tokens("We wrote 12 files to /a/b.c, see http://a.b/c and E_NO.x1")


def restored_from(sentence: str) -> object:
    return verbatim.Source(["We wrote a/b.c."]).restore_exact_tokens(sentence)


def quoted(text: str) -> object:
    return verbatim.quotes([Entry("assistant", text), Entry("tool", text)], text[:1_000], 3)


def read_archive(text: str) -> object:
    line = json.dumps({"kind": "message", "number": 1, "user_id": "cam", "role": "user"})
    body = f'{line[:-1]}, "content": {json.dumps(text)}, "created_at": 1}}\n'.encode()
    header = Header({"message": 1}, "0" * 64).line()
    return allowed(lambda: list(ArchiveFile(io.BytesIO(header + body)).items()))


def allowed(call: Callable[[], object]) -> object:
    """Call a function, which may refuse what it is given."""
    try:
        return call()
    except (LitememError, ValueError, RecursionError):
        return None


def told(text: str) -> object:
    return extract(scripted(), [Message("user", text)], subject="user", today=DAY)


def bound(text: str) -> object:
    """Return what a binding makes of a text and a fact that holds its words."""
    binding = Binding([(text, 0)], Grounding([text], [text]), trusts_model=False)
    binding.hold(f"User likes {text[:100]}")
    return [*binding.additions(), *binding.set_aside()]


def scripted() -> ScriptedLLM:
    """Return a model that finds the same facts in each part."""
    llm = ScriptedLLM([{"facts": ["Cam likes tea", "User likes 5 cats"]}] * 2_000)
    llm.context_tokens = ANSWER_TOKENS + 6_000
    return llm


def in_context(texts: Sequence[str]) -> object:
    """Choose from memories of these texts, and from messages in which they were said."""
    results = [
        {"id": f"{i}", "memory": text, "created_at": "2025-06-15T00:00:00", "score": 0.5}
        for i, text in enumerate(texts)
    ]
    said = {
        f"{i}": [SourceMessage(f"s{i}", "user", f"{text} b", text, 0)]
        for i, text in enumerate(texts)
    }
    lines = lines_of(results, said)
    return choose(lines, texts[0], budget=1_000, count=len, layout="text").shown("text")


def in_profile(texts: Sequence[str]) -> object:
    """Choose a profile of as many lines as there are memories."""
    memories = [record(str(i), text) for i, text in enumerate(texts)]
    chosen = profile.choose(
        memories,
        standings={},
        mentions={},
        doubts=(),
        name=texts[0],
        of_agent=False,
        now=0,
        max_lines=len(texts),
    )
    return chosen.text, profile.Wording.of(texts[0]).group()


TEXTS: dict[str, Callable[[str], object]] = {
    "sanitize": sanitize.sanitize,
    "split_documents": documents.split_documents,
    "first_person_sentences": sanitize.first_person_sentences,
    "questions": sanitize.questions,
    "needs_context": sanitize.needs_context,
    "is_small_talk": sanitize.is_small_talk,
    "sentences": words.sentences,
    "written_sentences": words.written_sentences,
    "tokens": words.tokens,
    "smallest tokens": lambda text: words.tokens(text, smallest=True),
    "query_words": query_words,
    "stop_words": stop_words,
    "fold": scripts.fold,
    "index_words": words.index_words,
    "needs_index_words": words.needs_index_words,
    "stems_of": lambda text: words.stems_of([text], lambda word: word),
    "holding a word": lambda text: words.holding(
        [text], {"aaaa": "aaaa", "日日": "日日", "like": "like", "IT": "IT"}, lambda word: word
    ),
    "holding a text": lambda text: words.holding(
        ["I like tea"], words.stems_of([text], lambda word: word), lambda word: word
    ),
    "any_of": lambda text: words.any_of([text]),
    "all_of": lambda text: words.all_of([text]),
    "marked": lambda text: marked(text, text),
    "a page of HTML": lambda text: list(
        html_lines([json.dumps({"kind": "deleted", "id": "x", "history": [], "user_id": text})])
    ),
    "fts_fold": words.fts_fold,
    "digits": words.digits,
    "read_dates": lambda text: dates.read_dates(text, DAY),
    "possible_names": day_names.possible_names,
    "is_used_as_name": lambda text: day_names.is_used_as_name("april", text),
    "mentions": lambda text: dates.mentions(text, DAY),
    "resolve": lambda text: dates.resolve(text, DAY),
    "language": language.language,
    "form": names.form,
    "forms_in": names.forms_in,
    "may_be_one": lambda text: names.may_be_one(text, text[1:]),
    "is_own_name": is_own_name,
    "is_own_name of the text": lambda text: english.is_own_name(text[:50], text),
    "misnames_user": lambda text: english.misnames_user("User is called Cam", [text]),
    "guesses_age": lambda text: english.guesses_age("Ana is 7 years old", [text]),
    "without_guessed_relatives": lambda text: english.without_guessed_relatives("a son", [text]),
    "flaw": english.flaw,
    "presupposed": presupposed,
    "is_note": english.is_note,
    "is_vague": english.is_vague,
    "only_reacts": lambda text: [
        reactions.only_reacts(c) for c in clauses.clauses_of("ich " + text)
    ],
    "quoted_answer": lambda text: english.quoted_answer(text + "?", "yes"),
    "is_impersonal": english.is_impersonal,
    "leaves_open": english.leaves_open,
    "reports_failure": english.reports_failure,
    "reports_success": english.reports_success,
    "decides": english.decides,
    "a fact": grounded,
    "what was said": grounding,
    "relations": related,
    "exact_tokens": verbatim.exact_tokens,
    "restore_exact_tokens from": restored,
    "restore_exact_tokens in": restored_from,
    "quotes": quoted,
    "clipped": verbatim.clipped,
    "entry": run_document.entry,
    "from_markdown": lambda text: run_document.to_markdown(run_document.from_markdown(text)),
    "merged": lambda text: run_document.merged(
        run_document.from_markdown(text), run_document.from_markdown(text[1:])
    ),
    "abridge": abridge,
    "split_to_fit": lambda text: list(split_to_fit(Line("user", text, 0), fits)),
    "segments": lambda text: segments([Message("assistant", text)], len, 700),
    "extract": told,
    "own_words": clauses.own_words,
    "without_machine_text": without_machine_text,
    "read_requests": read_requests,
    "topic_of": lambda text: topic_of(text, "en"),
    "clauses_of": clauses.clauses_of,
    "stated_parts": clauses.stated_parts,
    "third_person": english.third_person,
    "wish": english.wish,
    "answered": lambda text: english.answered(f"Do you {text}?", text),
    "asked_of": lambda text: english.asked_of("Do you use it?", text),
    "points_only": english.points_only,
    "binding": bound,
    "features_of": fact_features.features_of.__wrapped__,
    "compare_facts": lambda text: compare.compare_facts(text, f"{text[1:]} b", 0.9),
    "slots of English": lambda text: statements.read.__wrapped__(text, "en"),
    "slots of Chinese": lambda text: statements.read.__wrapped__(text, "zh"),
    "slots of Korean": lambda text: statements.read.__wrapped__(text, "ko"),
    "slots of Arabic": lambda text: statements.read.__wrapped__(text, "ar"),
    "code_of_pair": lambda text: statements.code_of_pair(text, f"{text[1:]} b"),
    "as_user": lambda text: compare.as_user(text, frozenset(["Cam"])),
    "parse_query": lambda text: parse_query(text, ["Cam", "a", "Ana Bo", *text.split()], DAY),
    "context": lambda text: in_context([text]),
    "profile": lambda text: in_profile([text]),
    "filter value": lambda text: allowed(
        lambda: compile_filter({"text": {"icontains": text}}, CAM)
    ),
    "filter key": lambda text: allowed(lambda: compile_filter({text: {"in": [1] * 50}}, CAM)),
    "metadata key": lambda text: allowed(lambda: compile_filter({f"metadata.{text}": 1}, CAM)),
    "parse_time": lambda text: allowed(lambda: parse_time(text)),
    "parse_duration": lambda text: allowed(lambda: parse_duration(text, "age")),
    "check_messages": lambda text: allowed(lambda: check_messages(text)),
    "check_metadata": lambda text: allowed(lambda: check_metadata({text: [text]})),
    "JSON": lambda text: allowed(lambda: parse(text)),
    "archive": read_archive,
    "table": lambda text: output.table(["id", "memory"], [["1", text]], 80),
    "card": lambda text: output.card([("memory", text)], 80),
    "narrow card": lambda text: output.card([("memory", text)], 12),
    "visible": output.visible,
    "escape_markdown": escape_markdown,
}


def slowest(call: Callable[[Any], object]) -> list[tuple[str, Build]]:
    """Return the texts on which a function takes longest, and grows most."""
    found = []
    for unit, end in product(UNITS, ENDS):
        build = repeated(unit, end, "x " * bool(end))
        half, whole = seconds(call, build(SIGHT // 4)), seconds(call, build(SIGHT))
        found.append((whole, whole / max(half, 1e-4), f"{unit!r} * n + {end!r}", build))
    longest = sorted(found, key=itemgetter(0), reverse=True)[:SLOWEST]
    growing = sorted(found, key=itemgetter(1), reverse=True)[:SLOWEST]
    return list({name: (name, build) for _, _, name, build in (*longest, *growing)}.values())


@pytest.mark.parametrize("name", TEXTS)
def test_a_function_over_text_is_linear(name: str) -> None:
    for text, build in slowest(TEXTS[name]):
        found = excess(TEXTS[name], build, CHARACTERS)
        assert found is None, f"{text} takes {found}"


# -- lists


def messages(roles: Sequence[str], content: str = "I like tea {i}.") -> Build:
    return lambda n: [Message(roles[i % len(roles)], content.format(i=i), None) for i in range(n)]


def history(n: int) -> dict[str, Any]:
    events = [
        {"event": event, "created_at": 1, "updated_at": i, "new_memory": f"tea {i}"}
        for i in range(n // 2)
        for event in ("UPDATE", "DELETE")
    ]
    return {"content": "tea", "created_at": 1, "updated_at": 2, "history": events}


def procedure(n: int) -> run_document.Procedure:
    entries = tuple(f"wrote file {i}" for i in range(n))
    return run_document.Procedure(steps=entries, errors=entries, results=entries, open=entries)


LISTS: dict[str, tuple[Callable[[Any], object], Build]] = {
    "check_messages": (
        check_messages,
        lambda n: [{"role": "user", "content": [{"type": "text", "text": "a"}] * 3}] * n,
    ),
    "check_categories": (check_categories, lambda n: [f"c{i}" for i in range(n)]),
    "check_metadata": (check_metadata, lambda n: {f"k{i}": {"a": [i, {"b": i}]} for i in range(n)}),
    "lines": (lines, messages(["user", "assistant"])),
    "segments": (
        lambda found: segments(found, len, 700),
        messages(["user", "assistant", "tool"]),
    ),
    "extract": (
        lambda found: extract(scripted(), found, subject="user", today=DAY),
        messages(["user", "assistant"]),
    ),
    "extract answers": (
        lambda found: extract(scripted(), found, subject="user", today=DAY),
        messages(["assistant", "user"], "Tea with {i}?"),
    ),
    "already_read": (
        lambda found: already_read(found[: len(found) // 2], found[len(found) // 4 :]),
        messages(["user"]),
    ),
    "already_read of repetitions": (
        lambda found: already_read(found, [*found[1:], replace(found[0], content="b")]),
        messages(["user"], "a"),
    ),
    "merge_versions": (lambda found: merge_versions(found, {**found, "updated_at": 3}), history),
    "merged": (
        lambda found: run_document.merged(found, replace(found, goal="a")),
        procedure,
    ),
    "solved": (
        lambda found: run_document.solved(found, dict.fromkeys(found.errors, "b")),
        procedure,
    ),
    "grounding": (
        lambda found: Grounding(found, found, found[:20]).rejection_reason("User likes tea"),
        lambda n: [f"I like tea {i}. " for i in range(n)],
    ),
    "filter": (
        lambda found: compile_filter(found, CAM),
        lambda n: {"user_id": "cam", "categories": {"in": [f"c{i}" for i in range(n)]}},
    ),
    "profile": (in_profile, lambda n: [f"User likes tea {i}" for i in range(n)]),
    "profile of health": (in_profile, lambda n: [f"User is allergic to {i}" for i in range(n)]),
    "context": (in_context, lambda n: [f"I like tea {i}" for i in range(n)]),
    "context of like texts": (in_context, lambda n: ["I like tea"] * n),
    "user_names": (compare.user_names, lambda n: [f"User is called Ana{i}" for i in range(n)]),
    "holding": (
        lambda found: words.holding(found, {"tea": "tea", "lik": "like"}, lambda word: word[:3]),
        lambda n: [f"I like tea {i}" for i in range(n)],
    ),
    "table": (
        lambda found: output.table(["id", "memory"], found, 80),
        lambda n: [[str(i), "I like tea " * 20] for i in range(n)],
    ),
}


@pytest.mark.parametrize("name", LISTS)
def test_a_function_over_a_list_is_linear(name: str) -> None:
    call, build = LISTS[name]
    found = excess(call, build, ITEMS)
    assert found is None, f"{name} takes {found}"
