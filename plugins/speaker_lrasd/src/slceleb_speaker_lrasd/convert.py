"""Makes a network for this plugin of a checkpoint that the authors publish; needs PyTorch (extra ``convert``).

The network's code is not part of this package. Have the authors' repository beside the checkpoint, LR-ASD's or
Light-ASD's, whichever it is of::

    git clone https://github.com/Junhua-Liao/Light-ASD
    python -m slceleb_speaker_lrasd.convert --code Light-ASD Light-ASD/weight/pretrain_AVA_CVPR.model light_asd.onnx

Then ``speaker: {use: lrasd, options: {model: light_asd, file: light_asd.onnx}}``. What comes out is compared with
PyTorch before it gets its name.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np

from slceleb_core.errors import ModelError, PluginError, SlcelebError
from slceleb_core.media.mfcc import COEFFICIENTS
from slceleb_speaker_lrasd.crops import SIDE
from slceleb_speaker_lrasd.graph import AUDIO, LOGITS, VIDEO, divided
from slceleb_speaker_lrasd.sequence import WINDOWS

TOLERANCE = 1e-4
"""By how much a logit may differ from PyTorch's: that of the pinned files is 4e-6."""

LENGTHS = (1, 7, 60)
"""Pictures of the tracks that are compared."""

PREFIXES = ("module.",)
"""What names of weights may begin with that were saved of a network on several cards."""

OPSET = 17
"""Version of ONNX's operators: what the oldest ONNX Runtime that this plugin takes knows."""


def main(arguments: list[str] | None = None) -> int:
    """Convert, and say what was made; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path, help="the authors' weights")
    parser.add_argument("out", type=Path, help="the ONNX file to make")
    parser.add_argument("--code", type=Path, required=True, help="folder of the authors' repository")
    options = parser.parse_args(arguments)
    try:
        worst = convert(options.checkpoint, options.out, options.code)
    except SlcelebError as error:
        sys.stderr.write(f"error: {error}\n{f'hint: {error.hint}' if error.hint else ''}\n")
        return 2
    sys.stdout.write(f"{options.out}: within {worst:.1e} of PyTorch\n")
    return 0


def convert(checkpoint: Path, out: Path, code: Path) -> float:
    """Write a network, and return by how much its logits differ from PyTorch's at the most.

    Raises
    ------
    PluginError
        PyTorch is not installed.
    ModelError
        The checkpoint or the code cannot be used, or what came out gives something else.
    """
    if importlib.util.find_spec("torch") is None:
        raise PluginError("PyTorch is not installed", "pip install 'slceleb-speaker-lrasd[convert]'")
    network = _loaded(checkpoint, code)
    partial = out.with_name(f"{out.name}.part")
    try:
        _export(network, partial)
        divided(partial)
        worst = _difference(network, partial)
        if not worst <= TOLERANCE:
            raise ModelError(f"{out}: its logits differ from PyTorch's by up to {worst:.1e}; nothing was written")
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)
    return worst


def _loaded(checkpoint: Path, code: Path) -> Any:
    """Return the authors' network with their weights, as a module of PyTorch from sound and pictures to logits."""
    import torch

    model, loss = _authors(code)

    class Network(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.model, self.lossAV = model, loss

        def forward(self, audio: Any, video: Any) -> Any:
            heard, seen = self.model.forward_audio_frontend(audio), self.model.forward_visual_frontend(video)
            return self.lossAV.FC(self.model.forward_audio_visual_backend(heard, seen))

    network = Network()
    try:
        weights = torch.load(checkpoint, map_location="cpu", weights_only=True)
        known = network.state_dict()
        network.load_state_dict({name: weights[_stored(name, weights)] for name in known})
    except (OSError, KeyError, RuntimeError, ValueError) as error:
        raise ModelError(
            f"{checkpoint}: these are no weights of the network in {code}: {error}",
            "LR-ASD's checkpoints belong to LR-ASD's code, Light-ASD's to Light-ASD's",
        ) from error
    return network.eval()


def _authors(code: Path) -> tuple[Any, Any]:
    """Return the authors' network and the layer behind it, without weights."""
    import torch

    sys.path.insert(0, str(code))
    try:
        model = importlib.import_module("model.Model").ASD_Model()
        loss = importlib.import_module("loss").lossAV()
    except (ImportError, AttributeError) as error:
        raise ModelError(f"{code}: this is no code of LR-ASD or Light-ASD: {error}") from error
    finally:
        sys.path.remove(str(code))
    for name, layer in list(model.audioEncoder.named_children()):
        if isinstance(layer, torch.nn.MaxPool3d):  # given four axes, which cannot be exported
            setattr(model.audioEncoder, name, torch.nn.MaxPool2d((1, 3), stride=(1, 2), padding=(0, 1)))
    return model, loss


def _stored(name: str, weights: Any) -> str:
    """Return by which name a weight was saved; raise KeyError where it was not."""
    return next((found for found in (name, *(prefix + name for prefix in PREFIXES)) if found in weights), name)


def _export(network: Any, path: Path) -> None:
    import torch

    audio, video = torch.zeros(1, 4 * LENGTHS[-1], COEFFICIENTS), torch.zeros(1, LENGTHS[-1], SIDE, SIDE)
    torch.onnx.export(
        network,
        (audio, video),
        str(path),
        input_names=[AUDIO, VIDEO],
        output_names=[LOGITS],
        dynamic_axes={AUDIO: {1: "t4"}, VIDEO: {1: "t"}, LOGITS: {0: "t"}},
        opset_version=OPSET,
        dynamo=False,
    )


def _difference(network: Any, path: Path) -> float:
    """Return by how much logits differ at the most, on sound and pictures that were drawn by lot."""
    import onnxruntime
    import torch

    session, random = (
        onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"]),
        np.random.default_rng(0),
    )
    worst = 0.0
    for length in LENGTHS:
        audio = random.normal(0.0, 8.0, (1, WINDOWS * length, COEFFICIENTS)).astype(np.float32)
        video = random.integers(0, 256, (1, length, SIDE, SIDE)).astype(np.float32)
        with torch.no_grad():
            expected = network(torch.from_numpy(audio), torch.from_numpy(video)).numpy()
        (found,) = session.run([LOGITS], {AUDIO: audio, VIDEO: video})
        worst = max(worst, float(np.abs(found - expected).max()))
    return worst


if __name__ == "__main__":
    raise SystemExit(main())
