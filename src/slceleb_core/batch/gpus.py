"""How busy NVIDIA's GPUs are, by way of NVML (distribution ``nvidia-ml-py``), where there are any."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Gpu:
    """A GPU.

    Attributes
    ----------
    name
        Its make.
    memory
        Its bytes.
    """

    name: str
    memory: int


@dataclass(frozen=True, slots=True)
class GpuUse:
    """A GPU over a stretch of time.

    Attributes
    ----------
    load
        Part of the time in which it computed something, 0..1, of whomever; None where it does not tell.
    memory
        Greatest number of its bytes in use, by whomever; None where it does not tell.
    """

    load: float | None
    memory: int | None

    @classmethod
    def merged(cls, uses: Sequence[GpuUse]) -> GpuUse:
        """Return several as one: the mean load, the peak of memory."""
        loads = [use.load for use in uses if use.load is not None]
        held = [use.memory for use in uses if use.memory is not None]
        return cls(sum(loads) / len(loads) if loads else None, max(held, default=None))


class Gpus:
    """All GPUs of this machine; none where NVML or its Python package is missing.

    Attributes
    ----------
    known
        In NVML's order, which may not be CUDA's.
    """

    def __init__(self) -> None:
        self.known: tuple[Gpu, ...] = ()
        self._nvml: Any = _nvml()
        self._handles: list[Any] = []
        if self._nvml is not None:
            self._find()

    def look(self) -> tuple[GpuUse, ...]:
        """Return how busy each is."""
        return tuple(GpuUse(self._load(handle), self._held(handle)) for handle in self._handles)

    def close(self) -> None:
        """Let go of NVML; called a second time it does nothing."""
        if self._nvml is not None:
            nvml, self._nvml, self._handles = self._nvml, None, []
            try:
                nvml.nvmlShutdown()
            except nvml.NVMLError as error:
                log.debug("NVML does not shut down: %s", error)

    def _find(self) -> None:
        try:
            self._handles = [self._nvml.nvmlDeviceGetHandleByIndex(n) for n in range(self._nvml.nvmlDeviceGetCount())]
            self.known = tuple(self._gpu(handle) for handle in self._handles)
        except self._nvml.NVMLError as error:
            log.debug("GPUs cannot be looked at: %s", error)
            self._handles, self.known = [], ()

    def _gpu(self, handle: Any) -> Gpu:
        name = self._nvml.nvmlDeviceGetName(handle)
        return Gpu(
            name.decode() if isinstance(name, bytes) else name, int(self._nvml.nvmlDeviceGetMemoryInfo(handle).total)
        )

    def _load(self, handle: Any) -> float | None:
        try:
            return float(self._nvml.nvmlDeviceGetUtilizationRates(handle).gpu) / 100
        except self._nvml.NVMLError:  # a GPU that is divided (MIG) has no load
            return None

    def _held(self, handle: Any) -> int | None:
        try:
            return int(self._nvml.nvmlDeviceGetMemoryInfo(handle).used)
        except self._nvml.NVMLError:
            return None


def _nvml() -> Any:
    """Return the module of NVML, initialised; None where it is not installed, or there is no driver."""
    try:
        nvml = importlib.import_module("pynvml")
    except ImportError:
        return None
    try:
        nvml.nvmlInit()
    except nvml.NVMLError as error:
        log.debug("no GPU is sampled: %s", error)
        return None
    return nvml
