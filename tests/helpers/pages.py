"""A client of the inspector's pages, as a browser without scripts uses them."""

import re
from collections.abc import Iterable
from html import unescape
from typing import Any
from urllib.parse import quote_plus

from starlette.testclient import TestClient

from litemem import Memory
from litemem.inspector.app import app

HOST = "127.0.0.1:8765"
TOKEN = "a token of a test"
_TAGS = re.compile(r"<(?:style|script).*?</(?:style|script)>|<[^>]*>", re.DOTALL)


class Pages:
    """The inspector of a memory, signed in."""

    def __init__(self, memory: Memory, *, read_only: bool = False) -> None:
        self.app = app(memory, token=TOKEN, read_only=read_only)
        self.client = TestClient(self.app, base_url=f"http://{HOST}")
        self.client.get("/", params={"token": TOKEN})

    def get(self, path: str = "", **query: str) -> Any:
        """Return the answer to a GET."""
        return self.client.get(f"/{path}", params=query)

    def text(self, path: str = "", **query: str) -> str:
        """Return what a page says, without its tags."""
        answer = self.get(path, **query)
        assert answer.status_code == 200, shown(answer.text)
        return shown(answer.text)

    def post(self, path: str, *more: tuple[str, str], **fields: str) -> Any:
        """Return the page that a form leads to."""
        pairs: Iterable[tuple[str, str]] = [("csrf", self.app.csrf), *fields.items(), *more]
        return self.client.post(
            f"/{path}",
            content="&".join(f"{_quoted(key)}={_quoted(value)}" for key, value in pairs),
            headers={
                "content-type": "application/x-www-form-urlencoded",
                "origin": f"http://{HOST}",
                "sec-fetch-site": "same-origin",
            },
        )


def shown(html: str) -> str:
    """Return the text of a page, with single spaces."""
    return " ".join(unescape(_TAGS.sub(" ", html)).split())


def _quoted(text: str) -> str:
    return quote_plus(text)
