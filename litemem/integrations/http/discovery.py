"""The token of the server, and where other programs of this user find a running one.

Both are files of this user alone, in the folder `serve` of the data folder. A file that a killed
server left behind names a port that any program may have taken. So a program that finds one first
asks for a proof that the other side knows the token, and sends the token only then.
"""

import hashlib
import hmac
import json
import os
import secrets
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from litemem import __version__
from litemem.core.config import check_regular, data_folder, database_path, sqlite_path
from litemem.errors import StoreError

if TYPE_CHECKING:
    from http.client import HTTPConnection

HOST = "127.0.0.1"
CONNECT_SECONDS = 1.0  # on one machine; a server that needs longer is not running
ANSWER_SECONDS = 300.0  # of a call that waits for the language model
MAX_NONCE = 100  # characters
_PRIVATE = 0o600


@dataclass(frozen=True, slots=True)
class Announcement:
    """What the file about a running server says; the models are those of its options."""

    port: int
    token_file: str
    embedder: str | None
    llm: str | None
    pid: int
    version: str = __version__


class NoServerError(Exception):
    """No server runs for the file, and nothing was sent."""


class Running:
    """A server that was found; each call is a connection of its own."""

    def __init__(self, port: int, token: str, database: str) -> None:
        self._port = port
        self._token = token
        self._database = database

    def is_there(self) -> bool:
        """Return True if the server runs."""
        connection = self._connection()
        try:
            self._check(connection)
        except NoServerError:
            return False
        finally:
            connection.close()
        return True

    def post(self, path: str, body: bytes, *, seconds: float = ANSWER_SECONDS) -> tuple[int, bytes]:
        """Send a request; return the status and the body of the answer.

        Raises:
            NoServerError: no server is there. OSError: it went away.
        """
        from http.client import HTTPException  # 0.1 s, which commands without a server save

        connection = self._connection()
        try:
            self._check(connection)
            if connection.sock is None:
                raise NoServerError("the server is ending")
            connection.auto_open = 0  # another connection might lead to another program
            connection.sock.settimeout(seconds)
            headers = {
                "Authorization": f"Token {self._token}",
                "Content-Type": "application/json",
                "Accept": "application/json",
            }
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except HTTPException as error:
            raise ConnectionError(f"the server gave no whole answer: {error}") from error
        finally:
            connection.close()

    def _connection(self) -> "HTTPConnection":
        from http.client import HTTPConnection

        return HTTPConnection(HOST, self._port, timeout=CONNECT_SECONDS)

    def _check(self, connection: "HTTPConnection") -> None:
        """Check that the other side knows the token, and serves this file.

        Raises:
            NoServerError: it does not.
        """
        from http.client import HTTPException

        nonce = secrets.token_hex(16)
        try:
            connection.request("GET", f"/healthz?nonce={nonce}")
            answer = json.loads(connection.getresponse().read(10_000))
        except (OSError, HTTPException, ValueError) as error:
            raise NoServerError(str(error)) from error
        given = answer.get("proof") if isinstance(answer, dict) else None
        expected = proof(self._token, nonce, self._database, self._port)
        if not isinstance(given, str) or not hmac.compare_digest(given.encode(), expected.encode()):
            raise NoServerError(f"another program, or the server of another file, has {self._port}")


def find(
    path: str | Path | None, *, embedder: str | None = None, llm: str | None = None
) -> Running | None:
    """Return the server that is announced for a file and has these models, or None.

    Its version is this one. A model that is None is any. The server may have ended since.
    """
    database = _database(path)
    try:
        file = _announcement(database)
        check_regular(file)
        found = Announcement(**json.loads(file.read_bytes()))
        token = read_token(Path(found.token_file))
    except (OSError, ValueError, TypeError, RecursionError, StoreError):
        return None
    if found.version != __version__ or not isinstance(found.port, int):
        return None
    if not 0 < found.port < 65_536:
        return None
    if embedder not in (None, found.embedder) or llm not in (None, found.llm):
        return None
    return Running(found.port, token, database)


def proof(token: str, nonce: str, database: str, port: int) -> str:
    """Return what shows that a server knows the token, and which file it serves on which port.

    A program that took the port of an ended server cannot pass on what another server answers.
    """
    text = f"litemem serve\n{port}\n{nonce[:MAX_NONCE]}\n{database}"
    return hmac.new(token.encode(), text.encode(errors="surrogatepass"), hashlib.sha256).hexdigest()


def announce(path: str | Path | None, found: Announcement) -> None:
    """Write the file about this server; an older one is replaced.

    Raises:
        StoreError: it cannot be written.
    """
    file = _announcement(_database(path))
    _write(file, json.dumps(asdict(found)))


def withdraw(path: str | Path | None, found: Announcement) -> None:
    """Delete the file about this server, unless another server has replaced it."""
    file = _announcement(_database(path))
    with suppress(OSError, ValueError, RecursionError):
        check_regular(file)
        if json.loads(file.read_bytes()) == asdict(found):
            file.unlink()


def token_file() -> Path:
    """Return the file of the token that servers use by default."""
    return data_folder() / "serve" / "token"


def make_token(file: Path, *, replace: bool = False) -> str:
    """Return the token in a file, which is created if it does not exist.

    Raises:
        StoreError: the file cannot be written or read, or others may read it.
    """
    if replace or not file.exists():
        _write(file, secrets.token_urlsafe(32))
    return read_token(file)


def read_token(file: Path) -> str:
    """Return the token in a file.

    Raises:
        StoreError: the file cannot be read, has no token, or others may read it.
    """
    try:
        check_regular(file)
        with file.open("rb") as reading:
            state = os.fstat(reading.fileno())
            token = reading.read(1_000).decode("ascii").strip()
    except (OSError, ValueError) as error:
        raise StoreError(f"the token in {file} cannot be read ({error})") from error
    if os.name == "posix" and (state.st_mode & 0o077 or state.st_uid not in (os.geteuid(), 0)):
        raise StoreError(f"others may read the token in {file}: delete it, a new one is made")
    if len(token) < 16 or not token.isprintable() or " " in token:
        raise StoreError(f"{file} has no token: delete it, a new one is made")
    return token


def _database(path: str | Path | None) -> str:
    return str(sqlite_path(database_path(path, create=False)))


def _announcement(database: str) -> Path:
    name = hashlib.sha256(database.encode()).hexdigest()[:32]
    return data_folder() / "serve" / f"{name}.json"


def _write(file: Path, text: str) -> None:
    """Replace a file by one that nobody else may read."""
    fresh = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
        with os.fdopen(descriptor, "w", encoding="utf-8") as writing:
            writing.write(text)
            writing.flush()
            os.fsync(writing.fileno())
        fresh.replace(file)
    except OSError as error:
        with suppress(OSError):
            fresh.unlink()
        raise StoreError(f"{file} cannot be written: {error}") from error
