"""Draws a network of Wav2Lip's form that nobody has trained: to try the command and its guards without weights.

The upper half of a face it leaves as it is; the lower half it paints in one grey, the brighter the louder the sound::

    python -m slceleb_generator_wav2lip.drawn network.onnx

It needs onnx (``pip install 'slceleb-generator-wav2lip[drawn]'``).
"""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from slceleb_core.errors import PluginError, SlcelebError
from slceleb_generator_wav2lip.network import CHANNELS, SIDE
from slceleb_generator_wav2lip.spectra import BANDS, SPECTRA

OPSET, IR = 17, 8
"""Versions of ONNX's operators and form: what the oldest ONNX Runtime that this plugin takes knows."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is drawn.

    Attributes
    ----------
    batch
        Faces at a time: a number, or a name for any number.
    bands, side, channels
        Of the sound, of faces, and of what comes out.
    names
        Of the inputs: sound and faces.
    gain
        The grey is the sigmoid of this times the mean of the spectra, which lie in -4..4.
    """

    batch: int | str = "n"
    bands: int = BANDS
    side: int = SIDE
    channels: int = 3
    names: tuple[str, str] = ("mel", "vid")
    gain: float = 0.5


def draw(path: Path, drawing: Drawing | None = None) -> Path:
    """Write a network, and return its path.

    The upper half is taken from the reference, the last three channels of what it is shown: so whether halves
    and channels are where they should be shows in what comes out.

    Raises
    ------
    PluginError
        onnx is not installed.
    """
    if importlib.util.find_spec("onnx") is None:
        raise PluginError("onnx is not installed", "pip install 'slceleb-generator-wav2lip[drawn]'")
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    form = drawing or Drawing()
    pick = np.zeros((form.channels, CHANNELS, 1, 1), np.float32)
    pick[np.arange(form.channels), 3 + np.arange(form.channels) % 3] = 1.0
    lower = np.zeros((1, 1, form.side, form.side), np.float32)
    lower[:, :, form.side // 2 :] = 1.0
    constants = {
        "pick": pick,
        "lower": lower,
        "upper": 1.0 - lower,
        "gain": np.full((1, 1, 1, 1), form.gain, np.float32),
    }
    heard, seen = form.names
    nodes = [
        helper.make_node("Conv", [seen, "pick"], ["face"]),
        helper.make_node("Mul", ["face", "upper"], ["kept"]),
        helper.make_node("ReduceMean", [heard], ["mean"], axes=[1, 2, 3], keepdims=1),
        helper.make_node("Mul", ["mean", "gain"], ["level"]),
        helper.make_node("Sigmoid", ["level"], ["grey"]),
        helper.make_node("Mul", ["grey", "lower"], ["painted"]),
        helper.make_node("Add", ["kept", "painted"], ["gen"]),
    ]
    shapes = {
        heard: (form.batch, 1, form.bands, SPECTRA),
        seen: (form.batch, CHANNELS, form.side, form.side),
        "gen": (form.batch, form.channels, form.side, form.side),
    }
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in shapes.items()]
    tensors = [numpy_helper.from_array(content, name) for name, content in constants.items()]
    graph = helper.make_graph(nodes, "drawn", values[:2], values[2:], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    return path


def main(arguments: list[str] | None = None) -> int:
    """Draw one, and say where; return the exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    if len(words) != 1:
        sys.stderr.write("usage: python -m slceleb_generator_wav2lip.drawn FILE.onnx\n")
        return 2
    try:
        sys.stdout.write(f"{draw(Path(words[0]))}: a network that nobody has trained\n")
    except (SlcelebError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
