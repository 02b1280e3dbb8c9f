"""Take the picture of the section on the annotated video in docs/outputs.md: drawn people, one of whom is speaking.

``python scripts/docs/annotated_screen.py [docs/images]``.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import av

from slceleb_core.sinks.annotated.sink import AnnotatedSink
from slceleb_core.testing.corpora import Talk, write_talk

MOMENT = 2.6
"""Seconds."""


def main() -> None:
    """Write annotated-talk.png."""
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images")
    with tempfile.TemporaryDirectory() as folder:
        results = write_talk(Path(folder), Path(folder) / "videos", Talk("studio"), [AnnotatedSink])
        with av.open(str(results / "annotated.mp4")) as container:
            shown = next(
                frame for frame in container.decode(video=0) if frame.time is not None and frame.time >= MOMENT
            )
            shown.to_image().quantize(96).save(target / "annotated-talk.png", optimize=True)


if __name__ == "__main__":
    main()
