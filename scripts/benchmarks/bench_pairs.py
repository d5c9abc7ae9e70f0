"""Print how well the rules compare pairs of facts, by language and by verdict.

    bench_pairs.py [--errors] PAIRS…

Each line of a file has `known`, `new`, `verdict` ("same", "richer", "contradicts" or "apart", or
several of these that are all right, with commas), `language`, and perhaps a `kind`. What the rules
leave to the model counts as "apart". A wrong supersession is a pair that contradicts by the rules
alone, a lost correction one whose new fact would not be kept as it is.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from operator import mul
from pathlib import Path

from litemem.errors import LitememError
from litemem.ingestion.compare import compare_facts
from litemem.models.embedders import FastEmbedEmbedder

WITHOUT_EMBEDDER = 0.85  # cosine of all pairs then


def main() -> None:
    """Compare the pairs of the files and print the shares."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path, metavar="PAIRS")
    parser.add_argument("--errors", action="store_true", help="print the pairs judged wrong")
    options = parser.parse_args()
    pairs = [json.loads(line) for file in options.files for line in file.open(encoding="utf-8")]
    judged = list(_judged(pairs))
    for field in ("kind", "language", "verdict"):
        for value in sorted({pair[field] for pair in pairs if field in pair}):
            right = [found in _allowed(p) for p, found in judged if p.get(field) == value]
            print(f"{value:12} {sum(right) / len(right):.3f} of {len(right)}")
    kinds = Counter(_kind(_allowed(pair), found) for pair, found in judged)
    for kind in ("right", "wrong supersession", "lost correction", "other"):
        print(f"{kind:20} {kinds[kind] / len(judged):.3f} ({kinds[kind]})")
    for pair, found in judged if options.errors else ():
        if found not in _allowed(pair):
            print(f"{pair['verdict']:12} {found:12} {pair['known']} | {pair['new']}")


def _judged(pairs: list[dict[str, str]]) -> Iterator[tuple[dict[str, str], str]]:
    for pair, cosine in zip(pairs, _cosines(pairs), strict=True):
        verdict = compare_facts(pair["known"], pair["new"], cosine)
        yield pair, verdict if verdict in ("same", "richer", "contradicts") else "apart"


def _cosines(pairs: list[dict[str, str]]) -> list[float]:
    try:
        embedder = FastEmbedEmbedder()
        known = embedder.embed_documents([pair["known"] for pair in pairs])
        new = embedder.embed_documents([pair["new"] for pair in pairs])
    except LitememError:
        return [WITHOUT_EMBEDDER] * len(pairs)
    return [sum(map(mul, one, other)) for one, other in zip(known, new, strict=True)]


def _allowed(pair: dict[str, str]) -> list[str]:
    return pair["verdict"].split(",")


def _kind(right: list[str], found: str) -> str:
    if found in right:
        return "right"
    if found == "contradicts":
        return "wrong supersession"
    return "lost correction" if found in ("same", "richer") and "same" not in right else "other"


if __name__ == "__main__":
    main()
