"""A network of Wav2Lip's form: which of its inputs is which, and running it a few faces at a time.

Whoever exports one names inputs as they like (``mel`` and ``vid``, ``mel_spectrogram`` and ``video_frames``, ...). What
they are is told by their shapes, which nothing else has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from slceleb_core.errors import ModelError
from slceleb_core.models.networks import OnnxModel, Shape
from slceleb_core.types import Array
from slceleb_generator_wav2lip.spectra import BANDS, SPECTRA

SIDE = 96
"""Pixels of a face (``img_size`` of the authors' inference.py)."""

CHANNELS = 6
"""Of what it is shown: the face with its lower half black, and the face as it is, each blue, green and red."""

HEARD: Shape = (None, 1, BANDS, SPECTRA)
SEEN: Shape = (None, CHANNELS, SIDE, SIDE)
"""Shapes of its two inputs."""

WANTED = (
    "a network of Wav2Lip's form takes n x 1 x 80 x 16 (sound) and n x 6 x 96 x 96 (faces), and gives n x 3 x 96 x 96"
)


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """A network, loaded.

    Attributes
    ----------
    model
        What runs it.
    heard, seen
        Names of its inputs.
    one_by_one
        Whether it takes one face at a time, as it was exported so.
    """

    model: OnnxModel
    heard: str
    seen: str
    one_by_one: bool

    @classmethod
    def of(cls, model: OnnxModel) -> Network:
        """Return a network, once it has shown that it is one.

        Raises
        ------
        ModelError
            It takes or gives something else.
        """
        heard, seen = (_named(model, shape) for shape in (HEARD, SEEN))
        if len(model.inputs) != 2:
            raise ModelError(f"{model.path}: takes {len(model.inputs)} inputs, expected two", WANTED)
        batches = {model.inputs[heard][0], model.inputs[seen][0]}
        if not batches <= {None, 1}:
            raise ModelError(f"{model.path}: takes {max(filter(None, batches))} faces at a time, and no other", WANTED)
        network = cls(model, heard, seen, one_by_one=1 in batches)
        network.generate(np.zeros((1, 1, BANDS, SPECTRA), np.float32), np.zeros((1, SIDE, SIDE, 3), np.uint8))
        return network

    def generate(self, spectra: Array, faces: Array) -> Array:
        """Return uint8 [n, 96, 96, 3], RGB: faces with lips that fit.

        Parameters
        ----------
        spectra
            float32 [n, 1, 80, 16].
        faces
            uint8 [n, 96, 96, 3], RGB.

        Raises
        ------
        ModelError
            It gives something else than pictures.
        """
        shown = shown_of(faces)
        if not self.one_by_one:
            return self._run(spectra, shown)
        parts = [self._run(spectra[n : n + 1], shown[n : n + 1]) for n in range(len(faces))]
        return np.concatenate(parts)

    def _run(self, spectra: Array, shown: Array) -> Array:
        made = self._outputs({self.heard: spectra, self.seen: shown})[0]
        if made.shape != (len(shown), 3, SIDE, SIDE):
            shape = " x ".join(map(str, made.shape))
            raise ModelError(f"{self.model.path}: gives {shape} for {len(shown)} faces", WANTED)
        if not np.isfinite(made).all():
            raise ModelError(f"{self.model.path}: gives what is no number", "is the file whole?")
        pictures = np.rint(np.clip(made.astype(np.float32), 0.0, 1.0) * 255.0).astype(np.uint8)
        return np.ascontiguousarray(pictures[:, ::-1].transpose(0, 2, 3, 1))

    def _outputs(self, feeds: Mapping[str, Array]) -> list[Array]:
        try:
            return self.model.run(feeds)
        except Exception as error:  # its classes are made by ONNX Runtime, and have no public names
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise ModelError(f"{self.model.path}: cannot be run: {reason}", WANTED) from error


def shown_of(faces: Array) -> Array:
    """Return float32 [n, 6, 96, 96]: faces as the network is shown them, 0..1.

    The lower half is black in the first three channels: that is what it is to make. The other three are the face as it
    is, from which it takes who that is (inference.py: ``img_masked`` before ``img_batch``, divided by 255).
    """
    whole = faces[..., ::-1].transpose(0, 3, 1, 2).astype(np.float32) / np.float32(255)
    hidden = whole.copy()
    hidden[:, :, SIDE // 2 :] = 0.0
    return np.concatenate([hidden, whole], axis=1)


def _named(model: OnnxModel, shape: Shape) -> str:
    """Return the name of the one input of a shape."""
    found = [name for name, taken in model.inputs.items() if _agree(taken, shape)]
    if len(found) != 1:
        shapes = "; ".join(f"{name}: {_told(taken)}" for name, taken in model.inputs.items()) or "nothing"
        raise ModelError(f"{model.path}: no network of Wav2Lip's form: it takes {shapes}", WANTED)
    return found[0]


def _agree(taken: Shape, shape: Shape) -> bool:
    """Tell whether an input may be of a shape: the channels are stated, by which the two are told apart."""
    if len(taken) != len(shape) or taken[1] != shape[1]:
        return False
    return all(a is None or a == b for a, b in zip(taken[2:], shape[2:], strict=True))


def _told(shape: Shape) -> str:
    return " x ".join("any" if size is None else str(size) for size in shape)
