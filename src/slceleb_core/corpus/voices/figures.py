"""What the corpus report says of voices: worked out anew of what is kept, so that it is in line with what stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from slceleb_core.corpus.reading import Corpus
from slceleb_core.corpus.verdicts import left_out
from slceleb_core.corpus.voices.groups import Alike, Mixed, alike_names, mixed_names
from slceleb_core.corpus.voices.hearing import FIGURES, Embedded
from slceleb_core.corpus.voices.judging import Judged, judge
from slceleb_core.corpus.voices.keeping import Kept, read_kept
from slceleb_core.corpus.voices.limits import Limits, asked_of
from slceleb_core.corpus.voices.pieces import pieces_of
from slceleb_core.corpus.voices.standing import Heard, heard_in
from slceleb_core.disk.output import statement_of
from slceleb_core.types import VoiceFigures

DIGITS = 4
"""Decimals of figures that are shown."""


@dataclass(frozen=True, slots=True)
class VoiceReport:
    """The voices of a corpus.

    Attributes
    ----------
    stage
        Which one has told.
    limits
        What was measured against.
    judged
        Segments of which the voice says something.
    silent
        Those of which it says nothing, by reason.
    left_out, left_out_seconds
        Segments that their voices keep out.
    lost, found
        Which share of segments of the person's own voice, and of another's, does not reach the limit, as estimated for
        the lengths that there are; None where nothing is judged.
    figures
        How alike voices are, as the stage says and the corpus has corrected it.
    mixed
        Names under which two people seem to speak.
    alike
        Pairs of names under which one person seems to speak.
    """

    stage: str
    limits: Limits
    judged: int
    silent: dict[str, int]
    left_out: int
    left_out_seconds: float
    lost: float | None
    found: float | None
    figures: VoiceFigures
    mixed: list[Mixed]
    alike: list[Alike]


def voice_report(corpus: Corpus) -> VoiceReport | None:
    """Return what voices say of a corpus; None where nobody has listened to it."""
    kept = {heard.name: (heard, found) for heard in heard_in(corpus) if (found := _kept(corpus, heard)) is not None}
    if not kept:
        return None
    (stage, _), *_ = Counter(str(found.stage.get("name")) for _, found in kept.values()).most_common(1)
    alike = [(heard, found) for heard, found in kept.values() if found.stage.get("name") == stage]
    limits = asked_of(corpus).limits
    figures = VoiceFigures(**alike[0][1].stage[FIGURES])
    told = [(heard, list(pieces_of(heard.said)), Embedded(found.stage, found.embeddings)) for heard, found in alike]
    return reported_of(corpus, stage, limits, judge(told, figures, limits.min_voice, short=limits.short_voices))


def reported_of(corpus: Corpus, stage: str, limits: Limits, judged: Judged) -> VoiceReport:
    """Return what is reported of how a corpus was judged."""
    out = [segment for of in corpus.recordings for segment in left_out(statement_of(of.folder)).values()]
    return VoiceReport(
        stage=stage,
        limits=limits,
        judged=len(judged.values),
        silent=dict(sorted(judged.reasons.items())),
        left_out=len(out),
        left_out_seconds=round(sum(segment.duration for segment in out), 3),
        lost=_short(judged.lost),
        found=_short(judged.found),
        figures=_rounded(judged.figures),
        mixed=mixed_names(judged.people, judged.figures),
        alike=alike_names(judged.people, judged.figures),
    )


def _kept(corpus: Corpus, heard: Heard) -> Kept | None:
    kept = read_kept(corpus.folder, heard.name)
    return None if kept is None or not isinstance(kept.stage.get(FIGURES), Mapping) else kept


def _short(share: float | None) -> float | None:
    return None if share is None else round(share, 6)


def _rounded(figures: VoiceFigures) -> VoiceFigures:
    session, spread = round(figures.session, DIGITS), round(figures.spread, DIGITS)
    strangers, pairs = round(figures.strangers, DIGITS), round(figures.pairs, DIGITS)
    return replace(figures, session=session, spread=spread, strangers=strangers, pairs=pairs)
