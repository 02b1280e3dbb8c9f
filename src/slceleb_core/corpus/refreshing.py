"""What was made of a corpus, brought in line after something was taken out of it, or brought back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from slceleb_core.corpus.audit_removal import forget_in_audits
from slceleb_core.corpus.bookkeeping import Gone, correct_books
from slceleb_core.corpus.datasheets import refresh_datasheet
from slceleb_core.corpus.duplicates import forget_recordings
from slceleb_core.corpus.lists import keep_only
from slceleb_core.corpus.reading import read_corpus
from slceleb_core.corpus.reports import refresh_corpus_report
from slceleb_core.corpus.spent import forget_unknown

Refresh: TypeAlias = Callable[[Path], object]
"""Has manifests, tables and the review page of an output folder written again. They are made by rooms that know the
corpus and that it does not know, so it is handed in: ``review.refreshing.refreshing`` is what everybody means."""


def bring_in_line(output_dir: Path, gone: Gone, refresh: Refresh) -> None:
    """Bring everything in line that is about the whole corpus.

    Parameters
    ----------
    output_dir
        The corpus.
    gone
        What was taken out, as far as the books are concerned.
    refresh
        Has written again what other rooms make of a corpus.

    Raises
    ------
    OutputError
        Something cannot be written.
    """
    forget_in_audits(output_dir, gone)
    refresh(output_dir)
    correct_books(output_dir, gone)
    refresh_derived(output_dir)


def refresh_derived(output_dir: Path) -> None:
    """Bring the lists of a split, the list of duplicates, the corpus report and the datasheet in line with what stands.

    Raises
    ------
    OutputError
        They cannot be written.
    """
    corpus = read_corpus(output_dir)
    names = {recording.name for recording in corpus.recordings}
    keep_only(output_dir, {utterance.id: utterance.person for utterance in corpus.utterances()}, names)
    forget_recordings(output_dir, names)
    forget_unknown(output_dir)
    refresh_corpus_report(output_dir)
    refresh_datasheet(output_dir)
