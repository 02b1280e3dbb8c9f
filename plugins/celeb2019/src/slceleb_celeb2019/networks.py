"""The two networks of 2019: which files they are, and what is made of them.

The files are the user's. Nobody states a licence for them, so nothing is fetched and nothing is handed on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from slceleb_core.errors import ModelError, OutputError, PluginError
from slceleb_core.models import ModelFile, sha256_of

UNSTATED = "unstated: ask its publisher"

FOLDER = "celeb2019"
"""The folder of model files in which the four may lie together."""


def _file(name: str, sha256: str, size: int, what: str) -> ModelFile:
    return ModelFile(name=name, sha256=sha256, bytes=size, licence=UNSTATED, description=what, folder=FOLDER)


@dataclass(frozen=True, slots=True)
class Network:
    """A network of MXNet's.

    Attributes
    ----------
    title
        What it is called.
    symbol, params
        Its description and its parameters.
    entry
        The shape of its input.
    onnx
        What the ONNX file is called.
    outputs
        How many it has.
    """

    title: str
    symbol: ModelFile
    params: ModelFile
    entry: tuple[int | str, ...]
    onnx: str
    outputs: int


RETINAFACE = Network(
    "RetinaFace mnet.25",
    _file(
        "mnet.25-symbol.json",
        "68adb48bd8440b99cb3db088b45cba176a4962fc51139f04d69d5309fe6c213f",
        122_565,
        "RetinaFace with a quarter of MobileNet (mnet.25), the network",
    ),
    _file(
        "mnet.25-0000.params",
        "051313a2e7e62e981aafcf0dd5cb16505eca4295c4d2f6f36749a173eda8413c",
        1_757_080,
        "RetinaFace with a quarter of MobileNet (mnet.25), its parameters",
    ),
    ("pictures", 3, "height", "width"),
    "retinaface_mnet25.onnx",
    9,
)
"""J. Deng et al., "RetinaFace: Single-stage Dense Face Localisation in the Wild", 2019."""

MOBILEFACENET = Network(
    "MobileFaceNet y1",
    _file(
        "model-symbol.json",
        "967a17dd970632480609caac8b0a809f4784f1caa333a1d801365f7d34517e55",
        107_943,
        "MobileFaceNet y1 of InsightFace's model zoo, the network",
    ),
    _file(
        "model-0000.params",
        "b151f97e392e68cb540fb9710a91a574a4187d491eeda77d1c1799ae6dc3b82b",
        4_115_182,
        "MobileFaceNet y1 of InsightFace's model zoo, its parameters",
    ),
    ("pictures", 3, 112, 112),
    "mobilefacenet_y1.onnx",
    1,
)
"""S. Chen et al., "MobileFaceNets", 2018; 128-D, its own normalisation of colours within the network."""

NETWORKS = (RETINAFACE, MOBILEFACENET)


def rebuilt(network: Network, folder: Path) -> bytes:
    """Return the ONNX file of a network.

    Parameters
    ----------
    network
        Which one.
    folder
        Where its two files lie.

    Raises
    ------
    ModelError
        A file is missing, cannot be read, or is another than the one that is known.
    PluginError
        ONNX is not installed.
    """
    return drawn(network, _checked(network.symbol, folder), _checked(network.params, folder))


def drawn(network: Network, symbol: Path, params: Path) -> bytes:
    """Return the ONNX file of a network, of its two files, whose hashes are right; that takes some .03 s.

    Raises
    ------
    ModelError
        They do not hold what they should.
    PluginError
        ONNX is not installed.
    """
    try:
        from slceleb_celeb2019.ndarrays import DamagedError, read_arrays
        from slceleb_celeb2019.symbols import UnknownError, to_onnx
    except ImportError as error:
        raise PluginError(f"networks cannot be rebuilt: {error}", "pip install onnx") from error
    try:
        return to_onnx(symbol.read_text(encoding="utf-8"), read_arrays(params.read_bytes()), network.entry)
    except (DamagedError, UnknownError) as error:
        raise ModelError(f"{symbol} and {params.name}: {error}") from error


def convert(folder: Path, target: Path) -> Iterator[Path]:
    """Write the ONNX files of both networks into a folder, and yield each.

    Raises
    ------
    ModelError, PluginError
        As of :func:`rebuilt`.
    OutputError
        A file cannot be written.
    """
    for network in NETWORKS:
        content, path = rebuilt(network, folder), target / network.onnx
        aside = path.with_name(f".{path.name}.part")
        try:
            target.mkdir(parents=True, exist_ok=True)
            aside.write_bytes(content)
            aside.replace(path)
        except OSError as error:
            raise OutputError(f"cannot write {path}: {error.strerror or error}") from error
        yield path


def _checked(file: ModelFile, folder: Path) -> Path:
    """Return the path of a file whose hash is right."""
    path = folder / file.name
    try:
        found = sha256_of(path)
    except OSError as error:
        hint = f"it is {file.description}; the four files of both networks lie in one folder"
        raise ModelError(f"cannot read {path}: {error.strerror or error}", hint) from error
    if found != file.sha256:
        raise ModelError(
            f"{path} is not the {file.name} of 2019: sha256 {found[:12]}..., expected {file.sha256[:12]}...",
            "put the right file in its place",
        )
    return path
