"""Audits and their pages, brought in line after somebody was taken out of a corpus."""

from __future__ import annotations

from pathlib import Path

from slceleb_core.corpus.audits import read_audits
from slceleb_core.corpus.reading import read_corpus
from slceleb_core.corpus.refreshing import Refresh
from slceleb_core.precision.auditing.judging import judge
from slceleb_core.precision.auditing.keeping import read_kept
from slceleb_core.precision.auditing.showing import page_of, write_page
from slceleb_core.precision.auditing.taking import write_audit
from slceleb_core.precision.draws import read_draws
from slceleb_core.registry import Registry
from slceleb_core.review import refreshing as of_review


def refreshing(registry: Registry | None = None) -> Refresh:
    """Return what has written again all that is made of a whole corpus, audits included.

    Parameters
    ----------
    registry
        The plugins, whose sinks write; None: all that are installed.
    """
    others = of_review.refreshing(registry)

    def refresh(output_dir: Path) -> None:
        refresh_audits(output_dir)
        others(output_dir)

    return refresh


def refresh_audits(output_dir: Path) -> None:
    """Work out audits that were dropped, from the answers that are left, and write pages that are missing.

    Raises
    ------
    UsageError
        A draw or its answers are damaged.
    OutputError
        They cannot be written.
    """
    corpus, standing = read_corpus(output_dir), {audit.draw for audit in read_audits(output_dir)}
    for draw in read_draws(output_dir, ("audit",)):
        if draw.items and not page_of(output_dir, draw).exists():
            write_page(corpus, draw)
        if draw.name not in standing and judge(draw, read_kept(output_dir, draw.name)).judged:
            write_audit(output_dir, draw.name)
