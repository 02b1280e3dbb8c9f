"""``report.html``: a page on which a person looks through the results, and decides what stays in the corpus."""

from __future__ import annotations

from pathlib import Path

from slceleb_core.results import Summary
from slceleb_core.stages import Sink, SinkJob, StageConfig


class ReportConfig(StageConfig):
    """It has no options."""


class ReportSink(Sink):
    """Writes the page of the whole output folder, from the files of the sinks ``json`` and ``clips``."""

    name = "report"
    Config = ReportConfig

    def start(self, job: SinkJob) -> None:
        """Do nothing: the page is about all videos."""

    def commit(self, summary: Summary) -> None:
        """Do nothing."""

    def abort(self) -> None:
        """Do nothing."""

    def collect(self, output_dir: Path) -> None:
        """Write the page anew.

        Raises
        ------
        OutputError
            It cannot be written.
        """
        from slceleb_core.review.writing import write_report  # decodes pictures: only where a page is made

        write_report(output_dir)
