"""What faces are looked at with, on the runtime that is chosen."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from slceleb_core.models.providers import CPU, ProviderChoice
from slceleb_core.types import JsonValue
from slceleb_detector_mediapipe import runtimes
from slceleb_detector_mediapipe.archive import BLENDSHAPES, DETECTOR, LANDMARKS, Archive, cannot_load
from slceleb_detector_mediapipe.blazeface import BlazeFace
from slceleb_detector_mediapipe.config import MediapipeConfig
from slceleb_detector_mediapipe.facemesh import FaceMesh
from slceleb_detector_mediapipe.networks import Running
from slceleb_detector_mediapipe.quiet import native_log
from slceleb_detector_mediapipe.seen import FINDER_PIXELS, MESH_PIXELS, Finder, Mesher

if TYPE_CHECKING:
    from slceleb_detector_mediapipe.onnxrt import OnnxRuntime

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Eyes:
    """What faces are looked at with: one pair for who finds them, and one mesher for who looks through windows.

    Attributes
    ----------
    finder, mesher
        Those of the search and of key frames; for one thread.
    crew
        For windows, over several threads, and beside the others.
    facts
        What a result records of the runtime, beside its name and version.
    """

    finder: Finder
    mesher: Mesher
    crew: Mesher
    facts: Mapping[str, JsonValue] = field(default_factory=dict)

    def close(self) -> None:
        """Let go of the models."""
        for part in (self.finder, self.mesher, self.crew):
            part.close()


def open_eyes(archive: Archive, config: MediapipeConfig, threads: int, device: str) -> Eyes:
    """Load the networks.

    Raises
    ------
    PluginError
        The runtime cannot be loaded on this machine.
    ModelError
        A network cannot be loaded.
    UsageError
        An execution provider that was asked for is not there.
    """
    name = runtimes.chosen(config.runtime, config.providers, device)
    if name == runtimes.ONNX:
        return _onnx(archive, config, threads, device)
    return {runtimes.LITERT: _litert, runtimes.MEDIAPIPE: _mediapipe}[name](archive, config, threads)


def _mediapipe(archive: Archive, config: MediapipeConfig, threads: int) -> Eyes:
    from slceleb_detector_mediapipe.native import NativeFinder, NativeMesher

    least, shapes = config.min_confidence, config.blendshapes
    with ExitStack() as loaded:  # what was loaded before the rest failed must be let go of: it holds threads
        finder = loaded.enter_context(closing(NativeFinder(archive, least)))
        mesher, crew = (
            loaded.enter_context(closing(NativeMesher(archive, least, blendshapes=shapes, threads=many)))
            for many in (1, threads)
        )
        loaded.pop_all()
    return Eyes(finder, mesher, crew)


def _litert(archive: Archive, config: MediapipeConfig, threads: int) -> Eyes:
    with native_log():
        from slceleb_detector_mediapipe.litert import LiteRtNetwork

        return _direct(archive, config, Running(LiteRtNetwork, rows=1, threads=threads))


def _onnx(archive: Archive, config: MediapipeConfig, threads: int, device: str) -> Eyes:
    """Return what looks with ONNX Runtime; with LiteRT where a network has something that cannot be converted."""
    with native_log():
        from slceleb_detector_mediapipe.converting import UnconvertibleError
        from slceleb_detector_mediapipe.onnxrt import chosen_providers

    choice = chosen_providers(config.providers, device)
    try:
        with native_log():
            converted, runtime = _converted(archive, choice)
            running = Running(runtime.network, runtime.rows, runtime.threads(threads))
            eyes = replace(_direct(converted, config, running), facts=runtime.facts())
    except UnconvertibleError as error:
        return _instead(archive, config, threads, f"it cannot be converted for ONNX Runtime: {error}")
    except ValueError as error:
        raise cannot_load(archive.path, str(error).partition("\n")[0]) from error
    if runtime.warning:  # not before: what is written while native libraries are kept quiet goes to the log's depth
        log.warning(runtime.warning)
    return eyes


def _converted(archive: Archive, choice: ProviderChoice) -> tuple[Archive, OnnxRuntime]:
    """Return the networks as ONNX files, drawn as suits that on which ONNX Runtime computes, and ONNX Runtime."""
    from slceleb_detector_mediapipe.converting import BLOCKED, OPERATORS, to_onnx
    from slceleb_detector_mediapipe.onnxrt import OnnxRuntime

    runtime = OnnxRuntime(to_onnx(DETECTOR, archive.detector, OPERATORS), choice)
    operators = BLOCKED if runtime.used[0] == CPU else OPERATORS
    networks = {DETECTOR: archive.detector, LANDMARKS: archive.landmarks, BLENDSHAPES: archive.blendshapes}
    detector, landmarks, blendshapes = (to_onnx(name, content, operators) for name, content in networks.items())
    return replace(archive, detector=detector, landmarks=landmarks, blendshapes=blendshapes), runtime


def _instead(archive: Archive, config: MediapipeConfig, threads: int, why: str) -> Eyes:
    """Return what looks with LiteRT in the place of another runtime."""
    log.warning("%s: %s: LiteRT runs it, on the processor", archive.path, why)
    facts = {"runtime": runtimes.LITERT, "versions": {**runtimes.versions(runtimes.LITERT)}, "runtime_reason": why}
    return replace(_litert(archive, config, threads), facts=facts)


def _direct(archive: Archive, config: MediapipeConfig, running: Running) -> Eyes:
    """Return what looks with the networks themselves, and has done so once: libraries talk until then."""
    landmarks = partial(running.network, archive.landmarks)
    shapes = partial(running.network, archive.blendshapes) if config.blendshapes else None
    try:
        finder = BlazeFace(running.network(archive.detector), config.min_confidence)
        mesher, crew = (FaceMesh(landmarks, shapes, many, running.rows) for many in (1, running.threads))
        finder.find(np.zeros((FINDER_PIXELS, FINDER_PIXELS, 3), dtype=np.uint8))
        for part in (mesher, crew):
            part.mesh(np.zeros((1, MESH_PIXELS, MESH_PIXELS, 3), dtype=np.uint8), np.array([[0.5, 0.5, 1.0, 0.0]]))
    except (ValueError, RuntimeError) as error:
        raise cannot_load(archive.path, str(error).partition("\n")[0]) from error
    return Eyes(finder, mesher, crew)
