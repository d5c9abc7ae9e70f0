"""Print how many good paraphrases pass the check of facts, and how many bad ones it rejects.

    bench_phrases.py SET… [--only LANGUAGE]…

A set has a pair a line: what was `said`, a `fact`, and whether it is `good`. `strength` is that of
a model that writes such facts: "small" stays near the words, "large" paraphrases freely. Each pair
on the wrong side is printed with the reason.
"""

from litemem.core.text.clauses import own_words
from litemem.extraction.binding import Binding
from litemem.extraction.facts import NOT_OWN
from litemem.extraction.grounding import Grounding
from verdicts import Verdicts, sets


def rejection_reason(pair: dict[str, object]) -> str | None:
    """Return why the fact of a pair is rejected, or None: the one call that is measured."""
    said = own_words(str(pair["said"]))
    if not said:
        return NOT_OWN
    grounding = Grounding([said], [said], is_strict=pair["strength"] == "small")
    return Binding([(said, 0)], grounding).hold(str(pair["fact"]))


def main() -> None:
    for title, pairs in sets(__doc__, "phrases_dev", ["language"]):
        verdicts = Verdicts("good pass", "bad are rejected")
        for pair in pairs:
            reason = rejection_reason(pair)
            is_right = pair["good"] == (reason is None)
            verdicts.add(pair, is_right, pair["language"], pair["strength"])
            if not is_right:
                print(f"{'GOOD' if pair['good'] else 'BAD'}: {pair['said']!r} → {pair['fact']!r}")
                print(f"    {reason or 'it passes'}")
        verdicts.print(title)


if __name__ == "__main__":
    main()
