"""Search: parse the query, find candidates, rank and rerank them; find relations near the query."""

import math
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from litemem.core.clock import EPOCH
from litemem.core.protocols import Embedder, EmbedderIdentity, Reranker
from litemem.core.text import day_questions, names, scripts, vocabulary
from litemem.core.text.answer_kinds import AnswerKind, asked_kind
from litemem.core.text.joined_words import joined_words
from litemem.core.text.passages import PAGE
from litemem.core.text.periods import Period
from litemem.core.text.query_words import asked_words, query_words
from litemem.core.text.words import words
from litemem.core.types import Found, Match, MemoryRecord, MessageMatch, Relation, ScoreParts
from litemem.errors import RerankerError
from litemem.models.embedding import embed_first_passage, embed_query, mapped_errors
from litemem.models.registry import all_models
from litemem.retrieval import ranking
from litemem.retrieval.repetition import Facts
from litemem.store.filters import Condition
from litemem.store.protocol import (
    CandidateQuery,
    GraphQuery,
    MessageQuery,
    Reading,
    Store,
)

_WORD = re.compile(r"(\w+)(?:['’]s?\b)?")  # with a possessive

_OF_ASSISTANT = vocabulary.pattern_in(vocabulary.ENGLISH, "search", "of_assistant")
_WORD_REST = re.compile(r"[A-Za-z0-9]*+")

# Characters of a query that are read, and the rest of the word there; a megabyte took 12 seconds
READ = 50_000
NAME_TEXTS = 50  # memories in which the use of a name is looked at
RERANKED = 2  # candidates that a reranker chooses from, per result
BEYOND = 0.25  # what the score of a memory counts beyond that of the message that it came from
FURTHER = 0.9  # what each further memory of one message counts
PASSAGES = 3  # passages that are ranked for each message that is wanted


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """What a search returns: the best `top_k` memories that score at least `threshold`.

    Dates in the query are relative to the day `reference`, by default that of `now`, in
    microseconds since 1970-01-01 UTC. With a reference, a month or day without a year is the last
    one before it; otherwise it is that of any year. A `reranker` has the last word on the order.
    With `include_messages`, messages count too: `_fused`.
    """

    top_k: int
    threshold: float
    now: int
    reference: date | None = None
    reranker: Reranker | None = None
    include_messages: bool = True

    @property
    def day(self) -> date:
        """The day to which dates in the query are relative."""
        return self.reference or (EPOCH + timedelta(microseconds=self.now)).date()


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """The parts of a query.

    `meaning` is the text to embed, without speakers' names and dates: they say who and when, and
    would draw the vector away from what is asked (`docs/engineering/retrieval.md`). `words` are
    the content words but for relative dates, and what may be one word with spaces between its
    parts, `named` the speakers that the query names, `periods` the dates in it, `asked` what it
    asks of them, `of_assistant` whether it asks for what an assistant said, as in "what did you
    recommend?", and `kind` the kind of answer that it asks for.
    """

    meaning: str
    words: tuple[str, ...]
    named: frozenset[str]
    periods: tuple[Period, ...]
    asked: ranking.DateQuestion
    of_assistant: bool
    kind: AnswerKind | None = None


def newest(
    reading: Reading, condition: Condition, limit: int, *, messages: bool = False
) -> Found[MemoryRecord]:
    """Return the newest memories under `condition` that can be read, and name damaged ones.

    With `messages`, messages that can be found are among them.
    """
    if messages:
        memories = newest(reading, condition, limit)
        said = reading.messages.select(condition, limit=limit)
        both = [*memories, *said]
        both.sort(key=lambda record: (record.created_at, record.id), reverse=True)
        return Found(both[:limit], [*memories.damaged, *said.damaged])
    found: Found[MemoryRecord] = Found()
    offset, wanted = 0, limit
    while True:
        page = reading.memories.select(condition, limit=wanted, offset=offset)
        found = Found([*found, *page], [*found.damaged, *page.damaged])
        if not page.damaged:
            return found
        offset, wanted = offset + wanted, limit - len(found)


def search(
    store: Store, embedder: Embedder, query: str, condition: Condition, options: SearchOptions
) -> Found[Match]:
    """Return the memories under `condition` that answer `query` best, best first.

    Damaged memories are left out; `damaged` names those that would have been returned.

    Raises:
        EmbedderMismatchError: the file's vectors are another embedder's.
        EmbedderError: the query could not be embedded.
        RerankerError: the reranker failed, or did not score each memory.
    """
    if options.top_k == 0:
        return Found()
    cut = _WORD_REST.match(query, READ)
    query = query[: cut.end() if cut else READ]
    wanted = options.top_k * (RERANKED if options.reranker else 1)
    is_small, parsed = _parse(store, query, condition, options)
    # a long query as a long text: an embedder would cut both, each at another place
    vector, coarse = embed_first_passage(embedder, parsed.meaning.replace(PAGE, " "))
    identity, limit = embedder.identity, ranking.candidates(wanted)
    candidates = CandidateQuery(
        vector,
        parsed.words,
        parsed.periods,
        None if is_small else limit,
        identity,
        coarse,
        parsed.kind,
    )
    ranker = ranking.QueryRanker(
        parsed.named,
        parsed.periods,
        parsed.asked,
        parsed.of_assistant,
        wanted,
        options.threshold,
        _trust(identity, parsed.meaning),
        parsed.kind,
    )
    with store.read() as r:
        matches = r.candidates.search(condition, candidates, ranker)
        if options.include_messages:
            said = r.candidates.search_messages(
                condition,
                MessageQuery(
                    vector,
                    coarse,
                    parsed.words,
                    limit,
                    wanted,
                    identity,
                    parsed.periods,
                    parsed.kind,
                ),
                replace(ranker, top_k=PASSAGES * wanted),
            )
            damaged = (*matches.damaged, *said.damaged)
            matches = Found(_fused(matches, said, options.threshold)[:wanted], damaged)
    if options.reranker is None or not matches:
        return matches
    best = _reranked(options.reranker, query, matches)[: options.top_k]
    return Found(best, matches.damaged)


def _parse(
    store: Store, query: str, condition: Condition, options: SearchOptions
) -> tuple[bool, ParsedQuery]:
    """Return whether the scope is small, and what a query asks of it."""
    from litemem.core.text.english.day_names import (  # patterns take 20 ms
        is_used_as_name,
        possible_names,
    )

    maybe = possible_names(query)
    with store.read() as r:
        scope = r.candidates.scope_stats(condition)
        texts = r.candidates.texts_with(condition, maybe, NAME_TEXTS) if maybe else []
    used = [name for name in maybe if any(is_used_as_name(name, text) for text in texts)]
    latest = options.reference is not None
    parsed = parse_query(query, scope.speakers, options.day, latest=latest, names=used)
    return scope.is_small, parsed


def _fused(
    memories: Sequence[Match], said: Sequence[MessageMatch], threshold: float
) -> list[Match]:
    """Return memories and messages as one list, best first.

    A message from which memories came lends its score to the one of them that answers best, and is
    no result of its own. If none of them may be found, neither is the message. A message that never
    yielded a memory is a result, unless a better message has the same words, or a memory says the
    same, which then takes its score.

    A short fact is nearer to any question than its message. So what a memory scores beyond its
    message counts `BEYOND`, and each further memory of a message `FURTHER` of the one before:
    several memories of one message do not hide other messages. No score falls below `threshold` by
    this.
    """
    found = {match.record.id: match for match in memories}
    texts = {_folded(match.record.content) for match in memories}
    facts = Facts({match.record.id: match.record.content for match in memories})
    sources: dict[str, tuple[float, str]] = {}  # of a memory: the score and id of its message
    for message in said:
        score = message.parts.final
        for record, _ in message.memories:
            sources.setdefault(record.id, (score, message.record.id))  # the best one comes first
        if message.memories:
            known = [
                found.get(record.id) or Match(record, cosine) for record, cosine in message.memories
            ]
            _lend(found, max(known, key=lambda match: (match.score, match.semantic)), message)
        elif not message.yielded and (text := _folded(message.record.content)) not in texts:
            texts.add(text)
            if (fact := facts.saying(message.record.content)) is not None:
                _lend(found, found[fact], message)
                continue
            parts = message.parts
            found[message.record.id] = Match(
                message.record, parts.meaning, parts.words, score, parts
            )
    further: dict[str, float] = {}
    for match in sorted(found.values(), key=_order, reverse=True):
        if match.record.id in sources:
            source, message_id = sources[match.record.id]
            score = (
                source + BEYOND * (match.score - source) if match.score > source else match.score
            )
            share = further[message_id] = further.get(message_id, 1 / FURTHER) * FURTHER
            score = max(score * share, min(match.score, threshold))
            if match.parts is not None:
                found[match.record.id] = _scored(match, score, match.parts, source)
    return sorted(found.values(), key=_order, reverse=True)


def _lend(found: dict[str, Match], memory: Match, message: MessageMatch) -> None:
    """Give a memory the score of a message, if that is better."""
    score = message.parts.final
    if memory.score < score:
        parts = memory.parts or message.parts
        found[memory.record.id] = _scored(memory, score, parts, score)


def _scored(match: Match, score: float, parts: ScoreParts, source: float) -> Match:
    return replace(match, score=score, parts=replace(parts, source=source, final=score))


def _order(match: Match) -> tuple[float, int, str]:
    return match.score, match.record.since, match.record.id


def _folded(text: str) -> str:
    return " ".join(words(text))


def search_relations(
    store: Store,
    embedder: Embedder,
    query: str,
    matches: Iterable[Match],
    *,
    condition: Condition,
    bound: Condition,
    limit: int,
) -> Found[Relation]:
    """Return the relations one hop from what `query` names or means, the most relevant first.

    Relations of the `matches` are included, by the memories' scores. `bound` is the part of
    `condition` that is about ids alone.

    Raises:
        EmbedderMismatchError: the file's vectors are another embedder's.
        EmbedderError: the query could not be embedded.
    """
    if limit == 0:
        return Found()
    asked = GraphQuery(
        condition=condition,
        bound=bound,
        forms=names.forms_in(query),
        vector=embed_query(embedder, query),
        identity=embedder.identity,
        memories={match.record.id: match.score for match in matches},
        limit=limit,
    )
    with store.read() as r:
        return r.graph.search(asked)


def parse_query(
    query: str,
    speakers: Iterable[str],
    day: date,
    *,
    latest: bool = False,
    names: Collection[str] = (),
) -> ParsedQuery:
    """Parse a query over memories of these speakers, asked on this day.

    Any word of a name names the speaker: "Sam" names "Sam Hill". If `latest` is true, a month or
    day without a year is the last or next one, not that of any year. Months and weekdays that are
    `names`, case folded, or the name of a speaker, are not dates.
    """
    content = query_words(query)
    asked = asked_words(query)
    named = {name: own for name in speakers if (own := asked.intersection(words(name)))}
    spoken: set[str] = set().union(*named.values())
    from litemem.core.text.dates import read_dates

    dates = read_dates(query, day, latest=latest, names={*names, *spoken})
    meaning = _without_names(dates.text, spoken)
    beside = day_questions.words_beside_day(asked, meaning)
    left_out = spoken.union(words(dates.spoken))
    asks_more = day_questions.asks_more(beside)
    if asks_more:  # the day is compared as a day; its words alone answer nothing
        left_out.update(set(words(dates.written)).difference(words(dates.text)))
    if any(map(scripts.is_unspaced, words(dates.spoken))):  # no word of its own
        content = query_words(f"{dates.text} {dates.written}")
    wanted = [word for word in content if word.casefold() not in left_out] or content
    dated = left_out.union(words(dates.written))
    wanted += [word for word in joined_words(query) if dated.isdisjoint(word.split())]
    has_begun = any(period.start <= _start_of(day) for period in dates.periods)
    question = ranking.DateQuestion(
        today=_start_of(day),
        is_all=not asks_more,
        of_saying=day_questions.asks_for_messages(beside, dates.text, has_begun=has_begun),
        tense=dates.tense,
    )
    return ParsedQuery(
        meaning if words(meaning) else query,
        tuple(wanted),
        frozenset(named),
        dates.periods,
        question,
        _OF_ASSISTANT.search(query) is not None,
        asked_kind(query),
    )


def _start_of(day: date) -> int:
    return (day - EPOCH.date()) // timedelta(microseconds=1)


def _trust(identity: EmbedderIdentity, text: str) -> float:
    """Return how far an embedder knows the language of a text: 1, but for one that is English."""
    share = 1.0 if text.isascii() else scripts.english_share(text)
    name = identity.name
    knows = share == 1 or not any(model.name == name and model.english for model in all_models())
    return 1.0 if knows else share


def _without_names(text: str, names: set[str]) -> str:
    if not names:
        return text
    found = (match for match in _WORD.finditer(text) if match[1].casefold() in names)
    parts, end = [], 0
    for match in found:
        parts.append(text[end : match.start()])
        end = match.end()
    return " ".join(" ".join([*parts, text[end:]]).split())


def _reranked(reranker: Reranker, query: str, matches: list[Match]) -> list[Match]:
    """Return the same memories in a reranker's order; equal scores keep theirs."""
    with mapped_errors(RerankerError, "reranker"):
        scores = [float(s) for s in reranker.rerank(query, [m.record.content for m in matches])]
    if len(scores) != len(matches) or not all(map(math.isfinite, scores)):
        raise RerankerError(
            f"the reranker returned {scores!r:.80} for {len(matches)} memories: it has to return a"
            " finite number for each, or leave out rerank=True"
        )
    scored = [replace(match, reranked=s) for match, s in zip(matches, scores, strict=True)]
    return sorted(scored, key=lambda match: match.reranked or 0.0, reverse=True)
