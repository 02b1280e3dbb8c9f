"""Pictures that are gone leave no memory behind, however many there were."""

from __future__ import annotations

import subprocess
import sys

import pytest

from slceleb_core.media import heap

PINNING = """
import sys
import numpy as np
from slceleb_core.media.heap import keep_pictures_beside_the_heap

if sys.argv[1] == "beside":
    keep_pictures_beside_the_heap()

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 // 1_000_000

large = np.ones(30_000_000, np.uint8)  # raises the threshold, where that is dynamic
del large
before, kept, pictures = resident(), [], []
for n in range(20):
    pictures.append(np.ones(6_000_000, np.uint8))
    kept.append(np.ones(100_000, np.uint8))
del pictures
print(resident() - before)
"""


def left_behind(where):
    found = subprocess.run([sys.executable, "-c", PINNING, where], capture_output=True, text=True, check=True)
    return int(found.stdout)


@pytest.mark.skipif(not heap._is_glibc(), reason="the C library is not glibc")
def test_small_things_that_stay_do_not_keep_pictures_memory():
    assert left_behind("heap") > 100  # what it is for
    assert left_behind("beside") < 20  # the small ones are 2 MB


def test_where_the_c_library_is_another_nothing_is_done(monkeypatch):
    monkeypatch.setattr(heap.os, "confstr", lambda name: None)
    monkeypatch.setattr(heap.ctypes, "CDLL", None)
    heap.keep_pictures_beside_the_heap()
    monkeypatch.delattr(heap.os, "confstr")
    heap.keep_pictures_beside_the_heap()
