"""Embeddings of what is said in a video, kept in the output folder: ``.voices/<recording>/embeddings.npz``.

They are of no use without what stands in the video's folder, and hold no name: times, and what is heard then. That is
personal data all the same: it goes when the video goes, or anybody who is seen in it (``removal``), and is in no
manifest. It is not in the video's own folder, as each replay puts another in its place, and what is said often stays
as it was.
"""

from __future__ import annotations

import io
import json
import logging
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from slceleb_core.corpus.editing import delete
from slceleb_core.disk.atomic import write_durably
from slceleb_core.disk.output import EARLIER
from slceleb_core.types import Array, JsonValue

log = logging.getLogger(__name__)

FOLDER, FILE = ".voices", "embeddings.npz"

FORMAT = 1
"""Raised when a reader would have to change; what is older is made anew."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of one video.

    Attributes
    ----------
    key
        Of all that decides an embedding beside the times: the stage, its model and options, the video's file.
    stage
        Which stage it was, and what it reports, JSON-ready.
    embeddings
        By piece (``Piece.key``): float32 [dim], not numbers where nothing can be told.
    """

    key: str
    stage: Mapping[str, JsonValue] = field(default_factory=dict)
    embeddings: Mapping[str, Array] = field(default_factory=dict)


def place_of(output_dir: Path, recording: str) -> Path:
    """Return where the embeddings of a video are kept."""
    return output_dir / FOLDER / recording / FILE


def read_kept(output_dir: Path, recording: str) -> Kept | None:
    """Return what is kept of a video; None where there is nothing, or it cannot be read: it can be made anew."""
    path = place_of(output_dir, recording)
    try:
        with np.load(path, allow_pickle=False) as arrays:
            told = json.loads(bytes(arrays["told"]).decode())
            rows = np.asarray(arrays["embeddings"], dtype=np.float32)
        if told["format"] != FORMAT or len(told["pieces"]) != len(rows):
            return None
        return Kept(told["key"], told["stage"], dict(zip(told["pieces"], rows, strict=True)))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        log.info("%s cannot be read, and is made anew: %s", path, error)
        return None


def write_kept(output_dir: Path, recording: str, kept: Kept) -> None:
    """Keep embeddings of a video, in the place of what was kept.

    Raises
    ------
    OutputError
        They cannot be written.
    """
    told = {"format": FORMAT, "key": kept.key, "stage": dict(kept.stage), "pieces": list(kept.embeddings)}
    rows = np.array(list(kept.embeddings.values()), dtype=np.float32)
    content = io.BytesIO()
    np.savez(content, told=np.frombuffer(json.dumps(told).encode(), dtype=np.uint8), embeddings=rows)
    path = place_of(output_dir, recording)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_durably(path, content.getvalue())


def forget_all_but(output_dir: Path, untouched: Iterable[str]) -> int:
    """Delete what is kept of all videos but some, and return how many files that were.

    Of those some, too, it goes where there are earlier results: who was seen in those, nobody has looked up.
    """
    earlier = {folder.name.rpartition(".")[0] for folder in (output_dir / EARLIER).glob("*")}
    stays = set(untouched) - earlier
    return sum(delete(folder) for folder in sorted((output_dir / FOLDER).glob("*")) if folder.name not in stays)
