"""Commands on the models of this machine: models list, pull, path, verify, remove."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import click

from litemem.cli.options import json_option
from litemem.cli.output import (
    bytes_text,
    counted,
    echo_err,
    progress_bar,
    show_json,
    show_table,
    status,
)
from litemem.errors import ModelFileError
from litemem.models import files as model_files
from litemem.models.download import Progress
from litemem.models.files import FileState
from litemem.models.registry import Model, all_models


@click.group()
def models() -> None:
    """Download, check and delete models."""


@models.command("list")
@json_option
def list_models(as_json: bool) -> None:
    """List the known models and their state."""
    found = [describe(model) for model in all_models()]
    if as_json:
        return show_json(found)
    rows = [
        (model.name, model.task, str(shown["state"]), bytes_text(model.size), model.description)
        for model, shown in zip(all_models(), found, strict=True)
    ]
    return show_table(("NAME", "TASK", "STATE", "SIZE", "DESCRIPTION"), rows)


@models.command()
@click.argument("name", required=False)
@json_option
def pull(name: str | None, as_json: bool) -> None:
    """Download a model, or the two default models.

    A search needs the embedder only, and a language model needs llama.cpp to run (docs/models.md).
    Downloads are checked by SHA-256. Installed files are not downloaded again, and an interrupted
    download continues. Prints the folders of the models.
    """
    defaults = [model_files.default_model(task) for task in ("embedder", "llm")]
    wanted = defaults if name is None else [model_files.find(name)]
    folders = []
    for model in wanted:
        echo_err(f"{model.name}: {bytes_text(model.size)}")
        with _download_bars() as progress:
            folders.append(str(model_files.pull(model, progress=progress)))
    show_json(folders) if as_json else click.echo("\n".join(folders))


@models.command()
@click.argument("name")
def path(name: str) -> None:
    """Print the path of a model.

    The path is the file of a language model, or the folder of an embedder.
    """
    model = model_files.find(name)
    with status(f"checking {name}"):
        folder = model_files.verified_folder(model)
    click.echo(str(folder / model.files[0].name if model.task == "llm" else folder))


@models.command()
@click.argument("name", required=False)
@json_option
def verify(name: str | None, as_json: bool) -> None:
    """Check the files of all models, or of one, by SHA-256."""
    with status("reading every byte"):
        found = model_files.verify(name)
    if not found:
        raise ModelFileError("no models are installed: run `litemem models pull`")
    if as_json:
        show_json([_file_dict(file) for file in found])
    else:
        rows = [(f.model, f.state, bytes_text(f.file.size), f.file.name) for f in found]
        show_table(("MODEL", "STATE", "SIZE", "FILE"), rows)
    bad = [file for file in found if file.state != "verified"]
    if bad:
        raise ModelFileError(f"{counted(len(bad), 'file')} missing or wrong: {_advice(bad)}")


@models.command()
@click.argument("name")
@json_option
def remove(name: str, as_json: bool) -> None:
    """Delete the files of a model."""
    freed = model_files.remove(name)
    show_json({"freed": freed}) if as_json else echo_err(f"freed {bytes_text(freed)}")


def describe(model: Model) -> dict[str, object]:
    """Return the facts about a model for JSON; no file is hashed."""
    files = model_files.installed(model)
    return {
        "name": model.name,
        "task": model.task,
        "default": model == model_files.default_model(model.task),
        "state": _state(files),
        "bytes": model.size,
        "licence": model.licence,
        "description": model.description,
    }


def _state(files: Sequence[FileState]) -> str:
    states = {file.state for file in files}
    if states == {"missing"}:
        return "not installed"
    if "untrusted" in states:
        return "untrusted"
    return "incomplete" if "missing" in states else "installed"


def _advice(bad: Sequence[FileState]) -> str:
    untrusted = [file.problem for file in bad if file.state == "untrusted"]
    return untrusted[0] if untrusted else f"run `litemem models pull {bad[0].model}`"


def _file_dict(found: FileState) -> dict[str, object]:
    return {
        "model": found.model,
        "file": found.file.name,
        "path": str(found.path),
        "state": found.state,
        "bytes": found.file.size,
        "problem": found.problem or None,
    }


@contextmanager
def _download_bars() -> Iterator[Progress]:
    """Yield a function that shows a progress bar for each file."""
    with ExitStack() as stack:
        bars: dict[str, Any] = {}

        def show(name: str, so_far: int, size: int) -> None:
            if name not in bars:
                stack.close()  # ends the line of the previous file
                bars[name] = stack.enter_context(progress_bar(size, name))
            bars[name].update(so_far - bars[name].pos)

        yield show
