"""The networks that this plugin runs, and where one of the user's own lies."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from slceleb_core.models import ModelFile, ModelStore

ModelName = Literal["lr_asd", "light_asd"]

LR_ASD = ModelFile(
    name="lr_asd_ava.onnx",
    sha256="e6d68d24d57eb9f1e53b37475966121c76a313acc87947050e21fd5713de3f82",
    bytes=3_366_483,
    licence="MIT",
    description="LR-ASD with the authors' AVA weights, as ONNX (github.com/Junhua-Liao/LR-ASD)",
)

LIGHT_ASD = ModelFile(
    name="light_asd_ava.onnx",
    sha256="e37f32fa83fc89a7e5b503d7ac00622eb141a65397fc67a05206c2bb2d0ed373",
    bytes=4_105_948,
    licence="MIT",
    description="Light-ASD with the authors' AVA weights, as ONNX (github.com/Junhua-Liao/Light-ASD)",
)

FILES: dict[str, ModelFile] = {"lr_asd": LR_ASD, "light_asd": LIGHT_ASD}
"""By the name that a profile gives. The authors publish PyTorch checkpoints; nobody publishes these files, so there is
no address: ``python -m slceleb_speaker_lrasd.convert`` makes one, which is named by its path."""


def located(model: ModelName, file: Path | None, models: ModelStore) -> Path:
    """Return the network's path.

    Parameters
    ----------
    model
        Which network, where there is no file.
    file
        The user's own; it counts by its content.
    models
        Where pinned files lie.

    Raises
    ------
    ModelError
        It is not on this machine, or is another file of that name.
    """
    return models.locate(FILES[model]) if file is None else file
