"""``result.json``, all that is known of a video, and ``frames.jsonl.gz``, one object a frame."""

from __future__ import annotations

import gzip
import json
import math
from dataclasses import asdict
from typing import Any

from pydantic import Field

from slceleb_core.disk.naming import readable
from slceleb_core.results import FaceResult, FrameResult, Rejection, Segment, Summary, TrackResult
from slceleb_core.stages import Sink, SinkJob, StageConfig
from slceleb_core.types import JsonValue, VideoInfo

PIXEL_DIGITS, SCORE_DIGITS, TIME_DIGITS = 1, 4, 6
"""Decimals written: a tenth of a pixel, a ten-thousandth of a score, a microsecond."""

FORMAT = 1
"""Version of the layout of both files; raised when a reader would have to change."""


class JsonConfig(StageConfig):
    """What is written."""

    frames: bool = Field(default=True, description="Write frames.jsonl.gz as well.")


class JsonSink(Sink):
    """Writes ``result.json`` and ``frames.jsonl.gz``."""

    name = "json"
    revision = 2
    Config = JsonConfig

    _job: SinkJob
    _frames: gzip.GzipFile | None = None

    def start(self, job: SinkJob) -> None:
        """Begin both files."""
        self._job = job
        self._tracks: list[dict[str, JsonValue]] = []
        self._segments: list[dict[str, JsonValue]] = []
        self._rejected: list[dict[str, JsonValue]] = []
        if self.config.frames:
            # mtime 0 and no file name: the same results are the same bytes
            raw = (job.folder / "frames.jsonl.gz").open("wb")
            self._raw = raw
            self._frames = gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=raw, mtime=0)

    def frame(self, frame: FrameResult) -> None:
        """Write one line."""
        if self._frames is not None:
            line = {
                "index": frame.index,
                "time": round(frame.time, TIME_DIGITS),
                "faces": [_face(f) for f in frame.faces],
                **({} if frame.voice is None else {"voice": round(frame.voice, SCORE_DIGITS)}),
            }
            self._frames.write(dumps(line).encode() + b"\n")

    def track(self, track: TrackResult) -> None:
        """Keep a track."""
        self._tracks.append(_rounded(asdict(track)))

    def segment(self, segment: Segment) -> None:
        """Keep a segment."""
        self._segments.append(_rounded(segment.to_json()))

    def rejection(self, rejection: Rejection) -> None:
        """Keep a stretch that is no segment."""
        self._rejected.append(_rounded(rejection.to_json()))

    def commit(self, summary: Summary) -> None:
        """Write ``result.json``."""
        self._close()
        result = {
            "format": FORMAT,
            "video": _video(summary.video),
            "warnings": list(summary.warnings),
            "segments": self._segments,
            "rejected": self._rejected,
            "tracks": self._tracks,
            "statistics": summary.statistics,
            **summary.provenance,
        }
        text = json.dumps(result, ensure_ascii=False, indent=2, allow_nan=False)
        (self._job.folder / "result.json").write_text(text + "\n", encoding="utf-8")

    def abort(self) -> None:
        """Close the file."""
        self._close()

    def _close(self) -> None:
        stream, self._frames = self._frames, None
        if stream is not None:
            try:
                stream.close()
            finally:
                self._raw.close()


def dumps(value: JsonValue) -> str:
    """Return compact JSON in one line."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _face(face: FaceResult) -> dict[str, JsonValue]:
    record: dict[str, JsonValue] = {
        "track": face.track,
        "box": [round(v, PIXEL_DIGITS) for v in face.box],
        "score": round(face.score, SCORE_DIGITS),
        "person": face.person,
        "similarity": None if face.similarity is None else round(face.similarity, SCORE_DIGITS),
        "speaking": None if face.speaking is None else round(face.speaking, SCORE_DIGITS),
    }
    told = {"chance": face.chance, "overlap": face.overlap}
    record |= {name: round(value, SCORE_DIGITS) for name, value in told.items() if value is not None}
    if not face.looked:
        record["looked"] = False
    if face.boxes:
        record["camera"] = face.camera
        record["boxes"] = {name: [round(v, PIXEL_DIGITS) for v in box] for name, box in face.boxes.items()}
    if face.diagnostics is not None:
        record["diagnostics"] = {name: _number(value) for name, value in face.diagnostics.items()}
    return record


def _number(value: float) -> float | None:
    """Return a diagnostic as JSON can hold it: what is not known is null."""
    return round(value, SCORE_DIGITS) if math.isfinite(value) else None


def _rounded(record: dict[str, Any]) -> dict[str, JsonValue]:
    return {key: _round(value) for key, value in record.items()}


def _round(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return _rounded(value)
    return round(value, TIME_DIGITS) if isinstance(value, float) else value


def _video(info: VideoInfo) -> dict[str, JsonValue]:
    facts = {name: value for name, value in asdict(info).items() if name != "audio"}  # it is in the provenance
    return _rounded({**facts, "path": readable(info.path)})
