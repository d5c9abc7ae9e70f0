"""An export as one page of HTML: for people to keep, print, or hand over. Without scripts.

People may ask for all that is stored of them: the page has their memories with the history
and relations, the messages that they came from, and what was deleted.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from itertools import groupby
from typing import Any

from litemem.core import clock
from litemem.core.scope import ID_KEYS

_STYLE = """
:root {
  color-scheme: light dark; --soft: #5d5a54; --rule: #ddd9d0; --paper: #fbfaf7; --ink: #1c1b19
}
@media (prefers-color-scheme: dark) {
  :root { --soft: #a9a49a; --rule: #3a3833; --paper: #171614; --ink: #ece9e2 }
}
body { max-width: 46rem; margin: 3rem auto; padding: 0 1.25rem; background: var(--paper);
  color: var(--ink); font: 1rem/1.6 system-ui, sans-serif; overflow-wrap: anywhere }
h1, .text { font-family: "Iowan Old Style", Palatino, Georgia, serif; font-weight: 500 }
h2 { margin: 3rem 0 1rem; font-size: 1.1rem } h3 { margin: 2rem 0 .5rem; font-size: .95rem }
ol { list-style: none; margin: 0; padding: 0 }
li { padding: .8rem 0; border-top: 1px solid var(--rule) }
.text { margin: 0; font-size: 1.1rem; white-space: pre-wrap; unicode-bidi: plaintext }
.ended { text-decoration: line-through; color: var(--soft) }
small, .meta { color: var(--soft); font-size: .85rem; margin: .2rem 0 0 }
a { color: inherit }
:target { outline: 2px solid currentColor; outline-offset: .4rem }
"""
_HEAD = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Memories</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>What is remembered</h1>"""
_TITLES = {  # of the kinds of lines that people can read
    "damaged": "What cannot be read",
    "turn": "What still waits to be read",
    "message": "Messages",
    "memory": "Memories",
    "deleted": "Deleted memories",
    "relation": "Relations",
}
# Controls but line feeds and tabs, separators of lines, and marks of the writing direction. Shown
# as pictures or codes, they cannot reorder what stands next to them, or end a page for a parser.
_UNSEEN = re.compile(
    "[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)


def html_lines(lines: Iterable[str]) -> Iterator[str]:
    """Yield a page of the lines of an archive, kind by kind, without the header."""
    yield _HEAD
    names: dict[int, str] = {}  # of the graph, by their number, to which relations refer
    items = (json.loads(line) for line in lines)
    for kind, some in groupby(items, key=lambda item: str(item["kind"])):
        if kind == "entity":
            names |= {item["number"]: item["name"] for item in some}
        elif kind in _TITLES:
            yield f"<h2>{_TITLES[kind]}</h2>"
            yield from _section(kind, some, names)
    yield "</body>\n</html>"


def visible(text: object) -> str:
    """Return a text with pictures or codes for what would be invisible or reorder it."""
    return _UNSEEN.sub(_picture, str(text).replace("\r\n", "\n"))


def _section(
    kind: str, items: Iterable[Mapping[str, Any]], names: Mapping[int, str]
) -> Iterator[str]:
    for scope, some in groupby(items, key=_scope):
        if scope:
            yield f"<h3>{scope}</h3>"
        yield "<ol>"
        for item in some:
            match kind:
                case "message":
                    yield _message(item)
                case "memory":
                    yield _memory(item)
                case "relation":
                    yield _relation(item, names)
                case _:
                    yield f"<li>{_story(item.get('history', ())) or _text(item.get('id', ''))}</li>"
        yield "</ol>"


def _scope(item: Mapping[str, Any]) -> str:
    return ", ".join(f"{key[:-3]} {_text(item[key])}" for key in ID_KEYS if item.get(key))


def _message(item: Mapping[str, Any]) -> str:
    who = item.get("name") or item.get("role", "")
    return (
        f'<li id="m{item["number"]}"><p class="meta">{_text(who)}, {_when(item["created_at"])}</p>'
        f'<p class="text" dir="auto">{_text(item["content"])}</p></li>'
    )


def _memory(item: Mapping[str, Any]) -> str:
    ended = ' class="text ended"' if item.get("valid_to") else ' class="text"'
    parts = [f'<li><p{ended} dir="auto">{_text(item["content"])}</p>']
    parts.append(f'<p class="meta">{"; ".join(_remarks(item))}</p>')
    history = item.get("history", ())
    if len(history) > 1:
        parts.append(_story(history))
    return "".join([*parts, "</li>"])


def _remarks(item: Mapping[str, Any]) -> Iterator[str]:
    yield _when(item["created_at"])
    if item.get("updated_at") != item["created_at"]:
        yield f"changed {_when(item['updated_at'])}"
    if item.get("valid_to"):
        yield f"held until {_when(item['valid_to'])}"
    if item.get("expires_at"):
        yield f"expires {_when(item['expires_at'])}"
    if item.get("categories"):
        yield _text(", ".join(item["categories"]))
    if item.get("feedback"):
        yield f"rated {_text(item['feedback']['feedback'].lower())}"
    if item.get("metadata"):
        yield _text(json.dumps(item["metadata"], ensure_ascii=False))
    sources = item.get("sources", ())
    if sources:
        links = ", ".join(f'<a href="#m{number}">{number}</a>' for number in sources)
        yield f"from message {links}"


def _story(history: Sequence[Mapping[str, Any]]) -> str:
    told = []
    for event in history:
        at = event.get("updated_at") or event.get("created_at")
        text = event.get("new_memory") or event.get("old_memory") or ""
        when = "" if at is None else _when(at)
        told.append(f"<small>{_text(event['event'].lower())} {when}: {_text(text)}</small><br>")
    return "".join(told)


def _relation(item: Mapping[str, Any], names: Mapping[int, str]) -> str:
    source, destination = (names.get(item.get(key, 0), "?") for key in ("source", "destination"))
    relationship = str(item.get("relationship", "")).replace("_", " ")
    return f"<li>{_text(source)} {_text(relationship)} {_text(destination)}</li>"


def _text(text: object) -> str:
    return escape(visible(text))


def _when(at: int) -> str:
    return f'<time datetime="{clock.to_iso(at)}">{clock.to_iso(at)[:16].replace("T", " ")}</time>'


def _picture(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x20:
        return chr(0x2400 + code)  # U+2400 to U+241F are pictures of U+0000 to U+001F
    return "␡" if code == 0x7F else f"‹U+{code:04X}›"
