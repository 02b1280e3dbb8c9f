"""Small networks of Wav2Lip's form, drawn here: nobody's weights are needed, and what they do can be told exactly."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from slceleb_core.testing import builders
from slceleb_generator_wav2lip.drawn import draw
from slceleb_generator_wav2lip.stage import TERMS, Wav2LipConfig, Wav2LipGenerator

pytest.importorskip("onnx", reason="onnx, of which the networks of these tests are made, is not installed")


@pytest.fixture(scope="session")
def network(tmp_path_factory) -> Path:
    return draw(tmp_path_factory.mktemp("networks") / "drawn.onnx")


@pytest.fixture
def context():
    return builders.context(accepts=frozenset({TERMS.name}))


@pytest.fixture
def opened(context) -> Callable[..., Wav2LipGenerator]:
    """Return a function that opens a generator with a network."""
    with ExitStack() as stack:
        yield lambda path, **options: stack.enter_context(
            Wav2LipGenerator(Wav2LipConfig(model=path, **options), context)
        )
