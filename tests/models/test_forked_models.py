"""Models in a forked child: without the threads of the parent, nothing hangs."""

from pathlib import Path

import pytest

from helpers import run_python

pytestmark = [pytest.mark.posix, pytest.mark.model]

PRELUDE = """
import os, signal, sys, tempfile, threading
sys.path.insert(0, sys.argv[1])
from litemem.models.embedders import FastEmbedEmbedder
from litemem.models.llms import LlamaCppLLM
import test_llms
from litemem.core.protocols import Prompt

def ask(llm, text="user: I'm Cam."):
    return test_llms.ask(llm, text, Prompt("short", "Answer in JSON."))

def language_model():
    return LlamaCppLLM(test_llms.TINY, threads=2, state_folder=tempfile.mkdtemp())

def in_child(work):
    child = os.fork()
    if child == 0:
        signal.alarm(120)
        sys.exit(work())
    return os.waitpid(child, 0)[1]

def start(work):
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread
"""


def run(script: str) -> str:
    return run_python(PRELUDE + script, Path(__file__).parent)


def test_a_language_model_answers_in_a_child_as_in_its_parent() -> None:
    printed = run("""
llm = language_model()
expected = ask(llm)  # makes OpenMP's pool of this thread, which hangs in the child
def same():
    return int(ask(llm) != expected)
def fresh():
    return int(ask(language_model()) != expected)
print(in_child(same), in_child(fresh), in_child(lambda: in_child(same)), same())
""")
    assert printed == "0 0 0 0\n"


def test_a_language_model_answers_in_a_child_that_was_forked_while_it_worked() -> None:
    printed = run("""
llm = language_model()
llm.count_tokens("load it")
working = start(lambda: ask(llm))
while llm._here.lock.acquire(blocking=False):
    llm._here.lock.release()
print(in_child(lambda: int(not ask(llm))))
working.join()
""")
    assert printed == "0\n"


def test_a_child_unloads_its_model_too_when_it_is_idle() -> None:
    printed = run("""
import time
llm = LlamaCppLLM(test_llms.TINY, state_folder=tempfile.mkdtemp(), unload_after=0.2)
expected = ask(llm)
def work():
    same = ask(llm) == expected
    test_llms.wait_until(lambda: llm._here.llama is None)
    return int(not same or ask(llm) != expected)
print(in_child(work), in_child(lambda: in_child(work)), work())
""")
    assert printed == "0 0 0\n"


def test_an_error_of_a_language_model_reaches_the_child() -> None:
    printed = run("""
from litemem.errors import LLMError
llm = language_model()
ask(llm)
def work():
    try:
        ask(llm, "word " * llm.context_tokens)
    except LLMError as error:
        return int("do not fit" not in str(error))
    return 2
print(in_child(work))
""")
    assert printed == "0\n"


def test_an_embedder_gives_a_child_the_vectors_of_its_parent() -> None:
    printed = run("""
embedder = FastEmbedEmbedder(threads=2)
expected = [list(vector) for vector in embedder.embed_documents(["tea", "rum"] * 8)]
def work():
    return int([list(v) for v in embedder.embed_documents(["tea", "rum"] * 8)] != expected)
ends = [in_child(work) for _ in range(3)]
ends += [in_child(lambda: 0) for _ in range(3)]  # they end without using it
print(ends, list(embedder.embed_query("tea")) == expected[0])
""")
    assert printed == f"{[0] * 6} True\n"


def test_an_embedder_works_in_a_child_that_was_forked_while_another_thread_loaded_it() -> None:
    printed = run("""
embedder = FastEmbedEmbedder(threads=2)
loading = start(lambda: embedder.embed_query("tea"))
while not embedder._loaded.here.lock.locked():
    pass
print(in_child(lambda: int(len(embedder.embed_query("tea")) != 384)))
loading.join()
""")
    assert printed == "0\n"


@pytest.mark.parametrize("library", ["fastembed", "numpy", "onnxruntime"])
def test_an_embedder_works_in_a_child_that_was_forked_in_the_middle_of_an_import(
    library: str,
) -> None:
    printed = run(f"""
import time
embedder = FastEmbedEmbedder(threads=2)
loading = start(lambda: embedder.embed_query("tea"))
while {library!r} not in sys.modules:
    time.sleep(0.0005)
print(in_child(lambda: int(len(embedder.embed_query("tea")) != 384)))
loading.join()
""")
    assert printed == "0\n"
