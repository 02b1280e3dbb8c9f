"""What the detector costs and sees, on each of its runtimes, and what becomes of the scores of who speaks.

Every frame is a key frame here, so that all else is as it was before windows were looked through. A table in Markdown:
milliseconds of processor time a frame, faces a frame, and by how much scores differ from those of the last runtime.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from slceleb_core.geometry import intersection_over_union
from slceleb_core.media.audio import AudioTrack
from slceleb_core.media.video import VideoReader
from slceleb_core.perception.shots import ShotConfig, mark_shots
from slceleb_core.registry import Registry
from slceleb_core.settings import load_settings
from slceleb_core.stages import Detector, Speaker
from slceleb_core.types import Array, Faces, Frame, TimeRange, Track

SAME = 0.3
"""Overlap (IoU) from which faces of two frames, or of two runtimes, are one."""


@dataclass
class Seen:
    """A face through the frames of a clip."""

    frames: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    boxes: list[Array] = field(default_factory=list)
    observations: list[Array] = field(default_factory=list)

    def track(self, number: int) -> Track:
        """Return it as a speaker stage wants it."""
        return Track(number, self.frames, self.times, self.boxes, np.stack(self.observations))


@dataclass(frozen=True)
class Looked:
    """What became of a clip on a runtime: processor seconds, and each face with its scores by frame."""

    seconds: float
    frames: int
    faces: Sequence[tuple[Seen, Array]]

    def scores(self) -> dict[int, list[tuple[list[float], float]]]:
        """Return box and score of each face, by frame."""
        rows: dict[int, list[tuple[list[float], float]]] = {}
        for seen, scores in self.faces:
            for frame, box, score in zip(seen.frames, seen.boxes, scores, strict=True):
                rows.setdefault(frame, []).append((box.tolist(), float(score)))
        return rows


def arguments() -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clips", type=Path, nargs="+", metavar="CLIP")
    parser.add_argument("--runtime", action="append", help="litert and mediapipe without; default: no option is given")
    parser.add_argument("--save", type=Path, help="write the scores of the first runtime, as JSON")
    parser.add_argument("--against", type=Path, help="compare with such a file, instead of with the last runtime")
    return parser.parse_args()


def opened(role: str, name: str, **options: object) -> Any:
    """Return a stage, open."""
    kind = Registry.discover().find(role, name).stage
    stage = kind(kind.Config.model_validate(options), load_settings().stage_context())
    stage.open()
    return stage


def look(path: Path, detector: Detector, speaker: Speaker) -> Looked:
    """Detect the faces of a clip frame by frame, and score them."""
    sound = AudioTrack.decode(path, form=speaker.sound_form)
    if sound is None:
        raise SystemExit(f"{path} has no sound")
    seconds, count, all_seen, last = 0.0, 0, list[Seen](), None
    current: list[Seen] = []
    with VideoReader(path) as reader:
        detector.start(reader.info)
        speaker.start(reader.info)
        speaker.listen(sound)
        for frame in mark_shots(reader.frames(), ShotConfig()):
            began = time.process_time()
            (faces,) = detector.detect([frame])
            seconds, count = seconds + time.process_time() - began, count + 1
            current = current if frame.shot == last else []
            last = frame.shot
            link(current, all_seen, frame, faces, speaker.observe(frame, faces))
    tracks = [seen.track(number) for number, seen in enumerate(all_seen)]
    whole = sound.span(sound.start, sound.end)
    speaker.survey(tracks, whole, TimeRange(min(sound.start, 0.0) - 1.0, sound.end + 1.0))
    scored = [scores.speaking for scores in speaker.score(tracks, whole)]
    sound.close()
    return Looked(seconds, count, list(zip(all_seen, scored, strict=True)))


def link(current: list[Seen], all_seen: list[Seen], frame: Frame, faces: Faces, observed: Array) -> None:
    """Give each face of a frame to whom it is of; to somebody new where nobody was there."""
    for box, values in zip(faces.boxes, observed, strict=True):
        seen = max(current, key=lambda other: intersection_over_union(other.boxes[-1], box), default=None)
        taken = seen is None or seen.frames[-1] == frame.index
        if seen is None or taken or intersection_over_union(seen.boxes[-1], box) <= SAME:
            seen = Seen()
            current.append(seen)
            all_seen.append(seen)
        seen.frames.append(frame.index)
        seen.times.append(frame.time)
        seen.boxes.append(box)
        seen.observations.append(values)


def differences(ours: Mapping[int, Any], theirs: Mapping[int, Any]) -> tuple[Array, int]:
    """Return the differences of the scores of faces that both have, and how many faces only one has."""
    apart, alone = [], 0
    for frame in sorted({*ours, *theirs}):
        left = list(theirs.get(frame, []))
        for box, score in ours.get(frame, []):
            best = max(left, key=lambda other: intersection_over_union(np.array(other[0]), np.array(box)), default=None)
            if best is None or intersection_over_union(np.array(best[0]), np.array(box)) <= SAME:
                alone += 1
                continue
            left.remove(best)
            apart.append(abs(score - best[1]))
        alone += len(left)
    return np.nan_to_num(np.array(apart)), alone


def main() -> None:
    """Run the command line."""
    asked = arguments()
    runtimes = asked.runtime or ["litert", "mediapipe"]
    speaker = opened("speaker", "xcorr")
    detectors = [opened("detector", "mediapipe", **({} if r == "default" else {"runtime": r})) for r in runtimes]
    kept: dict[str, Any] = {}
    earlier = json.loads(asked.against.read_text()) if asked.against else {}
    print("| clip | runtime | ms a frame | faces a frame | only one sees | score differs: most, mean |")
    print("|---|---|---|---|---|---|")
    for clip in asked.clips:
        looked = [look(clip, detector, speaker) for detector in detectors]
        kept[clip.name] = looked[0].scores()
        last = looked[-1].scores()
        other = {int(frame): rows for frame, rows in earlier[clip.name].items()} if earlier else last
        for name, of in zip(runtimes, looked, strict=True):
            apart, alone = differences(of.scores(), other)
            shown = f"{apart.max(initial=0.0):.3f}, {apart.mean() if len(apart) else 0.0:.4f}"
            faces = sum(len(seen.frames) for seen, _ in of.faces)
            ms = 1e3 * of.seconds / of.frames
            print(f"| {clip.name} | {name} | {ms:.1f} | {faces / of.frames:.2f} | {alone} | {shown} |", flush=True)
    if asked.save:
        asked.save.write_text(json.dumps(kept))


if __name__ == "__main__":
    main()
