"""Lips made to fit a sound by a network of Wav2Lip's form that the user supplies: a generator for slceleb."""

from __future__ import annotations

from collections.abc import Sequence

from slceleb_core.hookspecs import hookimpl
from slceleb_core.stages import Generator


@hookimpl
def slceleb_generators() -> Sequence[type[Generator]]:
    """Return the generator classes of this plugin."""
    from slceleb_generator_wav2lip.stage import Wav2LipGenerator

    return [Wav2LipGenerator]
