"""What was made of a corpus by other commands, brought in line after something was taken out."""

from __future__ import annotations

from pathlib import Path

from slceleb_core.corpus.duplicates import forget_recordings
from slceleb_core.corpus.lists import keep_only
from slceleb_core.corpus.reading import read_corpus
from slceleb_core.corpus.reports import refresh_corpus_report


def refresh_derived(output_dir: Path) -> None:
    """Bring the corpus report, the lists of a split, and the list of duplicates in line with what stands now.

    Raises
    ------
    OutputError
        They cannot be written.
    """
    corpus = read_corpus(output_dir)
    names = {one.name for one in corpus.recordings}
    keep_only(output_dir, {one.id: one.person for one in corpus.utterances()}, names)
    forget_recordings(output_dir, names)
    refresh_corpus_report(output_dir)
