"""What was made of a corpus by other commands, brought in line after something was taken out."""

from __future__ import annotations

from pathlib import Path

from slceleb_core.corpus.redaction import Redaction


def correct_derived(output_dir: Path, redaction: Redaction) -> None:
    """Write again, of what stands now, the corpus report, the lists of a split, and the list of duplicates."""
