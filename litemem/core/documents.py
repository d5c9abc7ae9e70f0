"""Documents that a speaker hands over in a message: its text has them between tags.

Their words are searched with the message, and nothing in them is taken for the speaker's own.
"""

import base64
import re
from collections.abc import Mapping
from typing import Any

from litemem.errors import ValidationError

# parts with the text of a document, in the messages of Anthropic, OpenAI, LangChain and MCP
KINDS = ("document", "search_result", "file", "input_file", "resource", "text-plain")
TEXT_FILES = ("application/json", "application/xml", "application/yaml", "application/toml")
MAX_TITLE = 200  # characters

_WRAPPED = ("source", "file", "resource", "inline_data", "inlineData")  # dicts with its fields
_END = "</document>"
_NOT_IN_TITLE = re.compile(r"[\s<>\"]+")
_DOCUMENT = re.compile(
    r"^[ \t]{0,9}<document\b[^<>\n]{0,400}>.*?(?:</document>|\Z)",
    re.DOTALL | re.MULTILINE,
)


def is_document(part: Mapping[Any, Any]) -> bool:
    """Return True if a part of a message may be a document: Gemini has it without a type."""
    return part.get("type") in KINDS or not part.keys().isdisjoint(("inline_data", "inlineData"))


def document(part: Mapping[Any, Any], name: str) -> str:
    """Return the text of a document between tags; nothing if it has none, such as a PDF.

    Raises:
        ValidationError: its text is not text, or its file not Base64.
    """
    fields: dict[Any, Any] = {k: v for k, v in part.items() if k != "type"}
    for key in _WRAPPED:
        if isinstance(inner := part.get(key), Mapping):
            fields |= inner
    text = fields.get("text")
    if text is None and fields.get("type") == "text":
        text = fields.get("data")
    if text is None:
        text = _joined(fields.get("content"))
    if text is None:
        text = _decoded(fields, name)
    if not isinstance(text, str):
        raise ValidationError(f"{name}: a document must be text, got {type(text).__name__}")
    titles = (fields.get(key) for key in ("title", "filename", "uri"))
    return tagged(text, next((each for each in titles if isinstance(each, str)), ""))


def tagged(text: str, title: str = "") -> str:
    """Return a document in the tags that mark it in a message; its text cannot close them."""
    if not text.strip():
        return ""
    title = _NOT_IN_TITLE.sub(" ", title[:MAX_TITLE]).strip()
    attributes = f' title="{title}"' if title else ""
    return f"<document{attributes}>\n{text.strip().replace(_END, '< /document>')}\n{_END}"


def split_documents(text: str) -> tuple[str, list[str]]:
    """Return a message without its documents, and these."""
    end = text.rfind(_END)
    if end < 0:  # without it, the pattern would look for it behind each beginning
        return text, []
    end += len(_END)
    found = [match[0] for match in _DOCUMENT.finditer(text[:end])]
    return _DOCUMENT.sub("", text[:end]) + text[end:], found


def _joined(content: object) -> object:
    """Return the text of a document in blocks; the others of its blocks are left out."""
    if not isinstance(content, list | tuple):
        return content
    blocks = [each.get("text") for each in content if isinstance(each, Mapping)]
    return "\n".join(text for text in blocks if isinstance(text, str))


def _decoded(fields: Mapping[Any, Any], name: str) -> str:
    """Return the text of a file in Base64, or nothing if it is not a text file."""
    datas = (fields.get(key) for key in ("file_data", "data", "base64", "blob"))
    data = next((each for each in datas if isinstance(each, str)), "")
    kinds = [fields.get(key) for key in ("media_type", "mime_type", "mimeType")]
    head, comma, rest = data.partition(",")
    if comma and head.startswith("data:"):
        kinds, data = [head.removeprefix("data:").partition(";")[0]], rest
    from mimetypes import MimeTypes  # 3 ms, which few programs need; as Python knows them

    kinds.append(MimeTypes().guess_type(str(fields.get("filename") or fields.get("uri") or ""))[0])
    kind = str(next(filter(None, kinds), "")).partition(";")[0].strip().lower()
    if not data or not (kind.startswith("text/") or kind in TEXT_FILES):
        return ""
    try:
        return base64.b64decode(data, validate=True).decode(errors="replace")
    except ValueError as error:
        raise ValidationError(f"{name}: the file is not Base64") from error
