"""Draw what scripts/demo prints as docs/demo.svg, an animated picture of a terminal.

Runs scripts/demo.py with the real models; each line appears in the picture when it appeared in the
run, with long waits cut short. `demo_svg.py FILE` draws the lines of a file instead.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "demo.svg"
COLUMNS, LINE, LETTER = 92, 19, 7.83  # LINE and LETTER in pixels, for a font of 13
MARGIN, BAR = 16, 34
LONGEST_WAIT = 1.2  # seconds between two lines of the picture; the run's may be longer
LINE_PAUSE = 0.12  # seconds between lines that were printed at once
STYLES = {"$": "command", "+": "found", "?": "query", "0": "answer"}  # by the first character


def run_demo() -> Iterator[tuple[float, str]]:
    """Run the demo; yield each line with the seconds since the line before."""
    yield 0, "$ scripts/demo"
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-u", str(ROOT / "scripts" / "demo.py"), "demo.db"]
        with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            last = time.perf_counter()
            for line in process.stdout:
                now = time.perf_counter()
                yield now - last, line.rstrip("\n")
                last = now
        if process.returncode:
            sys.exit(f"scripts/demo.py failed with {process.returncode}")


def draw(timed_lines: Iterable[tuple[float, str]]) -> str:
    """Return the picture of a terminal in which the lines appear one after the other."""
    lines, rows, at = [], 0, 0.3
    for waited, text in timed_lines:
        at += min(max(waited, LINE_PAUSE), LONGEST_WAIT)
        for piece in _wrapped(text):
            lines.append(_line(piece, rows, at))
            rows += 1
    width, height = COLUMNS * LETTER + 2 * MARGIN, rows * LINE + BAR + MARGIN
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" role="img">
<title>scripts/demo: a conversation goes in, searchable memories come out</title>
<style>
text {{ font: 13px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #c9d1d9;
  white-space: pre; animation: show 0.2s both }}
.command {{ fill: #ffffff; font-weight: bold }} .found {{ fill: #7ee787 }}
.query {{ fill: #79c0ff }} .answer {{ fill: #ffa657 }}
@keyframes show {{ from {{ opacity: 0 }} to {{ opacity: 1 }} }}
@media (prefers-reduced-motion: reduce) {{ text {{ animation: none }} }}
</style>
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
<circle cx="20" cy="18" r="5" fill="#ff5f56"/><circle cx="38" cy="18" r="5" fill="#ffbd2e"/>
<circle cx="56" cy="18" r="5" fill="#27c93f"/>
{chr(10).join(lines)}
</svg>
"""


def _wrapped(text: str) -> list[str]:
    pieces = [text[i : i + COLUMNS] for i in range(0, len(text), COLUMNS)]
    return pieces or [""]


def _line(text: str, row: int, at: float) -> str:
    if not text.strip():
        return ""
    style = STYLES.get(text.lstrip()[0], "said")
    x, y = MARGIN, BAR + (row + 1) * LINE - 5
    delay = f'style="animation-delay: {at:.2f}s"'
    return f'<text x="{x}" y="{y}" class="{style}" {delay}>{escape(text, quote=False)}</text>'


if __name__ == "__main__":
    if len(sys.argv) > 1:
        timed = [(0.0, line) for line in Path(sys.argv[1]).read_text("utf-8").splitlines()]
    else:
        timed = list(run_demo())
    PICTURE.write_text(draw(timed), "utf-8")
