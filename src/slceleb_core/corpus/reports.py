"""The corpus report on disk: ``corpus_report.json`` and ``corpus_report.html``."""

from __future__ import annotations

import json
from pathlib import Path

from slceleb_core.corpus.figures import CorpusFigures, figures_of
from slceleb_core.corpus.reading import read_corpus
from slceleb_core.corpus.report_page import page
from slceleb_core.disk.atomic import write_durably

JSON, PAGE = "corpus_report.json", "corpus_report.html"


def write_corpus_report(output_dir: Path) -> CorpusFigures:
    """Write the report of a corpus as data and as a page, and return what stands in it.

    Raises
    ------
    UsageError
        There is no such folder.
    OutputError
        It cannot be written.
    """
    figures = figures_of(read_corpus(output_dir))
    title = output_dir.absolute().name or str(output_dir)
    write_durably(output_dir / JSON, (json.dumps(figures.to_json(), indent=1) + "\n").encode())
    write_durably(output_dir / PAGE, page(figures, title).encode("utf-8", "backslashreplace"))
    return figures


def refresh_corpus_report(output_dir: Path) -> None:
    """Write the report anew where there is one.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    if (output_dir / JSON).exists() or (output_dir / PAGE).exists():
        write_corpus_report(output_dir)
