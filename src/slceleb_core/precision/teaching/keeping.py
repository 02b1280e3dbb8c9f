"""What was learned, on disk: ``OUTPUT_DIR/learned/<stage>.yaml``."""

from __future__ import annotations

from pathlib import Path

import yaml

from slceleb_core.corpus.spent import LEARNED
from slceleb_core.disk.atomic import write_durably
from slceleb_core.disk.naming import safe_name
from slceleb_core.disk.refusals import writing
from slceleb_core.disk.syncing import make_folder
from slceleb_core.precision.teaching.learning import Taught

HEADER = "# Made by `slceleb review learn`; a profile names it: {option}: FILE\n"


def keep(output_dir: Path, taught: Taught, into: Path | None = None) -> Path:
    """Write what a stage has learned, and return where.

    Parameters
    ----------
    output_dir
        The corpus whose decisions have taught it.
    taught
        What it has learned.
    into
        Another folder than that of the corpus.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    folder = into or output_dir / LEARNED
    path = folder / f"{safe_name(taught.stage.replace(' ', '-'))}.yaml"
    with writing(f"to {folder}"):
        make_folder(folder)
    text = yaml.safe_dump(dict(taught.learned or {}), sort_keys=False, allow_unicode=True)
    write_durably(path, (HEADER.format(option=taught.option) + text).encode())
    return path
