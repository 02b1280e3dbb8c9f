"""Where every segment comes from: a table of the whole corpus."""

from __future__ import annotations

import csv
from pathlib import Path

from slceleb_core.corpus.audits import read_audits, since
from slceleb_core.corpus.provenance import Origin, origin_of, sources_of
from slceleb_core.corpus.reading import Corpus, Utterance
from slceleb_core.manifests.base import ManifestSink
from slceleb_core.stages import StageConfig

COLUMNS = ("id", "person", "recording", "start", "end", "video")

MAKING = ("models", "model_sha256", "model_licences", "plugins", "slceleb", "profile_sha256")

AUDIT = ("audit", "audit_precision", "audit_low", "audit_high", "audit_confidence", "audit_changed_since")
"""What the latest audit has said of all segments together: which and when, its interval, and whether it is stale."""


class ProvenanceConfig(StageConfig):
    """It has no options."""


class ProvenanceSink(ManifestSink):
    """Writes ``provenance.csv``: source file and hash, columns of the video list, models, licences, plugins, audit.

    Columns of the video list, such as ``url``, ``licence`` or ``consent``, begin with ``source_``. Where there are
    several models they are divided by ``; ``, in the same order in each column.
    """

    name = "provenance"
    Config = ProvenanceConfig

    def write(self, corpus: Corpus, folder: Path) -> None:
        """Write the table."""
        sources = sources_of(corpus)
        known, audited = next(iter(sources.values()), {}), _audited(corpus)
        with (folder / "provenance.csv").open("w", encoding="utf-8", newline="", errors="backslashreplace") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow([*COLUMNS, *known, *MAKING, *AUDIT])
            for recording in corpus.recordings:
                origin = origin_of(recording)
                given = sources[recording.name].values()
                for utterance in recording.utterances:
                    writer.writerow([*_of_segment(utterance, origin), *given, *_making(origin), *audited])


def _of_segment(utterance: Utterance, origin: Origin) -> list[str]:
    times = (f"{utterance.segment.start:.3f}", f"{utterance.segment.end:.3f}")
    return [utterance.id, utterance.person, utterance.recording, *times, origin.video]


def _making(origin: Origin) -> list[str]:
    models = origin.models
    columns = (
        [model.name for model in models],
        [model.sha256 for model in models],
        [model.licence for model in models],
    )
    listed = ["; ".join(column) for column in (*columns, origin.plugins)]
    return [*listed, origin.versions.get("slceleb-core", ""), origin.profile]


def _audited(corpus: Corpus) -> list[str]:
    """Return what the latest audit says; empty where there is none."""
    audit = next(iter(read_audits(corpus.folder)), None)
    if audit is None:
        return [""] * len(AUDIT)
    share = audit.strict
    figures = [f"{value:.4f}" for value in (share.low, share.high)]
    estimate = "" if share.estimate is None else f"{share.estimate:.4f}"
    changed = "no" if since(audit.population, corpus).nothing else "yes"
    return [f"{audit.draw} {audit.drawn}", estimate, *figures, f"{audit.confidence:g}", changed]
