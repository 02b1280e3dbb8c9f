"""Samples of the machine, in bounded space, whatever becomes of the processes and of the GPU."""

import subprocess
import sys
import threading
import types

import psutil
import pytest

from slceleb_core.batch import gpus, machine_sampling
from slceleb_core.batch.gpus import Gpus, GpuUse
from slceleb_core.batch.machine_sampling import Family, Sample, Sampler, Series, merged

WEEK = 7 * 24 * 3600


def sample(seconds, cpu=0.5, memory=100, uses=()):
    return Sample(seconds, cpu, cpu, memory, memory, uses)


def test_a_week_fits_and_its_peak_and_its_mean_are_kept():
    series = Series(capacity=720)
    for number in range(1, WEEK // 5 + 1):
        series.add(sample(5.0 * number, cpu=number % 2, memory=10**9 if number == 777 else 100))
    kept = series.samples()
    assert 360 <= len(kept) <= 720
    assert kept[-1].seconds == WEEK
    assert [sample.seconds for sample in kept] == sorted({sample.seconds for sample in kept})
    assert max(sample.memory for sample in kept) == 10**9
    assert all(sample.cpu == pytest.approx(0.5, abs=0.01) for sample in kept[:-1])


def test_a_short_series_is_kept_as_it_is():
    series = Series(capacity=8)
    given = [sample(float(number), cpu=number / 10) for number in range(1, 6)]
    for taken in given:
        series.add(taken)
    assert series.samples() == tuple(given)


def test_gpus_that_tell_nothing_at_times_are_merged():
    uses = [(GpuUse(0.2, 10),), (GpuUse(None, None),), (GpuUse(0.4, 5),)]
    assert merged([sample(1.0, uses=use) for use in uses]).gpus == (GpuUse(pytest.approx(0.3), 10),)
    assert GpuUse.merged([GpuUse(None, None)]) == GpuUse(None, None)


def test_even_the_shortest_batch_has_a_sample():
    with Sampler(interval=3600) as sampler:
        pass
    record = sampler.record()
    (one,) = record.samples
    assert 0 <= one.cpu <= 1
    assert 0 < one.memory <= record.memory
    assert 0 < one.machine_memory <= record.memory
    assert record.processors >= 1


def test_nothing_goes_on_after_the_end_also_after_an_error():
    with pytest.raises(ZeroDivisionError), Sampler(interval=0.001):
        raise ZeroDivisionError
    assert not [thread for thread in threading.enumerate() if thread.name == "slceleb-sampling"]


def test_children_are_counted_and_may_vanish():
    family = Family()
    code = "x = bytearray(50_000_000); print(flush=True); input(); sum(range(10_000_000))"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        child.stdout.readline()
        _, with_child = family.look()
        child.communicate("\n")
    spent, without = family.look()
    assert with_child - without > 40_000_000
    assert spent >= 0


def test_a_process_that_ends_while_it_is_looked_at_is_left_out(monkeypatch):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        gone = psutil.Process(child.pid)
        child.communicate(b"\n")
    family = Family()
    monkeypatch.setattr(family, "_alive", lambda: [gone, psutil.Process()])
    assert family.look()[1] > 0


def test_a_list_of_children_that_cannot_be_made_is_no_error(monkeypatch):
    def fail(self, recursive):
        raise psutil.NoSuchProcess(1)

    monkeypatch.setattr(psutil.Process, "children", fail)
    assert Family().look()[1] > 0


class FakeNvml(types.SimpleNamespace):
    """NVML with two GPUs, of which the second is divided and has no load."""

    class NVMLError(Exception):
        pass

    closed = 0

    def nvmlInit(self):  # noqa: N802 - NVML's name
        pass

    def nvmlShutdown(self):  # noqa: N802 - NVML's name
        self.closed += 1

    def nvmlDeviceGetCount(self):  # noqa: N802 - NVML's name
        return 2

    def nvmlDeviceGetHandleByIndex(self, number):  # noqa: N802 - NVML's name
        return number

    def nvmlDeviceGetName(self, handle):  # noqa: N802 - NVML's name
        return f"GPU {handle}"

    def nvmlDeviceGetMemoryInfo(self, handle):  # noqa: N802 - NVML's name
        return types.SimpleNamespace(total=1000, used=400 + handle)

    def nvmlDeviceGetUtilizationRates(self, handle):  # noqa: N802 - NVML's name
        if handle == 1:
            raise self.NVMLError
        return types.SimpleNamespace(gpu=75)


@pytest.fixture
def nvml(monkeypatch):
    """Install an NVML."""
    made = FakeNvml()
    monkeypatch.setitem(sys.modules, "pynvml", made)
    return made


def test_gpus_are_sampled(nvml):
    with Sampler(interval=3600) as sampler:
        pass
    record = sampler.record()
    assert [gpu.name for gpu in record.gpus] == ["GPU 0", "GPU 1"]
    assert record.samples[-1].gpus == (GpuUse(0.75, 400), GpuUse(None, 401))
    assert nvml.closed == 1


def test_without_the_package_or_a_driver_there_is_no_gpu(monkeypatch, nvml):
    def fail():
        raise FakeNvml.NVMLError("driver not loaded")

    nvml.nvmlInit = fail
    assert (Gpus().known, Gpus().look()) == ((), ())
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert Gpus().known == ()
    Gpus().close()


def test_gpus_that_cannot_be_looked_at_are_none(nvml):
    def fail(number):
        raise FakeNvml.NVMLError("lost")

    nvml.nvmlDeviceGetHandleByIndex = fail
    assert gpus.Gpus().look() == ()


def test_a_machine_that_tells_nothing_any_more_is_said_once(monkeypatch, caplog):
    def fail():
        raise PermissionError(13, "Permission denied", "/proc/meminfo")

    monkeypatch.setattr(machine_sampling.psutil, "virtual_memory", fail)
    with Sampler(interval=3600):
        pass
    assert [record.getMessage() for record in caplog.records] == [
        "the machine is not sampled any more: [Errno 13] Permission denied: '/proc/meminfo'"
    ]
