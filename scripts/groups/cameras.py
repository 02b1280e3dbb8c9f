"""Makes recordings for trying out groups: what two more cameras make of a clip, and one of another event.

    python scripts/groups/cameras.py CLIP FOLDER

Writes `far.mkv` (a part of the picture, 1.3 s later, from across the room), `phone.mp4` (smaller, .4 s later, dull)
and `elsewhere.mp4` (somebody else, drawn).
"""

from __future__ import annotations

import argparse
from pathlib import Path

from slceleb_core.testing import Person, SyntheticTalker, write_video
from slceleb_core.testing.cameras import Camera, film_all
from slceleb_core.testing.microphones import Microphone

CAMERAS = (
    Camera(
        "far",
        crop=(0.3, 0.0, 1.0, 1.0),
        starts=1.3,
        drift=40.0,
        microphone=Microphone(reverberation=0.4, direct=0.0, snr=10.0),
        container=".mkv",
        seed=1,
    ),
    Camera(
        "phone", height=180, rate=25.0, starts=0.4, drift=-60.0, microphone=Microphone(snr=15.0, lowpass=3400.0), seed=2
    ),
)
SECONDS = 8.0


def main() -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", type=Path)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    film_all(options.clip, CAMERAS, options.folder)
    talker = SyntheticTalker(seed=9, duration=SECONDS)
    write_video(options.folder / "elsewhere.mp4", [Person(talker=talker)], audio=talker.audio(), duration=SECONDS)


if __name__ == "__main__":
    main()
