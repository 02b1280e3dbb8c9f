"""Parquet tables of segments and frames, for pandas, Polars, DuckDB and Spark."""

from __future__ import annotations

import gzip
import importlib.util
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import Field

from slceleb_core.corpus.provenance import sources_of
from slceleb_core.corpus.reading import Corpus, Recording, Utterance
from slceleb_core.errors import PluginError
from slceleb_core.manifests.base import ManifestConfig, ManifestSink
from slceleb_core.stages import StageConfig
from slceleb_core.types import JsonValue

ROWS = 50_000
"""Rows of the frames' table in memory at a time."""

FRAMES_FILE = "frames.jsonl.gz"

LACKING = ("the sink parquet needs pyarrow, which is not installed", "pip install 'slceleb-core[parquet]'")
"""What is said without it, and what to do."""


class ParquetConfig(ManifestConfig):
    """What is written."""

    frames: bool = Field(
        default=True, description="Write frames.parquet too, of the videos whose frames the sink json has written."
    )


class ParquetSink(ManifestSink):
    """Writes ``segments.parquet``, a row a segment, and ``frames.parquet``, a row a face and frame."""

    name = "parquet"
    Config = ParquetConfig

    @classmethod
    def check(cls, config: StageConfig) -> None:  # noqa: ARG003 - needed whatever the options are
        """Make sure that pyarrow is installed.

        Raises
        ------
        PluginError
            It is not.
        """
        if importlib.util.find_spec("pyarrow") is None:
            raise PluginError(*LACKING)

    def open(self) -> None:
        """Make sure that pyarrow can be imported.

        Raises
        ------
        PluginError
            It cannot.
        """
        arrow()

    def write(self, corpus: Corpus, folder: Path) -> None:
        """Write the tables."""
        pa = arrow()
        sources = sources_of(corpus)
        schema = segments_schema(pa, next(iter(sources.values()), ()))
        rows = [{**self._row(utterance, corpus), **sources[utterance.recording]} for utterance in corpus.utterances()]
        parquet().write_table(pa.Table.from_pylist(rows, schema=schema), folder / "segments.parquet")
        if self.config.frames:
            self._write_frames(corpus, folder / "frames.parquet")

    def _row(self, utterance: Utterance, corpus: Corpus) -> dict[str, JsonValue]:
        path = None if utterance.audio is None else self.placed(utterance.audio, corpus)
        return {
            **asdict(utterance.segment),
            "duration": utterance.segment.duration,
            "recording": utterance.recording,
            "audio": path,
        }

    @staticmethod
    def _write_frames(corpus: Corpus, target: Path) -> None:
        pa = arrow()
        schema = frames_schema(pa)
        with parquet().ParquetWriter(target, schema) as writer:
            for recording in corpus.recordings:
                for block in blocks(face_rows(recording)):
                    writer.write_table(pa.Table.from_pylist(block, schema=schema))


def arrow() -> Any:
    """Return pyarrow.

    Raises
    ------
    PluginError
        It is not installed.
    """
    try:
        import pyarrow as pa
    except ImportError as error:
        raise PluginError(*LACKING) from error
    return pa


def parquet() -> Any:
    """Return ``pyarrow.parquet``."""
    import pyarrow.parquet as pq

    return pq


def segments_schema(pa: Any, sources: Iterable[str]) -> Any:
    """Return the Arrow schema of the segments' table: those of ``results.Segment``, the cut sound, the source."""
    text = ("id", "recording", "video", "person")
    real = ("start", "end", "duration", "speaking_mean", "speaking_min", "similarity", "similarity_min", "av_offset_ms")
    whole = ("first_frame", "last_frame", "track")
    columns = [(name, pa.string()) for name in text]
    columns += [(name, pa.float64()) for name in real]
    columns += [(name, pa.int64()) for name in whole]
    return pa.schema([*columns, *((name, pa.string()) for name in ("audio", *sources))])


def frames_schema(pa: Any) -> Any:
    """Return the Arrow schema of the frames' table: those of ``frames.jsonl.gz``, the box as four numbers."""
    columns = [("recording", pa.string()), ("index", pa.int64()), ("time", pa.float64()), ("track", pa.int64())]
    columns += [(name, pa.float32()) for name in ("x0", "y0", "x1", "y1", "score", "similarity", "speaking")]
    return pa.schema([*columns, ("person", pa.string())])


def face_rows(recording: Recording) -> Iterator[dict[str, JsonValue]]:
    """Yield a row for each face on each frame; none where the frames were not written."""
    path = recording.folder / FRAMES_FILE
    if not path.is_file():
        return
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        for frame in map(json.loads, stream):
            for face in frame["faces"]:
                box = dict(zip(("x0", "y0", "x1", "y1"), face["box"], strict=True))
                kept = {name: face[name] for name in ("track", "score", "similarity", "speaking", "person")}
                yield {"recording": recording.name, "index": frame["index"], "time": frame["time"], **box, **kept}


def blocks(rows: Iterator[dict[str, JsonValue]]) -> Iterator[list[dict[str, JsonValue]]]:
    """Yield the rows in blocks that memory can hold."""
    block: list[dict[str, JsonValue]] = []
    for row in rows:
        block.append(row)
        if len(block) == ROWS:
            yield block
            block = []
    if block:
        yield block
