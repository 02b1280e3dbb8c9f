"""What a batch came to, as data: ``batch_summary.json``, from which the page of the same name is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

JSON_NAME = "batch_summary.json"

PAGE_NAME = "batch_summary.html"

FORMAT = 1
"""Raised when a reader of the JSON would have to change."""

Rows: TypeAlias = "list[dict[str, Any]]"


@dataclass(frozen=True, slots=True)
class BatchSummary:
    """A batch's summary; its attributes are the keys of the JSON, in this order.

    Attributes
    ----------
    format
        :data:`FORMAT`.
    output_dir
        The output folder.
    run
        ``started``, ``ended`` (ISO 8601), ``seconds``, ``ending`` (finished, interrupted, stopped), ``stopped`` (kind,
        message and hint of what stopped it, or null), ``attempted`` and ``done`` (videos of this run),
        ``video_seconds`` (of the videos that this run has done) and ``pace`` (those by wall-clock second).
    settings
        ``profile_name``, ``runner``, ``workers``, ``threads``, ``poi_dir``, ``poi``, ``max_frames``, ``artefacts``.
    videos_by_status
        How many are done, failed, skipped, pending, running.
    totals
        Sums over all finished videos (:class:`~slceleb_core.batch.summary_rates.Totals`), earlier runs' included.
    rates
        Of those sums (:class:`~slceleb_core.batch.summary_rates.Rates`).
    persons
        By person, who speaks most first: ``seconds``, ``segments``, ``videos``.
    failures
        ``name``, ``video``, ``kind``, ``message``, ``hint``, ``attempts``, in the order of the videos.
    skipped
        ``name``, ``video``, ``reason``.
    warnings
        ``warning``, and the names of the ``videos`` that have it, the most frequent first.
    machine
        ``processors``, ``memory`` (bytes), ``gpus`` (name, memory), and ``samples`` as columns: ``seconds``, ``cpu``,
        ``machine_cpu``, ``memory``, ``machine_memory``, and for each GPU ``gpu<n>_load``, ``gpu<n>_memory``.
    versions
        Of Python, the core and its libraries, here where the batch was led.
    profile
        With every default written out.
    videos
        One row a video, in the order in which they were named: ``name``, ``video``, ``status``, ``reason``, ``why`` (it
        was to be done), ``start``, ``end``, ``attempts``, ``seconds``, ``folder``, ``duration``, ``fingerprint``,
        ``rates``, ``statistics``, ``warnings``.
    """

    format: int
    output_dir: str
    run: Mapping[str, Any]
    settings: Mapping[str, Any]
    videos_by_status: Mapping[str, int]
    totals: Mapping[str, Any]
    rates: Mapping[str, float | None]
    persons: Mapping[str, Mapping[str, Any]]
    failures: Rows
    skipped: Rows
    warnings: Rows
    machine: Mapping[str, Any]
    versions: Mapping[str, str]
    profile: Mapping[str, Any]
    videos: Rows
