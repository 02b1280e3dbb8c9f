"""What faces are looked at with, on the runtime that is chosen."""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial

import numpy as np

from slceleb_detector_mediapipe.archive import Archive, cannot_load
from slceleb_detector_mediapipe.blazeface import BlazeFace
from slceleb_detector_mediapipe.config import MediapipeConfig
from slceleb_detector_mediapipe.facemesh import FaceMesh
from slceleb_detector_mediapipe.networks import Network
from slceleb_detector_mediapipe.quiet import native_log
from slceleb_detector_mediapipe.runtimes import chosen
from slceleb_detector_mediapipe.seen import FINDER_PIXELS, MESH_PIXELS, Finder, Mesher


@dataclass(frozen=True, slots=True)
class Eyes:
    """What faces are looked at with: one pair for who finds them, and one mesher for who looks through windows.

    Attributes
    ----------
    finder, mesher
        Those of the search and of key frames; for one thread.
    crew
        For windows, over several threads, and beside the others.
    """

    finder: Finder
    mesher: Mesher
    crew: Mesher

    def close(self) -> None:
        """Let go of the models."""
        for part in (self.finder, self.mesher, self.crew):
            part.close()


def open_eyes(archive: Archive, config: MediapipeConfig, threads: int) -> Eyes:
    """Load the networks.

    Raises
    ------
    PluginError
        The runtime cannot be loaded on this machine.
    ModelError
        A network cannot be loaded.
    """
    name = chosen(config.runtime)
    return {"litert": _litert, "mediapipe": _mediapipe}[name](archive, config, threads)


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

        return _direct(archive, config, threads, LiteRtNetwork)


def _direct(archive: Archive, config: MediapipeConfig, threads: int, network: type[Network]) -> Eyes:
    """Return what looks with the networks themselves, and has done so once: libraries talk until then."""
    shapes = partial(network, archive.blendshapes) if config.blendshapes else None
    try:
        finder = BlazeFace(network(archive.detector), config.min_confidence)
        mesher, crew = (FaceMesh(partial(network, archive.landmarks), shapes, many) for many in (1, threads))
        finder.find(np.zeros((FINDER_PIXELS, FINDER_PIXELS, 3), dtype=np.uint8))
        for part in (mesher, crew):
            part.mesh(np.zeros((1, MESH_PIXELS, MESH_PIXELS, 3), dtype=np.uint8), np.array([[0.5, 0.5, 1.0, 0.0]]))
    except (ValueError, RuntimeError) as error:
        raise cannot_load(archive.path, str(error).partition("\n")[0]) from error
    return Eyes(finder, mesher, crew)
