"""What is said of a run when it has come to its end: figures, and what is to be known of its photos and faces."""

from __future__ import annotations

from collections.abc import Mapping

from slceleb_core.decision.census import Census
from slceleb_core.decision.identity import Gallery
from slceleb_core.perception.photos.doubles import one_face
from slceleb_core.run._statistics import RunStatistics
from slceleb_core.timing import Timings
from slceleb_core.types import JsonValue


def figures(
    counted: RunStatistics, census: Census, timings: Timings, wall: float, cache: Mapping[str, JsonValue]
) -> dict[str, JsonValue]:
    """Return counts and seconds, JSON-ready.

    Parameters
    ----------
    counted, census
        What was counted.
    timings, wall
        Seconds by stage, and in all.
    cache
        Of each step, whether what was found earlier has been used.
    """
    seconds = timings.seconds
    if "shots" in seconds:
        seconds["shots"] = max(seconds["shots"] - seconds.get("decode", 0.0), 0.0)  # it pulls the decoder
    seen = counted.seconds_seen()
    return {
        **counted.statistics(),
        **census.statistics(),
        "wall_seconds": round(wall, 3),
        "frames_per_second": round(counted.frames / wall, 2) if wall else None,
        "real_time_factor": round(wall / seen, 3) if seen else None,
        "stage_seconds": {name: round(value, 3) for name, value in seconds.items()},
        "cache": dict(cache),
    }


def notes(counted: RunStatistics, census: Census, gallery: Gallery | None) -> list[str]:
    """Return what is to be said of photos, of strangers and of faces that could not be compared; one line each."""
    said = [*_of_photos(gallery), *census.warnings()]
    if counted.uncompared:
        said.append(f"{counted.uncompared:,} of {counted.embedded:,} faces could not be compared with anybody")
    return said


def _of_photos(gallery: Gallery | None) -> list[str]:
    """Return what is to be said of faces that have two names, so that nobody is found, and of photos out of videos."""
    if gallery is None:
        return []
    sought = {person: other for person, other in gallery.doubles.items() if {person, other} & gallery.wanted}
    return [*one_face(sought).values(), *gallery.grown]
