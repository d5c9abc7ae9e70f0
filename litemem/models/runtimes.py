"""Import fastembed, llama_cpp and huggingface_hub late, with telemetry off and short spin waits."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import ModuleType, SimpleNamespace

# onnxruntime writes an id of the machine into the home folder when it is imported, and reports to
# its makers; huggingface_hub, which fastembed imports too, names the installed libraries to the hub
_NO_TELEMETRY = {"ORT_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}

# The threads of llama.cpp wait for each other in a loop that keeps a core busy each. If another
# program needs the cores, the loop takes time from the thread that is waited for: an `add` of 1.4 s
# takes 7 s beside two busy programs, and 2.7 s if threads sleep after 1,000 rounds
_SHORT_WAITS = {"GOMP_SPINCOUNT": "1000"}


@cache
def fastembed() -> ModuleType:
    """Import fastembed late: it takes 0.3 s, and numpy, which reading programs do not need."""
    with _environment(_NO_TELEMETRY):
        import fastembed
    return fastembed


@cache
def llama_cpp() -> ModuleType:
    """Import llama_cpp late: it takes 0.3 s and 60 MB, which searching programs do not need."""
    with _environment(_SHORT_WAITS):
        import llama_cpp
    return llama_cpp


@cache
def hub_client() -> SimpleNamespace:
    """Import the functions and errors of huggingface_hub late: it takes 0.3 s."""
    with _environment(_NO_TELEMETRY):
        from huggingface_hub import errors, file_download, utils
    return SimpleNamespace(
        hf_hub_url=file_download.hf_hub_url,
        get_hf_file_metadata=file_download.get_hf_file_metadata,
        http_get=file_download.http_get,
        silent_tqdm=utils.silent_tqdm,  # type: ignore[attr-defined]
        HfHubHTTPError=errors.HfHubHTTPError,
        # httpx's, the base of what a lost connection raises
        HTTPError=errors.HTTPError,  # type: ignore[attr-defined]
    )


@contextmanager
def _environment(defaults: dict[str, str]) -> Iterator[None]:
    """Set variables that are unset while a library is loaded, which is when it reads them."""
    missing = {name: value for name, value in defaults.items() if name not in os.environ}
    os.environ.update(missing)
    try:
        yield
    finally:
        for name in missing:
            os.environ.pop(name, None)
