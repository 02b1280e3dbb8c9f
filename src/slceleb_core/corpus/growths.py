"""Galleries that have grown by faces of a corpus: what is taken out of the corpus goes out of them, too.

``OUTPUT_DIR/galleries.json`` names them.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path

from slceleb_core.corpus.editing import read_json
from slceleb_core.disk.atomic import write_durably
from slceleb_core.disk.refusals import writing
from slceleb_core.perception.photos.grown import GrownPhoto, forget

log = logging.getLogger(__name__)

FILE = "galleries.json"
"""In an output folder."""


def remember(output_dir: Path, gallery_dir: Path) -> None:
    """Write down that a gallery has grown by faces of a corpus; before it does.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    known = galleries_of(output_dir)
    if gallery_dir.absolute() not in known:
        stated = {"galleries": sorted(str(path) for path in (*known, gallery_dir.absolute()))}
        write_durably(output_dir / FILE, (json.dumps(stated, ensure_ascii=False, indent=1) + "\n").encode())


def galleries_of(output_dir: Path) -> list[Path]:
    """Return the galleries that have grown by faces of a corpus.

    Raises
    ------
    OutputError
        The file that names them is damaged.
    """
    stated = read_json(output_dir / FILE) or {}
    return [Path(name) for name in stated.get("galleries", ())]


def retire(output_dir: Path, going: Callable[[GrownPhoto], bool]) -> int:
    """Delete the grown photos that are to go out of every gallery that has grown by a corpus; return how many.

    Raises
    ------
    GalleryError
        What is said of grown photos cannot be read.
    OutputError
        A gallery cannot be written to.
    """
    gone = 0
    for gallery in galleries_of(output_dir):
        if not gallery.is_dir():
            what = (
                "%s has grown by faces of this corpus and is not there any more: what was grown stays, if it was moved"
            )
            log.warning(what, gallery, extra={"hint": "run `slceleb poi grow` with it where it is now"})
            continue
        with writing(f"to {gallery}"):
            gone += len(forget(gallery, going))
    return gone
