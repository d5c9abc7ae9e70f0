"""A tree of small text files in memory, with the commands of Anthropic's memory tool; pure.

The texts of results and errors are what Claude is used to: those of the SDK's tool for a folder.
"""

import posixpath
from collections.abc import Iterator, Mapping, Sequence

ROOT = "/memories"
MAX_LINES = 999_999  # line numbers have six digits
DEPTH = 2  # levels of a folder that `view` lists
FOLDER_BYTES = 4_096  # what is shown as the size of a folder, as file systems have it
MAX_NAME = 255  # bytes, as file systems have it
AROUND = 2  # lines before and after a change that are shown


class FileTreeError(Exception):
    """A command that cannot be done; its text is for the model."""


class FileTree:
    """Files by path, and folders, which have the content None.

    `entries` are the files, and those folders that are empty; other folders follow from them.
    """

    def __init__(self, entries: Mapping[str, str | None]) -> None:
        self._files = {path: text for path, text in entries.items() if text is not None}
        self._folders = {ROOT}
        for path, text in entries.items():
            self._add_folders(path if text is None else posixpath.dirname(path))

    def entries(self) -> dict[str, str | None]:
        """Return the files with their texts, and the empty folders with None."""
        parents = {posixpath.dirname(path) for path in (*self._files, *self._folders)}
        empty = self._folders - parents - {ROOT}
        return {**self._files, **dict.fromkeys(sorted(empty))}

    def view(self, path: str, view_range: Sequence[int] | None = None) -> str:
        """Return the numbered lines of a file, or the sizes and names in a folder."""
        place = self._place(path)
        if place in self._folders:
            listed = [f"{_size(FOLDER_BYTES)}\t{path}"]
            listed += [f"{size}\t{path}/{name}" for size, name in self._listed(place, "", DEPTH)]
            return (
                f"Here're the files and directories up to 2 levels deep in {path}, "
                "excluding hidden items:\n" + "\n".join(listed)
            )
        if place not in self._files:
            raise FileTreeError(f"The path {path} does not exist. Please provide a valid path.")
        lines, first = self._files[place].split("\n"), 0
        if len(lines) > MAX_LINES:
            raise FileTreeError(f"File {path} exceeds maximum line limit of 999,999 lines.")
        if view_range and len(view_range) == 2:
            first = max(1, view_range[0]) - 1
            lines = lines[first : len(lines) if view_range[1] == -1 else view_range[1]]
        return f"Here's the content of {path} with line numbers:\n" + _numbered(lines, first + 1)

    def create(self, path: str, text: str) -> str:
        """Create a file that does not exist yet."""
        place = self._place(path)
        self._check_new(place, path)
        if self._exists(place):
            raise FileTreeError(f"File {path} already exists")
        self._add_folders(posixpath.dirname(place))
        self._files[place] = text
        return f"File created successfully at: {path}"

    def replace(self, path: str, old: str, new: str) -> str:
        """Replace a text that the file has exactly once; return the lines around it."""
        place = self._require_file(path)
        text = self._files[place]
        count = text.count(old)
        if count == 0:
            raise FileTreeError(
                f"No replacement was performed, old_str `{old}` did not appear verbatim in {path}."
            )
        if count > 1:
            lines = ", ".join(map(str, _lines_of(text, old)))
            raise FileTreeError(
                f"No replacement was performed. Multiple occurrences of old_str `{old}` in lines: "
                f"{lines}. Please ensure it is unique"
            )
        changed = text.count("\n", 0, text.find(old))
        self._files[place] = text.replace(old, new)
        first = max(0, changed - AROUND)
        shown = self._files[place].split("\n")[first : changed + AROUND + 1]
        return (
            "The memory file has been edited. Here is the snippet showing the change "
            "(with line numbers):\n" + _numbered(shown, first + 1)
        )

    def insert(self, path: str, line: int, text: str) -> str:
        """Insert a text behind a line; 0 is the beginning of the file."""
        place = self._require_file(path)
        lines = self._files[place].split("\n")
        if lines[-1] == "":
            lines.pop()
        if not 0 <= line <= len(lines):
            raise FileTreeError(
                f"Invalid `insert_line` parameter: {line}. "
                f"It should be within the range [0, {len(lines)}]."
            )
        lines.insert(line, text.rstrip("\n"))
        joined = "\n".join(lines)
        self._files[place] = joined if joined.endswith("\n") else joined + "\n"
        return f"The file {path} has been edited."

    def delete(self, path: str) -> str:
        """Delete a file, or a folder with everything in it."""
        place = self._place(path)
        if place == ROOT:
            raise FileTreeError(f"Cannot delete the {ROOT} directory itself")
        if not self._exists(place):
            raise FileTreeError(f"The path {path} does not exist")
        self._files = {p: text for p, text in self._files.items() if not _is_in(p, place)}
        self._folders = {p for p in self._folders if not _is_in(p, place)}
        return f"Successfully deleted {path}"

    def rename(self, old_path: str, new_path: str) -> str:
        """Move a file or a folder to a place where nothing is."""
        old, new = self._place(old_path), self._place(new_path)
        if old == ROOT:
            raise FileTreeError(f"Cannot rename the {ROOT} directory itself")
        if self._exists(new):
            raise FileTreeError(f"The destination {new_path} already exists")
        if not self._exists(old):
            raise FileTreeError(f"The path {old_path} does not exist")
        self._check_new(new, new_path)
        if _is_in(new, old):
            raise FileTreeError(f"Cannot move {old_path} into itself")
        self._add_folders(posixpath.dirname(new))
        self._files = {_moved(p, old, new): text for p, text in self._files.items()}
        self._folders = {_moved(p, old, new) for p in self._folders}
        return f"Successfully renamed {old_path} to {new_path}"

    def clear(self) -> str:
        """Delete everything."""
        self._files, self._folders = {}, {ROOT}
        return "All memory cleared"

    def _place(self, path: str) -> str:
        """Return a path without `.`, `..` and doubled slashes."""
        if not path.startswith(ROOT):
            raise FileTreeError(f"Path must start with {ROOT}, got: {path}")
        relative = path.removeprefix(ROOT).lstrip("/")
        place = posixpath.normpath(f"{ROOT}/{relative}")
        if not _is_in(place, ROOT) or "\0" in place:
            raise FileTreeError(f"Path {path} would escape {ROOT} directory")
        if any("\ud800" <= each <= "\udfff" for each in place):
            raise FileTreeError(f"Path {path!a} has half a surrogate pair, which is not text")
        return place

    def _exists(self, place: str) -> bool:
        return place in self._files or place in self._folders

    def _require_file(self, path: str) -> str:
        place = self._place(path)
        if not self._exists(place):
            raise FileTreeError(f"The path {path} does not exist. Please provide a valid path.")
        if place not in self._files:
            raise FileTreeError(f"The path {path} is not a file.")
        return place

    def _check_new(self, place: str, path: str) -> None:
        """Refuse a path through a file, and one that no file system has."""
        if any(len(name.encode()) > MAX_NAME for name in place.split("/")):
            raise FileTreeError(f"A name in {path} has more than {MAX_NAME} bytes")
        folder = posixpath.dirname(place)
        while folder not in self._folders and folder != "/":
            if folder in self._files:
                raise FileTreeError(f"The path {path} leads through {folder}, which is a file.")
            folder = posixpath.dirname(folder)

    def _add_folders(self, folder: str) -> None:
        while _is_in(folder, ROOT):
            self._folders.add(folder)
            folder = posixpath.dirname(folder)

    def _listed(self, folder: str, prefix: str, depth: int) -> Iterator[tuple[str, str]]:
        """Yield (size, relative path) of what is in a folder, by name."""
        inside = [p for p in (*self._files, *self._folders) if posixpath.dirname(p) == folder]
        for place in sorted(inside, key=posixpath.basename):
            name = posixpath.basename(place)
            if name.startswith(".") or place == ROOT:
                continue
            if place in self._files:
                yield _size(len(self._files[place].encode())), f"{prefix}{name}"
                continue
            yield _size(FOLDER_BYTES), f"{prefix}{name}/"
            if depth > 1:
                yield from self._listed(place, f"{prefix}{name}/", depth - 1)


def _is_in(place: str, folder: str) -> bool:
    """Return True if a place is a folder, or inside it."""
    return place == folder or place.startswith(f"{folder}/")


def _moved(place: str, old: str, new: str) -> str:
    return new + place.removeprefix(old) if _is_in(place, old) else place


def _numbered(lines: Sequence[str], first: int) -> str:
    width = len(str(MAX_LINES))
    return "\n".join(f"{i:>{width}}\t{line}" for i, line in enumerate(lines, first))


def _size(number: int) -> str:
    """Return a number of bytes as the tool shows it: 0B, 12B, 1.5K."""
    power = min(max(number.bit_length() - 1, 0) // 10, 3)
    size = number / 1024**power
    return f"{int(size) if size == int(size) else format(size, '.1f')}{'BKMG'[power]}"


def _lines_of(text: str, part: str) -> Iterator[int]:
    """Yield the numbers of the lines in which a part begins, also where two overlap."""
    at, line, start = text.find(part), 1, 0
    while at >= 0:
        line += text.count("\n", start, at)
        yield line
        start, at = at, text.find(part, at + 1)
