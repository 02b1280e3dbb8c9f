"""What was measured and what was done about it, in words and as JSON."""

from __future__ import annotations

from collections.abc import Iterator

from slceleb_core.decision.lag_findings import SEARCH, Estimate, Finding, ShotLag
from slceleb_core.media.soundtracks import in_words as track_in_words
from slceleb_core.resyncing.correcting import Corrected
from slceleb_core.run import MeasuredLag
from slceleb_core.types import JsonValue

LEFT = "it is left as it is"

WHY_LEFT = {
    "dub": f"lips and sound go together at no lag up to {SEARCH:g} s: a dub, a voice over silent faces, or sound that "
    "is further off",
    "unknown": "there is too little to go by: faces that speak for half a minute are enough, as a rule",
}
"""What is said where nothing was found, by the kind of finding."""


def late(lag: float) -> str:
    """Return a lag in words: ``240 ms late``."""
    rounded = round(1000 * lag)
    return f"{abs(rounded)} ms {'early' if rounded < 0 else 'late'}"


def interval(lag: Estimate, unit: float = 1000.0, name: str = "ms") -> str:
    """Return an interval in words: ``228 to 254 ms``."""
    return f"{unit * lag.low:+.0f} to {unit * lag.high:+.0f} {name}"


def in_words(finding: Finding, early: float, latest: float) -> str:
    """Return in one line what was measured.

    Parameters
    ----------
    finding
        It.
    early, latest
        Seconds by which a sound may be early and late.
    """
    seen = f"{finding.seconds:.0f} s of lips beside a voice"
    if finding.kind == "jump" and finding.jump is not None:
        jump = finding.jump
        sides = f"{late(jump.before.value)} before {jump.time:.1f} s, {late(jump.behind.value)} behind it"
        return f"the sound is {sides} ({seen}): one correction would be wrong for a part, {LEFT}"
    if finding.lag is None:
        return f"{WHY_LEFT[finding.kind]} ({seen}); {LEFT}"
    found = f"{late(finding.lag.value)} ({interval(finding.lag)}; {seen})"
    if finding.kind == "drift" and finding.drift is not None:
        drift = f"{finding.drift.value:+.0f} ppm ({interval(finding.drift, 1.0, 'ppm')})"
        return (
            f"lips and sound drift apart by {drift}; in the middle the sound is {found}. Time stamps cannot mend that, "
            f"as players do not play faster: {LEFT}"
        )
    if finding.correction(early, latest) is None:
        may = f"{round(1000 * early)} ms early to {round(1000 * latest)} ms late"
        return f"the sound is {found}, and may lie within what is acceptable ({may}): nothing needs to be done"
    return f"the sound is {found}"


def shots_in_words(shots: tuple[ShotLag, ...]) -> Iterator[str]:
    """Yield a line for each shot that shows anything."""
    for shot in shots:
        told = f"{late(shot.lag)}, log ratio {shot.evidence:.1f}" if shot.evidence > 0 else "nothing"
        yield f"shot {shot.shot}, {shot.start:.1f} to {shot.end:.1f} s, {shot.seconds:.0f} s: {told}"


def as_json(measured: MeasuredLag, done: Corrected | None) -> JsonValue:
    """Return all of it, JSON-ready."""
    finding = measured.finding
    written: JsonValue = None
    if done is not None:
        sound, whole = (round(1000 * float(seconds)) for seconds in (done.move.sound, done.move.whole))
        streams = sorted(done.move.streams)
        packets = {str(stream): count for stream, count in done.packets.items()}
        written = {"file": str(done.path), "sound_ms": sound, "all_ms": whole, "streams": streams, "packets": packets}
    return {
        "video": str(measured.video.path),
        "audio_track": track_in_words(measured.sound),
        **finding.to_json(),
        "shots": [shot_as_json(shot) for shot in finding.shots],
        "warnings": list(measured.warnings),
        "written": written,
    }


def shot_as_json(shot: ShotLag) -> JsonValue:
    """Return what a shot shows, JSON-ready."""
    return {
        "shot": shot.shot,
        "start": round(shot.start, 2),
        "end": round(shot.end, 2),
        "seconds": round(shot.seconds, 1),
        "lag_ms": round(1000 * shot.lag),
        "evidence": round(shot.evidence, 1),
    }
