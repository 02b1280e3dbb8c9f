"""What is made of a whole corpus, written again: tables and manifests, and the page."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from slceleb_core.corpus.refreshing import Refresh
from slceleb_core.manifests.collecting import collect_again
from slceleb_core.registry import Registry
from slceleb_core.review.writing import refresh_report


def refreshing(registry: Registry | None = None) -> Refresh:
    """Return what brings tables, manifests and the page in line, for whatever changes a corpus.

    Parameters
    ----------
    registry
        The plugins, whose sinks write; None: all that are installed, when something is written.
    """
    return partial(_refresh, registry=registry)


def _refresh(output_dir: Path, registry: Registry | None) -> None:
    collect_again(output_dir, registry or Registry.discover())
    refresh_report(output_dir)
