"""What voices say of a corpus as tables, for a terminal and for the page of the report."""

from __future__ import annotations

from collections.abc import Iterator

from slceleb_core.corpus.voices.figures import VoiceReport
from slceleb_core.corpus.voices.groups import Group
from slceleb_core.pages.sheets import Sheet
from slceleb_core.pages.wording import lasting

NAMED = 3
"""Videos of a group that are named; the JSON has all."""

MEANING = {
    "no sound": "neither the clip nor the video is there",
    "one video": "the person speaks in no other video",
    "silent": "nothing is heard in it",
    "too short": "less than two seconds of one track",
}
"""Why nothing is said of a segment."""


def voice_sheets(voices: VoiceReport) -> Iterator[Sheet]:
    """Yield the tables."""
    yield _voices(voices)
    if voices.mixed:
        yield _mixed(voices)
    if voices.alike:
        yield _alike(voices)


def _voices(voices: VoiceReport) -> Sheet:
    out = f"left out, {lasting(voices.left_out_seconds)}" if voices.left_out else "left out"
    rows = [["judged", f"{voices.judged:,}"], [out, f"{voices.left_out:,}"]]
    rows += [[f"not judged: {MEANING.get(reason, reason)}", f"{count:,}"] for reason, count in voices.silent.items()]
    return Sheet(f"Voices ({voices.stage})", ("segments", ">count"), rows, remark_of(voices))


def remark_of(voices: VoiceReport) -> str:
    """Return what the limit costs and finds, in a sentence."""
    limit = voices.limits.min_voice
    if limit is None:
        return "There is no limit (gates.min_voice)."
    if voices.lost is None or voices.found is None:
        return f"The limit is {limit:g} (gates.min_voice, log10); nothing could be compared."
    lost, found = _percent(voices.lost), _percent(voices.found)
    return (
        f"At the limit {limit:g} (gates.min_voice, log10) {lost} of segments of the person's own voice are lost and "
        f"{found} of other voices are found, as estimated from the lengths that there are."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %" if share < 0.995 else f"{100 * share:.4g} %"


def _mixed(voices: VoiceReport) -> Sheet:
    rows = [
        [mixed.person, _told(mixed.groups[0]), _told(mixed.groups[1]), f"{mixed.ratio:+.1f}"] for mixed in voices.mixed
    ]
    remark = "Groups of videos of one name that sound like two people; log10 of how much likelier they are one."
    return Sheet("Two people under one name?", ("person", "most videos", "others", ">log10"), rows, remark)


def _told(group: Group) -> str:
    names = ", ".join(group.videos[:NAMED])
    more = len(group.videos) - NAMED
    rest = f" and {more:,} more" if more > 0 else ""
    return f"{names}{rest} ({lasting(group.seconds)})"


def _alike(voices: VoiceReport) -> Sheet:
    rows = [[pair.one, pair.other, f"{pair.ratio:+.1f}"] for pair in voices.alike]
    remark = "Names whose voices are one person's, or those of twins; log10 of how much likelier they are one than two."
    return Sheet("One person under two names?", ("person", "and", ">log10"), rows, remark)
