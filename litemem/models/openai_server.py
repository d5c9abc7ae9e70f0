"""The language model of an OpenAI-compatible server, such as Ollama, behind the `LLM` protocol."""

import json
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from litemem.core.arguments import check_positive, check_timeout
from litemem.core.protocols import Prompt, Usage
from litemem.errors import ExtractionError, LLMError, ValidationError, quoted

EXAMPLE = "http://127.0.0.1:11434/v1#qwen3:4b"
CONTEXT_TOKENS = 4_096  # Ollama's default; it cuts longer prompts without an error
CONNECT_SECONDS = 5.0
LOOKUP_SECONDS = 5.0  # for what the server says of itself
ANSWER_SECONDS = 300.0  # with the time in which the server loads its model
RETRY_SECONDS = 1.0  # before the only retry
MAX_BYTES = 4_000_000  # of an HTTP response; an answer has a few thousand
SHOWN = 20  # models of a server that a message names
SEED = 7
ASCII_OF_A_TOKEN = 3  # English has about four: an estimate that is too low loses text
TOKENS_OF_EMOJI = 3  # a character beyond U+FFFF

_REFUSED = (400, 415, 422, 501)  # a server answers so to a field that it does not know
_FAILED, _UNKNOWN = 500, "response_format"  # of llama_cpp.server, to a form that it does not know
_PASSING = (408, 425, 429, 500, 502, 503, 504)  # may succeed the second time
# Fields that switch off the reasoning of a model: of Ollama, and of llama-server and vLLM. It would
# use up the tokens of the answer.
_NO_REASONING = {
    "reasoning_effort": "none",
    "chat_template_kwargs": {"enable_thinking": False},
}
_DIALECTS = ("no reasoning", "json_schema", "json_object", "in words")  # tried in this order
_BILLIONS = re.compile(r"(?:(\d{1,3})x)?(\d{1,4}(?:\.\d{1,3})?)([bm])(?![a-z0-9])")


class OpenAIServerLLM:
    """A model that a server on this machine runs: Ollama, LM Studio, llama-server or another.

    The server is asked for JSON by a schema; one that does not know schemas gets it in words. No
    proxy is used, and no redirect is followed. A request is repeated once if the connection broke
    or the server failed.

    Args:
        address: the address of the API with the model behind "#", as
            `http://127.0.0.1:11434/v1#qwen3:4b`. Without a model, the server's only one is used.
        context_tokens: the limit for prompt, text and answer together; by default 4,096, or fewer
            if the server says so.
        timeout: seconds for a whole answer.
        remote: allow an address that is not on this machine, which then reads every message.
        api_key: the key that the server wants, if it wants one.

    Raises:
        ValidationError: the address is not one of a server, or not on this machine.
    """

    def __init__(
        self,
        address: str,
        *,
        context_tokens: int | None = None,
        timeout: float = ANSWER_SECONDS,
        remote: bool = False,
        api_key: str | None = None,
    ) -> None:
        self._server = _Server.parse(address, remote=remote, api_key=api_key)
        if context_tokens is not None:
            check_positive(context_tokens, "context_tokens")
        self._given_context = context_tokens
        self._timeout = check_timeout(timeout, "timeout")
        self._first_dialect = 0  # the first that the server has not refused
        self._listed: Mapping[str, Any] | None = None  # the model as the server lists it
        self._limit: int | None = None  # what `context_tokens` found
        self._size: int | None = None  # what `parameters` found, 0 if the server does not tell
        self.usage = Usage()

    @property
    def name(self) -> str:
        """The model's name and the server, for messages."""
        model = self._server.model
        return f"{model} at {self._server.origin}" if model else self._server.origin

    @property
    def context_tokens(self) -> int:
        """The number of tokens that prompt, text and answer may have together."""
        if self._given_context is not None:
            return self._given_context
        if self._limit is None:
            try:
                self._limit = min(CONTEXT_TOKENS, self._told_context() or CONTEXT_TOKENS)
            except LLMError:  # the call that needs the model raises the same
                return CONTEXT_TOKENS
        return self._limit

    @property
    def parameters(self) -> int | None:
        """The number of parameters by the model's name or the server, or None if unknown."""
        if self._size is None:
            try:
                model = self._model()
                self._size = _parameters_in(model) or self._told_parameters(model)
            except LLMError:  # the call that needs the model raises the same
                return None
        return self._size or None

    def count_tokens(self, text: str) -> int:
        """Return about the number of tokens in `text`, rather too many than too few."""
        if text.isascii():
            return -(-len(text) // ASCII_OF_A_TOKEN)
        plain = sum(character.isascii() for character in text)
        rare = sum(character > "\uffff" for character in text)
        other = len(text) - plain - rare
        return -(-plain // ASCII_OF_A_TOKEN) + other + TOKENS_OF_EMOJI * rare

    def generate(
        self, prompt: Prompt, text: str, *, schema: Mapping[str, Any], max_tokens: int
    ) -> str:
        """Return the answer about `text` as JSON that matches `schema`, at temperature 0.

        Raises:
            LLMError: the server does not answer, failed, or refused the request.
            ExtractionError: the answer was not finished within `max_tokens`, or is not JSON by the
                schema.
        """
        refusal: _RefusedError | None = None
        number, last = self._first_dialect, len(_DIALECTS) - 1
        while number <= last:
            request = _request(_DIALECTS[number], prompt, text, schema)
            request |= {"model": self._model(), "max_tokens": max_tokens}
            try:
                answer = self._complete(request, max_tokens)
            except _RefusedError as error:
                refusal, number = error, number + 1
                continue
            if refusal is not None:
                self._first_dialect = number
            if _has_properties(answer, schema):
                return answer
            if number == last:
                raise ExtractionError(
                    f"{self.name} gave no JSON of the schema to the prompt {prompt.name}: "
                    f"{answer!r:.200}; try another model"
                )
            refusal, number = None, last  # the server ignores schemas
        raise LLMError(f"{self.name} refused the request: {refusal}") from refusal

    def check(self) -> None:
        """Check that the server answers and has the model; for `litemem doctor`.

        Raises:
            LLMError: it does not.
        """
        model = self._model()
        entries = self._models()
        if entries and model not in (entry["id"] for entry in entries):
            names = ", ".join(str(entry["id"]) for entry in entries[:SHOWN])
            raise LLMError(f"{self._server.origin} has no model {model}: it has {names}")

    def close(self) -> None:
        """Do nothing: the server keeps the model, and each call has its own connection."""

    def _complete(self, request: Mapping[str, Any], max_tokens: int) -> str:
        answer = self._asked("POST", f"{self._server.path}/chat/completions", request)
        try:
            choice = answer["choices"][0]
            content = choice["message"]["content"]
        except (LookupError, TypeError) as error:
            raise LLMError(
                f"{self.name} did not answer as an OpenAI-compatible server: {quoted(answer)}"
            ) from error
        self._add_usage(answer.get("usage"))
        if choice.get("finish_reason") == "length":
            raise ExtractionError(
                f"{self.name} did not finish its answer within {max_tokens} tokens"
            )
        return content if isinstance(content, str) else ""

    def _add_usage(self, told: Any) -> None:
        if isinstance(told, Mapping):
            evaluated, generated = told.get("prompt_tokens"), told.get("completion_tokens")
            self.usage = self.usage.plus(_number(evaluated), _number(generated))

    def _asked(
        self, method: str, path: str, body: Mapping[str, Any] | None, timeout: float | None = None
    ) -> dict[str, Any]:
        """Return what the server answers; repeat the request once after a passing failure."""
        seconds = self._timeout if timeout is None else timeout
        try:
            return self._server.ask(method, path, body, seconds)
        except _PassingError:
            time.sleep(RETRY_SECONDS)
        return self._server.ask(method, path, body, seconds)

    def _model(self) -> str:
        """Return the model's name: the given one, or that of the server's only model."""
        return self._server.model or str(self._entry()["id"])

    def _models(self) -> list[Mapping[str, Any]]:
        """Return the models as the server lists them."""
        answer = self._asked("GET", f"{self._server.path}/models", None, LOOKUP_SECONDS)
        listed = answer.get("data")
        return [
            entry
            for entry in (listed if isinstance(listed, list) else [])
            if isinstance(entry, Mapping) and isinstance(entry.get("id"), str)
        ]

    def _entry(self) -> Mapping[str, Any]:
        """Return the model as the server lists it; without a name, its only model."""
        if self._listed is None:
            entries = self._models()
            if self._server.model is None and len(entries) != 1:
                names = ", ".join(str(entry["id"]) for entry in entries[:SHOWN]) or "no model"
                raise LLMError(
                    f"which model of {self._server.origin}? It has {names}: give one behind #, as "
                    f"in {EXAMPLE}"
                )
            named = [entry for entry in entries if entry["id"] == self._server.model]
            only = entries if self._server.model is None else []
            self._listed = next(iter(named or only), {})
        return self._listed

    def _told_context(self) -> int | None:
        """Return the context that the server gives the model, or None if it does not tell."""
        entry = self._entry()
        meta = entry.get("meta")
        told = [entry.get("max_model_len"), entry.get("loaded_context_length")]
        told += [meta.get("n_ctx")] if isinstance(meta, Mapping) else []
        if entry.get("owned_by") == "llamacpp":  # llama-server
            try:
                settings = self._asked("GET", "/props", None, LOOKUP_SECONDS)
                told.append(settings["default_generation_settings"]["n_ctx"])
            except (LLMError, LookupError, TypeError):
                pass
        return min(filter(None, map(_number, told)), default=None)

    def _told_parameters(self, model: str) -> int:
        """Return the parameters by llama-server's list or Ollama's description, or 0."""
        meta = self._entry().get("meta")
        if isinstance(meta, Mapping) and _number(meta.get("n_params")):
            return _number(meta["n_params"])
        try:
            described = self._asked("POST", "/api/show", {"model": model}, LOOKUP_SECONDS)
            return _number(described["model_info"]["general.parameter_count"])
        except (LLMError, LookupError, TypeError):  # another server than Ollama
            return 0


class _PassingError(LLMError):
    """The connection broke or the server failed, which may not happen again."""


class _RefusedError(LLMError):
    """The server does not accept the request, perhaps because of a field in it."""


@dataclass(frozen=True, slots=True)
class _Server:
    """The address of an API, and one exchange with it."""

    secure: bool
    host: str
    port: int
    path: str
    model: str | None
    remote: bool
    api_key: str | None

    @classmethod
    def parse(cls, address: str, *, remote: bool, api_key: str | None) -> "_Server":
        """Read an address; no name is looked up.

        Raises:
            ValidationError: the address is wrong, or not on this machine.
        """
        from urllib.parse import urlsplit

        try:
            parts = urlsplit(address)
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise ValidationError(f"llm {quoted(address)}: {error}; give {EXAMPLE}") from error
        odd = parts.username is not None or parts.query or not address.isprintable()
        if parts.scheme not in ("http", "https") or not host or odd or " " in address:
            raise ValidationError(
                f"llm {quoted(address)} is not an address such as {EXAMPLE}: the model is behind "
                "#, and a key is set with LITEMEM_LLM_KEY"
            )
        if not remote and not _is_local(host):
            raise ValidationError(
                f"llm {quoted(address)} is not on this machine, and every message would be sent "
                f"there: give an address such as {EXAMPLE}, or set LITEMEM_REMOTE_LLM=1"
            )
        secure = parts.scheme == "https"
        path = parts.path.rstrip("/") or "/v1"
        if not path.isascii() or (api_key and not (api_key.isascii() and api_key.isprintable())):
            raise ValidationError("llm: the path and the key must be ASCII")
        found = port or (443 if secure else 80)
        return cls(secure, host, found, path, parts.fragment or None, remote, api_key)

    @property
    def origin(self) -> str:
        """Return the address without the path."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.secure else 'http'}://{host}:{self.port}"

    def ask(
        self, method: str, path: str, body: Mapping[str, Any] | None, seconds: float
    ) -> dict[str, Any]:
        """Return the JSON object that the server answers within some seconds.

        Raises:
            _PassingError: the connection broke, the server failed, or the answer is not JSON.
            _RefusedError: the request was not accepted.
            LLMError: nothing answers, or another failure.
        """
        status, content = self._exchange(method, path, body, seconds)
        try:
            answer = json.loads(content)
        except (ValueError, RecursionError):
            answer = None
        if 200 <= status < 300 and isinstance(answer, dict) and "error" not in answer:
            return answer
        said = _message(answer, content)
        if 300 <= status < 400:
            raise LLMError(f"{self.origin} redirects elsewhere, which is not followed")
        if status in (401, 403):
            raise LLMError(f"{self.origin} wants a key: set LITEMEM_LLM_KEY ({said})")
        is_refusal = status in _REFUSED or (status == _FAILED and _UNKNOWN in said)
        if is_refusal and "context" not in said.lower():  # too long in any form
            raise _RefusedError(said)
        if status in _PASSING or 200 <= status < 300:
            raise _PassingError(f"{self.origin} failed with status {status}: {said}")
        hint = ": is the model installed there, and is /v1 in the address?" if status == 404 else ""
        raise LLMError(f"{self.origin} answered {status} to {path} ({said}){hint}")

    def _exchange(
        self, method: str, path: str, body: Mapping[str, Any] | None, seconds: float
    ) -> tuple[int, bytes]:
        """Return the status and the body of a response."""
        from http.client import HTTPException  # 20 ms, which programs without a server need not pay

        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        headers |= {"Connection": "close"}
        if self.api_key:
            headers["Authorization"] = f"Bearer {self.api_key}"
        sent = None if body is None else json.dumps(body).encode()
        with self._connected() as connection, _deadline(connection.sock, seconds) as expired:
            try:
                connection.request(method, path, sent, headers)
                with connection.getresponse() as response:
                    content = response.read(MAX_BYTES + 1)
            except (OSError, HTTPException) as error:
                if expired.is_set():
                    raise self._late(seconds) from error
                text = f"{type(error).__name__}: {error}".removesuffix(": ")
                raise _PassingError(f"{self.origin} broke off its answer ({text})") from error
            if expired.is_set():
                raise self._late(seconds)
            if len(content) > MAX_BYTES:
                raise LLMError(f"{self.origin} answered with more than {MAX_BYTES:,} bytes")
            return response.status, bytes(content)

    @contextmanager
    def _connected(self) -> Iterator[Any]:
        """Open a connection, which never goes through a proxy; close it afterwards."""
        from http.client import HTTPConnection, HTTPSConnection

        kind = HTTPSConnection if self.secure else HTTPConnection
        connection = kind(self.host, self.port, timeout=CONNECT_SECONDS)
        try:
            try:
                connection.connect()
            except OSError as error:
                raise LLMError(
                    f"no server answers at {self.origin} ({error.strerror or error}): start it, or "
                    "give another llm"
                ) from error
            if not self.remote and not _is_local(connection.sock.getpeername()[0]):
                raise LLMError(f"{self.host} is not this machine: set LITEMEM_REMOTE_LLM=1")
            yield connection
        finally:
            connection.close()

    def _late(self, seconds: float) -> LLMError:
        return LLMError(f"{self.origin} did not answer within {seconds:g} seconds")


@contextmanager
def _deadline(sock: Any, seconds: float) -> Iterator[threading.Event]:
    """End the connection after some seconds, even if the server sends a byte now and then."""
    from socket import SHUT_RDWR

    expired = threading.Event()

    def expire() -> None:
        expired.set()
        with suppress(OSError):  # closed already
            sock.shutdown(SHUT_RDWR)  # a thread that waits in a read or write goes on

    sock.settimeout(None)
    timer = threading.Timer(min(seconds, threading.TIMEOUT_MAX), expire)
    timer.daemon = True
    timer.start()
    try:
        yield expired
    finally:
        timer.cancel()


def _is_local(host: str) -> bool:
    """Return True if a name or an address is always of this machine."""
    from ipaddress import ip_address

    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ip_address(name.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


def _request(dialect: str, prompt: Prompt, text: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a request that asks for JSON in one of the dialects."""
    messages = prompt.messages(text)
    request: dict[str, Any] = {"temperature": 0, "seed": SEED, "stream": False}
    if dialect == "in words":
        order = f"\n\nAnswer only with JSON of this schema:\n{json.dumps(schema)}"
        messages[0] = {"role": "system", "content": messages[0]["content"] + order}
    elif dialect == "json_object":
        request["response_format"] = {"type": "json_object", "schema": schema}
    else:
        named = {"name": prompt.name, "schema": schema, "strict": True}
        request["response_format"] = {"type": "json_schema", "json_schema": named}
    if dialect == "no reasoning":
        request |= _NO_REASONING
    return {**request, "messages": messages}


def _has_properties(answer: str, schema: Mapping[str, Any]) -> bool:
    """Return True if an answer is an object with the properties that the schema requires."""
    from litemem.extraction.ask import parse

    try:
        found = parse(answer)
    except ValueError:
        return False
    return isinstance(found, Mapping) and all(key in found for key in schema.get("required", ()))


def _message(answer: Any, content: bytes) -> str:
    """Return what a server says of a failure, shortened."""
    said = answer.get("error") if isinstance(answer, Mapping) else None
    if isinstance(said, Mapping):
        said = said.get("message") or said
    if said is None and isinstance(answer, Mapping):
        said = answer.get("detail") or answer.get("message")
    text = said if isinstance(said, str) else content.decode("utf-8", errors="replace")
    return " ".join(text[:1_000].split())[:300] or "nothing"


def _parameters_in(model: str) -> int | None:
    """Return the number of parameters in a model's name: 4 billion of "qwen3:4b"."""
    counts = []
    for match in _BILLIONS.finditer(model.lower()):
        before = model[match.start() - 1] if match.start() else ""
        if not before.isalnum() and before != ".":  # of "30b-a3b", the 3 billion are a part
            scale = 1_000_000_000 if match[3] == "b" else 1_000_000
            counts.append(round(int(match[1] or 1) * float(match[2]) * scale))
    return max(counts, default=None)


def _number(value: Any) -> int:
    """Return a whole number from 0, or 0 if a server gave something else."""
    is_count = isinstance(value, int) and not isinstance(value, bool) and value > 0
    return value if is_count else 0
