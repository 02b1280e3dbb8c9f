"""Loads recognition models through InsightFace's model zoo, and refuses what is none."""

from __future__ import annotations

import contextlib
import io
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from slceleb_core.errors import ModelError
from slceleb_core.models.card import CardSession
from slceleb_core.models.networks import first_line, open_session, session_options
from slceleb_core.models.providers import CPU, CUDA, ProviderChoice, missing_providers
from slceleb_core.types import CROP_SIZE
from slceleb_recognizer_insightface.network import GPU_BATCH, Network

log = logging.getLogger(__name__)


def open_network(source: Path, choice: ProviderChoice) -> Network:
    """Load the recognition model at `source`.

    Parameters
    ----------
    source
        An .onnx file, a folder of them, or a package of InsightFace with its manifest.
    choice
        The execution providers to ask for.

    Raises
    ------
    ModelError
        There is no recognition model of 112 by 112 pixels there, or it cannot be loaded.
    UsageError
        ONNX Runtime dropped a provider that the user asked for.
    """
    path, model = _load(source, choice)
    _suit(model, path, choice)
    providers = tuple(model.session.get_providers())
    warning = missing_providers(choice, providers)
    if warning:
        log.warning(warning)
    network = Network(path, model, providers)
    _check(network)
    if providers[0] == CUDA:
        model.session = CardSession(model.session, GPU_BATCH)
    return network


def _load(source: Path, choice: ProviderChoice) -> tuple[Path, Any]:
    """Return the one recognition model's file, and InsightFace's object for it."""
    if source.is_file():
        found = _recognizers([source], choice)
    else:
        folder = _unnested(source)
        found = _packaged(folder, choice) or _recognizers(sorted(folder.glob("*.onnx")), choice)
    if not found:
        what = "is not a recognition model" if source.is_file() else "holds no recognition model"
        raise ModelError(f"{source} {what} that InsightFace understands", "one takes a square picture of a face")
    if len(found) > 1:
        names = ", ".join(path.name for path, _ in found)
        raise ModelError(f"{source} holds several recognition models: {names}", "name the file")
    return found[0]


def _recognizers(paths: list[Path], choice: ProviderChoice) -> list[tuple[Path, Any]]:
    """Return those files that are recognition models, loaded."""
    loaded = ((path, _zoo_model(path, choice)) for path in paths)
    return [(path, model) for path, model in loaded if getattr(model, "taskname", None) == "recognition"]


def _unnested(folder: Path) -> Path:
    """Return the folder with the files: some archives of InsightFace hold a folder of their own name."""
    inside = list(folder.iterdir())
    return _unnested(inside[0]) if len(inside) == 1 and inside[0].is_dir() else folder


def _packaged(folder: Path, choice: ProviderChoice) -> list[tuple[Path, Any]]:
    """Return the recognition model of a package with InsightFace's manifest; none where there is no manifest."""
    from insightface.model_zoo import package_manifest

    if not package_manifest.has_model_package_manifest(folder):
        return []
    model = _zoo_model(folder, choice, model_task=package_manifest.RECOGNITION_TASK)
    return [(Path(model.model_file), model)]


def _zoo_model(path: Path, choice: ProviderChoice, **task: str) -> Any:
    """Return what InsightFace's model zoo makes of a file or a package; None where it knows no use for it."""
    from insightface import model_zoo

    printed = io.StringIO()
    try:
        # ONNX Runtime prints about providers that fail; standard output belongs to the results.
        with contextlib.redirect_stdout(printed):
            options = session_options(choice.threads)
            return model_zoo.get_model(
                str(path),
                providers=list(choice.names),
                provider_options=choice.options,
                sess_options=options,
                **task,
            )
    except Exception as error:  # a foreign file can fail in any way that three libraries know
        line = f"{path} cannot be loaded as a recognition model: {first_line(error)}"
        raise ModelError(line, "is it a whole ONNX file of a face recognition model?") from error
    finally:
        for line in filter(None, printed.getvalue().splitlines()):
            log.info("while loading %s: %s", path, line)


def _suit(model: Any, path: Path, choice: ProviderChoice) -> None:
    """Give `model` a session of a graph that is computed faster, where its own can be drawn so."""
    names = model.session.get_providers()
    if names != [CPU] and not model.session.get_overridable_initializers():
        return  # a card has no blocks to keep to: a file of 170 MB need not be read once more
    import onnx

    from slceleb_recognizer_insightface.suiting import in_blocks, with_constant_weights

    proto = onnx.load(str(path))
    drawn = [with_constant_weights(proto), names == [CPU] and in_blocks(proto)]
    if not any(drawn):
        return
    model.session = open_session(proto.SerializeToString(), replace(choice, names=tuple(names)))


def _check(network: Network) -> None:
    """Fill in what the graph says of itself, and run it once; raise ModelError where it does not fit."""
    batch, _, height, width = network.model.session.get_inputs()[0].shape
    if (height, width) != (CROP_SIZE, CROP_SIZE):
        raise ModelError(
            f"{network.path} takes pictures of {width}x{height} pixels, expected {CROP_SIZE}x{CROP_SIZE}",
            "choose a recognition model of ArcFace's format",
        )
    if isinstance(batch, int) and batch > 1:
        raise ModelError(f"{network.path} takes {batch} pictures at a time, expected 1 or any number", "export it anew")
    network.fixed_batch = batch == 1
    anything = np.random.default_rng(0).integers(0, 256, (1, CROP_SIZE, CROP_SIZE, 3), np.uint8)
    answer = network.forward(anything)
    if answer.ndim != 2 or answer.shape[1] < 2:
        found = list(answer.shape)
        raise ModelError(f"{network.path} answers with shape {found}, expected [1, dim]", "is it a recognizer?")
    if not np.isfinite(answer).all() or not answer.any():
        raise ModelError(f"{network.path.name} gives embeddings without a direction", "the model file is broken")
    network.dim = answer.shape[1]
