"""The public names: what `import litemem` gives, and what it does not."""

import inspect
import subprocess
import sys

import litemem

PUBLIC = [
    "AsyncMemory",
    "AsyncMemoryClient",
    "LitememError",
    "Memory",
    "MemoryClient",
    "Scope",
    "__version__",
    "restore",
    "salvage",
]


def test_the_exported_names_are_these_in_order() -> None:
    assert litemem.__all__ == sorted(PUBLIC)


def test_dir_lists_the_exported_names_only() -> None:
    assert dir(litemem) == sorted(litemem.__all__)


def test_every_exported_name_is_there_and_documented() -> None:
    for name in litemem.__all__:
        member = getattr(litemem, name)
        assert name == "__version__" or inspect.getdoc(member), name


def test_an_unknown_name_is_an_attribute_error() -> None:
    assert not hasattr(litemem, "core_dump")


def test_late_names_are_imported_at_first_use() -> None:
    code = (
        "import sys, litemem; late = {'litemem.aio', 'asyncio',"
        " 'litemem.store.sqlite.integrity.salvage'}; "
        "assert not late & sys.modules.keys(); litemem.AsyncMemory; litemem.salvage"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_no_method_shows_a_private_type() -> None:
    for kind in (litemem.Memory, litemem.MemoryClient):
        for name, method in inspect.getmembers(kind, inspect.isfunction):
            assert inspect.get_annotations(method).get("self", object) is object, name
