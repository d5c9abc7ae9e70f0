"""Who may use the inspector: token, cookie, host, origin, the form's token, and the headers."""

import asyncio
from typing import Any

import pytest
from starlette.testclient import TestClient

from helpers.memories import CAM, store_text
from helpers.pages import HOST, TOKEN, Pages
from litemem import Memory
from litemem.inspector.app import app
from litemem.inspector.security import MAX_BODY, BrowserGuard

FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
def pages(memory: Memory) -> Pages:
    return Pages(memory)


@pytest.fixture
def stranger(memory: Memory) -> TestClient:
    """A browser that does not have the cookie."""
    client = TestClient(app(memory, token=TOKEN), base_url=f"http://{HOST}")
    client.follow_redirects = False
    return client


@pytest.mark.parametrize(
    "path", ["/", "/memories", "/memory?id=x", "/events", "/static/style.css", "/export"]
)
def test_nothing_is_shown_without_the_cookie(stranger: TestClient, path: str) -> None:
    assert stranger.get(path).status_code == 403


def test_the_token_is_exchanged_for_a_cookie_and_leaves_the_address(stranger: TestClient) -> None:
    answer = stranger.get("/memories", params={"token": TOKEN, "user_id": "cam"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/memories?user_id=cam"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert TOKEN not in cookie
    assert stranger.get("/memories").status_code == 200


@pytest.mark.parametrize("token", ["", "another", TOKEN[:-1], TOKEN + "x", "é"])
def test_a_wrong_token_opens_nothing(stranger: TestClient, token: str) -> None:
    answer = stranger.get("/", params={"token": token})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", ["//evil.example/", "/\\evil.example", "///evil.example/x"])
def test_the_exchange_stays_on_this_server(pages: Pages, path: str) -> None:
    location = asyncio.run(_location(pages.app, path))
    assert location.startswith("/")
    assert not location.startswith(("//", "/\\"))


async def _location(application: BrowserGuard, path: str) -> str:
    """Return where an address with the token leads; a client would tidy the path up."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": f"token={TOKEN}".replace(" ", "+").encode(),
        "headers": [(b"host", HOST.encode())],
    }
    await application(scope, receive, send)
    return dict(sent[0]["headers"])[b"location"].decode()


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8765", "127.0.0.1.evil.example", "", "[::1", "[::2]:80"]
)
def test_another_host_is_refused(pages: Pages, host: str) -> None:
    assert pages.client.get("/", headers={"host": host}).status_code == 421


def test_the_token_for_a_browser_works_once(pages: Pages) -> None:
    pages.client.cookies.clear()
    once = pages.app.token_for_once()
    first = pages.client.get("/", params={"token": once}, follow_redirects=False)
    assert first.status_code == 303
    pages.client.cookies.clear()
    assert pages.client.get("/", params={"token": once}).status_code == 403


@pytest.mark.parametrize("host", ["localhost:8765", "127.0.0.1", "[::1]:9", "LOCALHOST"])
def test_names_of_this_machine_are_accepted(pages: Pages, host: str) -> None:
    pages.client.cookies.clear()
    answer = pages.client.get("/", params={"token": TOKEN}, headers={"host": host})
    assert answer.status_code != 421


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://["},
        {"origin": "http://127.0.0.1:9999"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_a_change_from_another_page_is_refused(
    pages: Pages, memory: Memory, headers: dict[str, str]
) -> None:
    memory_id = store_text(memory, "User likes tea")
    answer = pages.client.post(
        "/memory/delete", data={"csrf": pages.app.csrf, "id": memory_id}, headers=headers
    )
    assert answer.status_code == 403
    assert memory.get(memory_id) is not None


@pytest.mark.parametrize("csrf", [None, "", "0" * 64])
def test_a_change_without_the_token_of_the_form_is_refused(
    pages: Pages, memory: Memory, csrf: str | None
) -> None:
    memory_id = store_text(memory, "User likes tea")
    fields = {"id": memory_id} | ({} if csrf is None else {"csrf": csrf})
    assert pages.client.post("/memory/delete", data=fields).status_code == 403
    assert memory.get(memory_id) is not None


def test_a_change_is_not_made_by_a_link(pages: Pages, memory: Memory) -> None:
    memory_id = store_text(memory, "User likes tea")
    assert pages.get("memory/delete", id=memory_id, csrf=pages.app.csrf).status_code == 405
    assert memory.get(memory_id) is not None


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data", ""])
def test_only_a_form_is_read(pages: Pages, kind: str) -> None:
    answer = pages.client.post("/memory/delete", content=b"{}", headers={"content-type": kind})
    assert answer.status_code == 415


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"csrf=%ff%fe&id=x", 400),
        (b"&".join(b"a=b" for _ in range(6_000)), 400),
        (b"x" * (MAX_BODY + 1), 413),
    ],
    ids=["not UTF-8", "many fields", "too large"],
)
def test_a_wrong_form_is_refused(pages: Pages, body: bytes, status: int) -> None:
    assert pages.client.post("/memory/delete", content=body, headers=FORM).status_code == status


def test_a_body_without_a_length_is_bounded_too(pages: Pages) -> None:
    def parts() -> Any:
        for _ in range(MAX_BODY // 1_000_000 + 2):
            yield b"x" * 1_000_000

    answer = pages.client.post("/memory/delete", content=parts(), headers=FORM)
    assert answer.status_code == 413


@pytest.mark.parametrize("path", ["", "memories", "nothing", "static/inspector.js"])
def test_every_answer_forbids_what_is_not_from_here(pages: Pages, path: str) -> None:
    headers = pages.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"


def test_pages_are_not_kept_by_the_browser(pages: Pages) -> None:
    assert pages.get("memories").headers["cache-control"] == "no-store"


def test_two_servers_have_cookies_of_their_own(memory: Memory) -> None:
    one, other = (TestClient(app(memory, token=t), base_url=f"http://{HOST}") for t in "ab")
    first = one.get("/", params={"token": "a"}, follow_redirects=False).headers["set-cookie"]
    second = other.get("/", params={"token": "b"}, follow_redirects=False).headers["set-cookie"]
    assert first.split("=")[0] != second.split("=")[0]


def test_a_server_with_the_same_token_knows_its_sessions(memory: Memory) -> None:
    pages, again = Pages(memory), TestClient(app(memory, token=TOKEN), base_url=f"http://{HOST}")
    again.cookies = pages.client.cookies
    assert again.get("/").status_code == 200


def test_nothing_can_be_changed_in_a_page_to_read(memory: Memory) -> None:
    memory_id = store_text(memory, "User likes tea")
    pages = Pages(memory, read_only=True)
    form = pages.get("memories")
    assert "Delete" not in form.text
    answer = pages.post("memory/delete", id=memory_id)
    assert answer.status_code == 403
    assert memory.get_all(**CAM)["results"]
