"""What this process may use of the machine: less than there is where a container's limits, or others, leave less."""

from __future__ import annotations

import math
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path, PurePosixPath

import psutil

from slceleb_core.settings import processors

ROOT = Path("/")

UNLIMITED = "max"
"""What cgroup v2 says where there is no limit; v1 has a number beyond all machines."""

GPU_RUNTIME = "onnxruntime-gpu"
"""The distribution of ONNX Runtime that computes on NVIDIA's GPUs."""


def usable_processors(root: Path = ROOT) -> int:
    """Return how many processors this process may keep busy: those that it may run on, within its container's quota."""
    return max(min([processors(), *map(math.ceil, _quotas(root))]), 1)


def available_memory(root: Path = ROOT) -> int:
    """Return the bytes of memory that may still be taken: of the machine, and of what its container is limited to."""
    return max(min([psutil.virtual_memory().available, *_left(root)]), 0)


def computes_on_gpu(device: str, root: Path = ROOT) -> bool:
    """Tell whether networks run on a GPU, as far as that can be told before one is loaded.

    Parameters
    ----------
    device
        The machine's setting: ``auto``, ``cpu`` or ``cuda``.
    root
        Where the machine's files are found.
    """
    if device != "auto":
        return device == "cuda"
    return (root / "proc/driver/nvidia/version").exists() and _installed(GPU_RUNTIME)


def _installed(distribution: str) -> bool:
    try:
        metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return False
    return True


def _quotas(root: Path) -> Iterator[float]:
    """Yield how many processors' time each control group allows."""
    for folder in _groups(root, "cpu"):
        amount, _, period = _words(folder / "cpu.max").partition(" ")
        if not amount:
            amount, period = _words(folder / "cpu.cfs_quota_us"), _words(folder / "cpu.cfs_period_us")
        if amount.isdigit() and period.isdigit() and int(period):
            yield int(amount) / int(period)


def _left(root: Path) -> Iterator[int]:
    """Yield how many bytes each control group leaves; what it holds of files can be dropped, and does not count."""
    for folder in _groups(root, "memory"):
        most = _words(folder / "memory.max") or _words(folder / "memory.limit_in_bytes")
        used = _words(folder / "memory.current") or _words(folder / "memory.usage_in_bytes")
        if most.isdigit() and used.isdigit():
            yield int(most) - int(used) + _droppable(folder)


def _droppable(folder: Path) -> int:
    counts = dict(line.split(" ", 1) for line in _words(folder / "memory.stat").splitlines() if " " in line)
    return int(counts.get("total_inactive_file", counts.get("inactive_file", "0")))


def _groups(root: Path, controller: str) -> Iterator[Path]:
    """Yield the folders of the control groups that this process is in, from the innermost out, as far as they show."""
    mounted = root / "sys/fs/cgroup"
    for line in _words(root / "proc/self/cgroup").splitlines():
        _, controllers, place = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        base = mounted / controller if controllers else mounted
        inner = PurePosixPath(place.lstrip("/"))
        yield from (base / group for group in (inner, *inner.parents))


def _words(path: Path) -> str:
    """Return what a file of the kernel says; nothing where there is none, as outside of Linux."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
