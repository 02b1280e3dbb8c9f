"""The search that the option `finder` asks for."""

from __future__ import annotations

from collections.abc import Mapping

from slceleb_core.stages import StageContext
from slceleb_core.types import JsonValue
from slceleb_detector_mediapipe import finders
from slceleb_detector_mediapipe.config import MediapipeConfig
from slceleb_detector_mediapipe.facemesh import threads_for
from slceleb_detector_mediapipe.search import TileSearch
from slceleb_detector_mediapipe.seen import Finder, Search

PROVIDERS = "detect.options.providers"
"""Where a profile names execution providers."""


def open_search(
    config: MediapipeConfig, context: StageContext, finder: Finder
) -> tuple[Search, Mapping[str, JsonValue]]:
    """Return what searches pictures, and what a result records of it.

    Parameters
    ----------
    config
        The detector's options.
    context
        Where models are, the threads to keep to, and the machine's device.
    finder
        BlazeFace.

    Raises
    ------
    PluginError
        SCRFD is asked for and not installed, or ONNX Runtime cannot be loaded.
    ModelError
        Its model is missing, is another, or cannot be loaded.
    UsageError
        There is no such model, or an execution provider that was asked for is not there.
    """
    if config.finder != finders.SCRFD:
        return TileSearch(finder, config.min_face), {}
    finders.check(config.finder, config.finder_model)
    from slceleb_detector_insightface.catalog import model_facts, resolve
    from slceleb_detector_insightface.config import MODEL
    from slceleb_detector_insightface.finding import ScrfdFinder, open_network
    from slceleb_detector_insightface.levels import longest_for
    from slceleb_detector_mediapipe.glances import WholeSearch

    model = config.finder_model or MODEL
    path = resolve(model, context.models, finders.MODEL)
    network = open_network(path, config.providers, context.device, threads_for(context.threads), PROVIDERS)
    scrfd = ScrfdFinder(network, longest_for(config.min_face), config.min_confidence)
    return WholeSearch(scrfd), {"finder": {"model": model_facts(model, path), **network.facts()}}
