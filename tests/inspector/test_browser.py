"""The inspector in a real browser: first open to undo, live, keyboard, widths, accessibility."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from helpers import LIBRARY
from helpers.browser import Watched, chromium, launched, served
from helpers.memories import CAM
from litemem import Memory
from litemem.testing import HashEmbedder, ScriptedLLM

playwright = pytest.importorskip("playwright.sync_api", reason="needs the extra litemem[browser]")
expect = playwright.expect  # looks again until it holds: a click does not wait for the next page
expect.set_options(timeout=15_000)
pytestmark = pytest.mark.slow
if chromium() is None:
    pytest.skip("needs a Chromium: install one, or set LITEMEM_CHROMIUM", allow_module_level=True)

HOSTILE = {
    "html": '<b>bold</b><img src=x onerror="alert(1)"><h1>a',
    "script": "</textarea></title><script>alert(1)</script>",
    "attribute": '" autofocus onfocus="alert(1)" x="',
    "template": "{{ 7*7 }}{% raw %}${alert(1)}",
    "link": "javascript:alert(1)",
    "bidi": "\u202eevil\u2066 \u200f text",
    "emoji": "👩‍👩‍👧‍👦 🏳️‍🌈 é\u0301\u0301\u0301",
    "nul": "before\0after\x07\x1b[31m",
    "lines": "one\r\ntwo\rthree\u2028four",
    "rtl": "اسمي كام وأعيش في أوسلو",
    "entity": "&lt;script&gt; &amp;amp; &#0;",
}
VIEWS = ("", "memories", "search?query=tea&user_id=cam", "conversation", "graph", "health")
# of axe; those of WCAG 2.2, such as the least size of a target, are off by default
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
ADD = """
import sys
from litemem import Memory
from litemem.testing import HashEmbedder
with Memory(sys.argv[1], embedder=HashEmbedder()) as memory:
    memory.add(sys.argv[2], infer=False, user_id="cam")
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with launched() as found:
        yield found


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with a few memories of cam."""
    return filled(tmp_path / "memory.db")


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """The same file, and very long names, which no test changes, and its address."""
    path = filled(tmp_path_factory.mktemp("still") / "memory.db")
    with Memory(path, embedder=HashEmbedder()) as memory:
        memory.add("x" * 3_000, infer=False, user_id="u" * 900, run_id="r" * 900)
    with served(path) as address:
        yield path, address


def filled(path: Path) -> Path:
    """Make a file with a few memories of cam."""
    with Memory(
        path,
        embedder=HashEmbedder(),
        llm=ScriptedLLM([["User is vegetarian"], ["User lives in Bergen"], ["User moved to Oslo"]]),
    ) as memory:
        memory.add("I am vegetarian.", run_id="dinner", **CAM)
        memory.add("I live in Bergen.", run_id="dinner", **CAM)
        memory.add("I moved to Oslo.", run_id="dinner", **CAM)
        memory.add("User likes green tea", infer=False, **CAM)
    return path


@pytest.fixture
def seen(browser: Any, path: Path) -> Iterator[Watched]:
    """A page of the inspector; at its end nothing was complained of, and nothing left."""
    with served(path) as address:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        watched = Watched(context.new_page(), address)
        yield watched
        context.close()
    assert watched.complaints == []
    assert watched.foreign == []


def test_somebody_finds_why_an_agent_said_it_and_corrects_it(seen: Watched) -> None:
    page = seen.page
    assert "token" not in page.url
    page.get_by_role("link", name="Search", exact=True).click()
    page.get_by_label("Query").fill("where does cam live")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="User moved to Oslo").first.click()
    expect(page.locator("mark")).to_have_text(["moved", "Oslo"])
    expect(page.get_by_role("link", name="User lives in Bergen")).to_be_visible()
    page.get_by_text("Correct it").click()
    page.get_by_label("Text").fill("User moved to Bodø")
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("User moved to Bodø")
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("User moved to Oslo")


def test_a_memory_is_deleted_and_taken_back(seen: Watched) -> None:
    page = seen.go("memories?user_id=cam")
    page.get_by_role("link", name="User likes green tea").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Deleted. Its history stays.")).to_be_visible()
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.get_by_text("Taken back.")).to_be_visible()
    assert "User likes green tea" in seen.go("memories").content()


def test_many_are_selected_deleted_and_taken_back(seen: Watched) -> None:
    page = seen.go("memories?user_id=cam")
    number = page.get_by_role("checkbox").count()
    page.get_by_role("button", name="Select all on this page").click()
    expect(page.locator("[data-number]")).to_have_text(str(number))
    page.get_by_role("button", name="Delete …").click()
    page.get_by_role("button", name=f"Delete {number}").click()
    expect(page.get_by_role("checkbox")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("checkbox")).to_have_count(number)


@pytest.mark.parametrize("view", ["", "memories", "memories?user_id=cam"])
def test_a_memory_of_another_program_appears(seen: Watched, path: Path, view: str) -> None:
    page = seen.go(view)
    page.wait_for_timeout(800)  # the stream is open
    add(path, "User bought a red bicycle")
    page.get_by_text("User bought a red bicycle").wait_for(timeout=15_000)
    expect(page.locator(".is-new").first).to_be_attached()


def test_a_person_who_selects_is_not_interrupted(seen: Watched, path: Path) -> None:
    page = seen.go("memories")
    page.get_by_role("checkbox").first.check()
    page.wait_for_timeout(800)
    add(path, "User bought a red bicycle")
    page.wait_for_timeout(2_000)
    assert page.get_by_role("checkbox").first.is_checked()
    assert not page.get_by_text("User bought a red bicycle").is_visible()


def test_the_keyboard_alone_is_enough(seen: Watched) -> None:
    """From the first page to why an agent said it, a correction, and back again."""
    page = seen.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    tab_to(page, "document.activeElement.name === 'query'")
    page.keyboard.type("which tea does cam like")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Found").wait_for()
    tab_to(page, "document.activeElement.innerText === 'User likes green tea'")
    page.keyboard.press("Enter")
    page.get_by_text("Correct it").wait_for()
    tab_to(page, "document.activeElement.innerText === 'Correct it'")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Control+A")
    page.keyboard.type("User likes black tea")
    tab_to(page, "document.activeElement.innerText === 'Save'")
    page.keyboard.press("Enter")
    page.get_by_text("Changed.").wait_for()
    expect(page.get_by_role("heading", level=1)).to_have_text("User likes black tea")
    tab_to(page, "document.activeElement.innerText === 'Undo'")
    page.keyboard.press("Enter")
    page.get_by_text("Taken back.").wait_for()
    expect(page.get_by_role("heading", level=1)).to_have_text("User likes green tea")


def tab_to(page: Any, condition: str) -> None:
    """Press Tab until a condition holds for the element with the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate(condition):
            return
    raise AssertionError(f"no Tab leads to it: {condition}")


def test_the_graph_fills_a_narrow_window_with_readable_names(browser: Any, tmp_path: Path) -> None:
    names = [f"Person number {number}" for number in range(9)]
    path = tmp_path / "memory.db"
    with Memory(path, embedder=HashEmbedder()) as memory:
        relation = {"source": names[0], "relationship": "knows"}
        memory.relate(relations=[relation | {"destination": name} for name in names[1:]], **CAM)
    with served(path) as address:
        context = browser.new_context(viewport={"width": 360, "height": 740})
        page = Watched(context.new_page(), address).go("graph")
        frame = page.locator("[data-graph]").bounding_box()
        boxes = [each.bounding_box() for each in page.locator(".node text").all()]
        assert len(boxes) == len(names)
        assert min(box["height"] for box in boxes) >= 12
        for box in boxes:
            assert frame["x"] <= box["x"]
            assert box["x"] + box["width"] <= frame["x"] + frame["width"]
        assert max(box["y"] for box in boxes) - min(box["y"] for box in boxes) > frame["height"] / 2
        context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_breaks_a_rule_of_accessibility(
    browser: Any, still: tuple[Path, str], scheme: str
) -> None:
    path, address = still
    axe_package = pytest.importorskip("axe_playwright_python.sync_playwright")
    with Memory(path, embedder=HashEmbedder(), read_only=True) as memory:
        ids = [each["id"] for each in memory.get_all(show_superseded=True, **CAM)["results"]]
    views = [*VIEWS, "conversation?run_id=dinner", "health?check=quick", "memory?id=unknown"]
    views += ["memories?state=superseded", *(f"memory?id={memory_id}" for memory_id in ids)]
    context = browser.new_context(color_scheme=scheme)
    watched = Watched(context.new_page(), address)
    for view in views:
        page = watched.go(view)
        page.evaluate("document.querySelectorAll('details').forEach((e) => { e.open = true })")
        found = axe_package.Axe().run(page, options={"runOnly": list(RULES)})
        assert found.violations_count == 0, (view, found.generate_report())
    context.close()


@pytest.mark.parametrize("width", [360, 640, 1600])
def test_no_page_is_wider_than_the_window(
    browser: Any, still: tuple[Path, str], width: int
) -> None:
    """640 is what a window of 1,280 has at 200 % zoom."""
    path, address = still
    with Memory(path, embedder=HashEmbedder(), read_only=True) as memory:
        (long,) = memory.get_all(run_id="r" * 900)["results"]
    context = browser.new_context(viewport={"width": width, "height": 800})
    watched = Watched(context.new_page(), address)
    for view in (*VIEWS, "conversation?run_id=dinner", f"memory?id={long['id']}"):
        page = watched.go(view)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, view
    context.close()


def test_nothing_moves_while_a_page_loads(browser: Any, still: tuple[Path, str]) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    seen = Watched(context.new_page(), still[1])
    seen.page.add_init_script(
        "window.shift = 0; new PerformanceObserver((list) => { for (const e of list.getEntries())"
        " window.shift += e.value }).observe({type: 'layout-shift', buffered: true})"
    )
    with Memory(still[0], embedder=HashEmbedder(), read_only=True) as memory:
        (*_, first) = memory.get_all(show_superseded=True, **CAM)["results"]
    for view in (*VIEWS, "conversation?run_id=dinner", f"memory?id={first['id']}"):
        page = seen.go(view)
        page.wait_for_timeout(300)
        assert page.evaluate("window.shift") == 0, view
    context.close()


def test_everything_works_without_scripts(browser: Any, path: Path) -> None:
    with served(path) as address:
        context = browser.new_context(java_script_enabled=False)
        page = context.new_page()
        page.goto(address)
        page.get_by_role("link", name="Memories", exact=True).click()
        page.get_by_role("link", name="User likes green tea").click()
        page.get_by_role("button", name="Delete").click()
        page.get_by_role("button", name="Undo", exact=True).click()
        expect(page.get_by_text("Taken back.")).to_be_visible()
        context.close()


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, list[str]]]]:
    """A file with hostile texts in every field that takes them: its address, and ids by kind."""
    path = tmp_path_factory.mktemp("hostile") / "memory.db"
    ids = {}
    for kind, text in HOSTILE.items():
        name = named(kind)
        relation = {"relations": [[1, f"Ida {name}", f"lives_in {name}", f"Oslo {name}"]]}
        with Memory(path, embedder=HashEmbedder(), llm=ScriptedLLM([[text], relation])) as memory:
            stored = memory.add(
                [{"role": "user", "name": name, "content": text}],
                infer=False,
                user_id=name,
                agent_id=name,
                app_id=name,
                run_id=name,
                metadata={name: text},
                categories=[name],
            )["results"][0]["id"]
            memory.update(stored, f"{text} changed")
            memory.feedback(stored, "NEGATIVE", text)
            deleted = memory.add(text, infer=False, user_id=name)["results"][0]["id"]
            memory.delete(deleted)
            memory.add(text, user_id=name, run_id="r", enable_graph=True)
            ids[kind] = [stored, deleted]
    with served(path) as address:
        yield address, ids


def named(kind: str) -> str:
    """Return a hostile text as a name, which has no NUL."""
    return HOSTILE[kind].replace("\0", "")


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_content_is_shown_as_text(
    browser: Any, hostile: tuple[str, dict[str, list[str]]], kind: str
) -> None:
    address, (stored, deleted) = hostile[0], hostile[1][kind]
    text, name = HOSTILE[kind], named(kind)
    ids = {"user_id": name}
    context = browser.new_context()
    watched = Watched(context.new_page(), address)
    for view, query in (
        *(("", {}), ("memories", ids), ("memories", {"q": text}), ("graph", ids)),
        *(("memories", {"category": name}), ("search", {"query": text, **ids})),
        *(("conversation", {**ids, "run_id": "r"}), ("conversation", {}), ("health", {})),
        *(("memory", {"id": stored}), ("memory", {"id": deleted})),
    ):
        page = watched.go(f"{view}?{urlencode(query)}")
        assert page.locator("img, h1 + h1, script:not([src])").count() == 0, view
        assert page.locator("main").count() == 1, view
    heading = watched.go(f"memory?{urlencode({'id': stored})}").get_by_role("heading", level=1)
    visible = re.sub(r"\s+", "", heading.inner_text())
    assert visible.endswith("changed")
    assert not re.search("[\0-\x08\x0e-\x1f\u202a-\u202e\u2066-\u2069]", visible)
    context.close()
    assert watched.complaints == []
    assert watched.foreign == []


def test_a_text_of_a_megabyte_leaves_pages_small(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    with Memory(path, embedder=HashEmbedder()) as memory:
        stored = memory.add("word " * 200_000, infer=False, **CAM)["results"][0]["id"]
    with served(path) as address:
        context = browser.new_context()
        watched = Watched(context.new_page(), address)
        for view in ("", "memories", "search?query=word&user_id=cam", f"memory?id={stored}"):
            assert len(watched.go(view).content()) < 100_000, view
        context.close()
    assert watched.complaints == []


def add(path: Path, text: str) -> None:
    """Add a memory in another process."""
    subprocess.run(
        [sys.executable, "-c", ADD, str(path), text],
        check=True,
        env={"PYTHONPATH": str(LIBRARY)},
    )
