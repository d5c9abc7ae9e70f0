"""Draws bars on a logarithmic scale as an SVG that is readable on light and on dark pages."""

import math
from collections.abc import Mapping, Sequence
from html import escape

WIDTH, LABEL, NUMBER = 720, 120, 90  # pixels: the whole, the names, the numbers
BAR, GAP, HEAD = 18, 6, 34

_STYLE = """<style>
text { font: 13px system-ui, sans-serif; fill: #24292f; }
.title { font-weight: 600; }
.bar { fill: #8c959f; }
.own { fill: #1a7f37; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .bar { fill: #6e7681; }
  .own { fill: #3fb950; }
}
</style>"""

Bars = Sequence[tuple[str, float | None]]


def chart(title: str, panels: Mapping[str, Bars]) -> str:
    """Return an SVG: each panel's bars beneath its name; the first bar is ours.

    All panels share one scale; a bar without a value is named, and said not to be measured.
    """
    values = [value for bars in panels.values() for _, value in bars if value]
    low, high = min(values, default=1) / 2, max(values, default=1)
    parts, y = [f'<text class="title" x="0" y="16">{escape(title)}</text>'], HEAD
    for name, bars in panels.items():
        parts.append(f'<text class="title" x="0" y="{y + 14}">{escape(name)}</text>')
        y += BAR + GAP
        for i, (label, value) in enumerate(bars):
            parts.append(_bar(label, value, y, low, high, "own" if i == 0 else "bar"))
            y += BAR + GAP
        y += GAP
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" role="img"'
        f' aria-label="{escape(title)}">'
    )
    return "\n".join([opening, _STYLE, *parts, "</svg>\n"])


def _bar(label: str, value: float | None, y: int, low: float, high: float, kind: str) -> str:
    name = f'<text x="0" y="{y + 14}">{escape(label)}</text>'
    if value is None:
        return f'{name}<text x="{LABEL}" y="{y + 14}">not measured</text>'
    room = WIDTH - LABEL - NUMBER
    length = room * math.log(value / low) / math.log(high / low)
    shown = f"{value:,.2f}" if value < 10 else f"{value:,.0f}"
    return (
        f'{name}<rect class="{kind}" x="{LABEL}" y="{y}" width="{length:.1f}" height="{BAR}"'
        f' rx="3"/><text x="{LABEL + length + 8:.1f}" y="{y + 14}">{shown}</text>'
    )
