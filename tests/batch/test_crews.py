"""How many workers there are where nobody says, and what of the processors each gets."""

from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slceleb_core.batch import crews, limits
from slceleb_core.batch.crews import WORKER_MEMORY, crew_of_this_machine, shares
from slceleb_core.batch.inline import InlineConfig, InlineRunner
from slceleb_core.batch.limits import available_memory, computes_on_gpu, usable_processors
from slceleb_core.batch.pool import PoolConfig, PoolRunner
from slceleb_core.settings import Settings

GB = 10**9


@pytest.fixture
def machine(monkeypatch):
    def made(processors=4, memory=64 * GB, *, gpu=False):
        monkeypatch.setattr(crews, "usable_processors", lambda: processors)
        monkeypatch.setattr(crews, "available_memory", lambda: memory)
        monkeypatch.setattr(crews, "computes_on_gpu", lambda device: gpu or device == "cuda")

    return made


@pytest.mark.parametrize(
    ("videos", "processors", "memory", "workers", "reason"),
    [
        (1, 4, 64 * GB, 1, "one a video"),
        (2, 2, 64 * GB, 2, "one a video"),
        (3, 4, 64 * GB, 3, "one a video"),
        (1000, 4, 64 * GB, 4, "one a processor"),
        (1000, 4, 2 * GB, 2, "2 GB of memory are available, and each takes 700 MB"),
        (1000, 4, 0, 1, "0 B of memory are available, and each takes 700 MB"),
        (1, 4, 0, 1, "one a video"),
    ],
)
def test_there_are_as_many_workers_as_there_is_room_for(machine, videos, processors, memory, workers, reason):
    machine(processors, memory)
    crew = crew_of_this_machine(videos, "cpu")
    assert (crew.workers, crew.reason) == (workers, reason)
    assert str(crew) == f"{workers} ({reason})"


def test_a_gpu_is_not_shared(machine):
    machine()
    assert str(crew_of_this_machine(5, "cuda")) == "1 (more would share the GPU)"
    assert str(crew_of_this_machine(1, "cuda")) == "1 (one a video)"


@given(videos=st.integers(1, 5000), processors=st.integers(1, 300), memory=st.integers(0, 10**13))
def test_no_more_workers_than_videos_processors_or_memory(videos, processors, memory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(crews, "usable_processors", lambda: processors)
        patch.setattr(crews, "available_memory", lambda: memory)
        workers = crew_of_this_machine(videos, "cpu").workers
    assert 1 <= workers <= min(videos, processors)
    assert workers == 1 or workers * WORKER_MEMORY <= memory


def test_runners_say_how_many_they_take(machine):
    machine()
    context = Settings(device="cpu").stage_context()
    assert PoolRunner(PoolConfig(), context).crew(3).workers == 3
    assert InlineRunner(InlineConfig(), context).crew(3).workers == 1
    on_gpu = Settings(device="cuda").stage_context()
    assert PoolRunner(PoolConfig(), on_gpu).crew(3).workers == 1


def test_processors_are_shared_out_to_the_last():
    assert shares(7, 3) == (3, 2, 2)
    assert shares(2, 2) == (1, 1)
    assert shares(2, 5) == (1,) * 5


@given(threads=st.integers(1, 300), workers=st.integers(1, 300))
def test_no_thread_is_left_over_and_nobody_is_without(threads, workers):
    found = shares(threads, workers)
    assert len(found) == workers
    assert sum(found) == max(threads, workers)
    assert max(found) - min(found) <= 1


def placed(root: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content + "\n")
    return root


@pytest.fixture
def large(monkeypatch):
    """A machine with 64 processors and 512 GB."""
    monkeypatch.setattr(limits, "processors", lambda: 64)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=512 * GB))


@pytest.mark.usefixtures("large")
def test_what_a_container_is_limited_to_counts(tmp_path):
    v2 = "sys/fs/cgroup"
    root = placed(
        tmp_path,
        {
            "proc/self/cgroup": "0::/pod/worker",
            f"{v2}/pod/memory.max": str(8 * GB),
            f"{v2}/pod/memory.current": str(5 * GB),
            f"{v2}/pod/memory.stat": f"anon {2 * GB}\ninactive_file {1 * GB}",
            f"{v2}/pod/cpu.max": "250000 100000",
            f"{v2}/pod/worker/memory.max": "max",
            f"{v2}/pod/worker/memory.current": str(5 * GB),
            f"{v2}/pod/worker/cpu.max": "max 100000",
        },
    )
    assert available_memory(root) == 4 * GB
    assert usable_processors(root) == 3


@pytest.mark.usefixtures("large")
def test_so_it_does_where_control_groups_are_old(tmp_path):
    v1 = "sys/fs/cgroup"
    root = placed(
        tmp_path,
        {
            "proc/self/cgroup": "5:memory:/docker/ab\n4:cpu,cpuacct:/docker/ab\n1:name=systemd:/docker/ab",
            f"{v1}/memory/memory.limit_in_bytes": str(2 * GB),
            f"{v1}/memory/memory.usage_in_bytes": str(3 * GB),
            f"{v1}/memory/memory.stat": "total_inactive_file 0",
            f"{v1}/cpu/cpu.cfs_quota_us": "50000",
            f"{v1}/cpu/cpu.cfs_period_us": "100000",
        },
    )
    assert available_memory(root) == 0
    assert usable_processors(root) == 1


@pytest.mark.usefixtures("large")
def test_without_control_groups_the_machine_counts(tmp_path):
    assert available_memory(tmp_path) == 512 * GB
    assert usable_processors(tmp_path) == 64


def test_a_gpu_counts_where_networks_run_on_it(tmp_path, monkeypatch):
    root = placed(tmp_path, {"proc/driver/nvidia/version": "NVRM version"})
    monkeypatch.setattr(limits, "GPU_RUNTIME", "pytest")
    assert computes_on_gpu("auto", root)
    assert not computes_on_gpu("cpu", root)
    assert not computes_on_gpu("auto", tmp_path / "elsewhere")
    assert computes_on_gpu("cuda", tmp_path / "elsewhere")
    monkeypatch.setattr(limits, "GPU_RUNTIME", "no-such-distribution")
    assert not computes_on_gpu("auto", root)
