"""The counter of waiting calls, with a run time that only pretends."""

import os
import subprocess
from pathlib import Path

import pytest

from bundle import build_sync_counter
from gpu_check import syncs

_FUNCTIONS = """
int cudaStreamSynchronize(void *s) { (void)s; return 41; }
int cudaMalloc(void **p, unsigned long n) { (void)p; (void)n; return 42; }
int cudaMemcpyAsync(void *t, const void *f, unsigned long n, int k, void *s) {
  (void)t; (void)f; (void)n; (void)k; (void)s; return 43;
}
int cudaPointerGetAttributes(int *type, const void *p) {
  *type = *(const char *)p == 'p' ? 1 : 0;
  return 0;
}
"""
_CALLER = """
#include <pthread.h>
#include <string.h>
int cudaStreamSynchronize(void *); int cudaMalloc(void **, unsigned long);
int cudaMemcpyAsync(void *, const void *, unsigned long, int, void *);
static void *Lane(void *name) {
  char memory[] = "p", pageable[] = "-";
  pthread_setname_np(pthread_self(), name);
  int wrong = cudaStreamSynchronize(0) != 41;
  wrong |= cudaMemcpyAsync(0, memory, 1, 1, 0) != 43;
  wrong |= cudaMemcpyAsync(0, pageable, 1, 1, 0) != 43;
  return (void *)(long)wrong;
}
int Work(void) {
  pthread_t lanes[2]; void *wrong[2];
  pthread_create(&lanes[0], 0, Lane, "lane-0");
  pthread_create(&lanes[1], 0, Lane, "lane-11");
  pthread_join(lanes[0], &wrong[0]); pthread_join(lanes[1], &wrong[1]);
  return wrong[0] || wrong[1] || cudaMalloc(0, 1) != 42;
}
"""
_MAIN = """
#include <dlfcn.h>
int main(int count, char **words) {
  (void)count;
  void *caller = dlopen(words[1], RTLD_NOW);
  if (!caller) return 9;
  return ((int (*)(void))dlsym(caller, "Work"))();
}
"""


@pytest.fixture(scope="module", params=["12", "13"])
def program(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> list[str]:
    """A program that loads, as the server does, a library that is linked to
    the run time's versioned functions."""
    folder = tmp_path_factory.mktemp("fake")
    soname = f"libcudart.so.{request.param}"
    _write(folder, "runtime.c", _FUNCTIONS)
    _write(folder, "caller.c", _CALLER)
    _write(folder, "main.c", _MAIN)
    _write(folder, "version", soname + " { global: cuda*; local: *; };")
    _gcc(folder, "-shared", "-fPIC", "runtime.c", f"-Wl,-soname,{soname}",
         "-Wl,--version-script=version", "-o", soname)
    _gcc(folder, "-shared", "-fPIC", "-D_GNU_SOURCE", "caller.c", soname,
         "-Wl,-rpath,$ORIGIN", "-o", "libcaller.so")
    _gcc(folder, "main.c", "-o", "main")
    return [str(folder / "main"), str(folder / "libcaller.so")]


def test_counts_by_threads_and_passes_the_calls_on(
    program: list[str], tmp_path: Path
) -> None:
    counter = build_sync_counter(tmp_path)
    started = subprocess.Popen(
        program,
        env={
            **os.environ,
            "LD_PRELOAD": str(counter),
            "SYNC_COUNTER_FILE": str(tmp_path / "table"),
        },
    )
    assert started.wait(30) == 0
    counts = syncs.read(tmp_path / f"table.{started.pid}")
    assert counts == {
        ("lane-#", "cudaStreamSynchronize"): 2,
        ("lane-#", "cudaMemcpyAsync"): 2,
        ("lane-#", "cudaMemcpyAsync of pageable"): 2,
        ("main", "cudaMalloc"): 1,
    }


def test_a_program_without_calls_leaves_an_empty_table(tmp_path: Path) -> None:
    counter = build_sync_counter(tmp_path)
    started = subprocess.Popen(
        ["true"],
        env={
            **os.environ,
            "LD_PRELOAD": str(counter),
            "SYNC_COUNTER_FILE": str(tmp_path / "table"),
        },
    )
    assert started.wait(30) == 0
    assert not syncs.read(tmp_path / f"table.{started.pid}")


def test_waiting_is_what_was_added_and_is_not_harmless() -> None:
    before = syncs.Counter({("lane-#", "cudaMalloc"): 5, ("x", "cudaFree"): 1})
    after = before + syncs.Counter(
        {
            ("lane-#", "cudaStreamSynchronize"): 3,
            ("lane-#", "cudaMemcpyAsync"): 9,
            ("x", "cudaFree"): 1,
        }
    )
    assert syncs.waiting(before, after, ["lane-#"]) == {
        ("lane-#", "cudaStreamSynchronize"): 3
    }


def test_lanes_that_copied_are_told_from_threads_of_other_names() -> None:
    before = syncs.Counter({("lane-gpu#-#", "cudaMemcpyAsync"): 5})
    after = syncs.Counter({("lane-gpu#-#", "cudaMemcpyAsync"): 8,
                           ("other", "cudaMemcpyAsync"): 9})
    assert syncs.copies(before, after, ["lane-#", "lane-gpu#-#"]) == 3
    assert syncs.copies(before, after, ["lane-#"]) == 0


def _write(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text)


def _gcc(folder: Path, *words: str) -> None:
    subprocess.run(["gcc", *words, "-pthread"], cwd=folder, check=True)
