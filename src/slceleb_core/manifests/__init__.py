"""The corpus in the forms that speech toolkits read: a sink each, registered through the same hook as anybody's.

A plugin's own form derives from :class:`ManifestSink`, and its options from :class:`ManifestConfig`; :func:`heard`
yields the utterances whose sound was cut. These three are its door.
"""

from __future__ import annotations

from slceleb_core.hookspecs import hookimpl
from slceleb_core.manifests.audiofolder import AudiofolderSink
from slceleb_core.manifests.base import ManifestConfig, ManifestSink, heard
from slceleb_core.manifests.kaldi import KaldiSink
from slceleb_core.manifests.lhotse import LhotseSink
from slceleb_core.manifests.parquet import ParquetSink
from slceleb_core.manifests.provenance import ProvenanceSink
from slceleb_core.manifests.rttm import RttmSink
from slceleb_core.manifests.voxceleb import VoxcelebSink
from slceleb_core.stages import Sink

__all__ = ["MANIFESTS", "ManifestConfig", "ManifestSink", "heard", "slceleb_sinks"]

MANIFESTS: tuple[type[ManifestSink], ...] = (
    AudiofolderSink,
    KaldiSink,
    LhotseSink,
    ParquetSink,
    ProvenanceSink,
    RttmSink,
    VoxcelebSink,
)
"""All forms, by name."""


@hookimpl
def slceleb_sinks() -> list[type[Sink]]:
    """Return the sinks of all forms."""
    return list(MANIFESTS)
