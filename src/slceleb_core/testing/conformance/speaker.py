"""What a speaker stage must do."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, ClassVar, TypeVar

import numpy as np
import pytest

from slceleb_core.stages import CLAIMS, BoundStage, Learned, Speaker, StageContext
from slceleb_core.testing import builders
from slceleb_core.testing.conformance.common import StageConformance
from slceleb_core.testing.hearing import hearing
from slceleb_core.testing.talker import SyntheticTalker, observed_tracks, talker_frames, talker_tracks
from slceleb_core.types import (
    FACE_COLUMNS,
    MESH_COLUMNS,
    Array,
    AudioSpan,
    Faces,
    LagEvidence,
    Scores,
    TimeRange,
    Track,
)

STEP = 0.04
"""Seconds from one of the talkers' frames to the next."""

LEFT, RIGHT = (60.0, 60.0), (160.0, 60.0)
"""Centres of two faces beside each other, in pixels."""


def rows(track: Track, chosen: slice | Array) -> Track:
    """Return some rows of a track."""
    return Track(track.id, track.frames[chosen], track.times[chosen], track.boxes[chosen], track.observations[chosen])


def without_landmarks(faces: Faces) -> Faces:
    """Return faces as a detector gives them that found no mesh."""
    lost = {name: np.full_like(values, np.nan) for name in MESH_COLUMNS if (values := getattr(faces, name)) is not None}
    return replace(faces, **lost)


def halves(times: Array, seam: float, context: float) -> list[tuple[Array, Array]]:
    """Return, for either side of a seam, which rows a span has, and which of them it decides; bool [n] each."""
    return [(times < seam + context, times < seam - 0.1), (times >= seam - context, times >= seam + 0.1)]


def all_of(tracks: Sequence[Track]) -> TimeRange:
    """Return the time of the tracks, the last frame's included: what is a span's own that is all of a video."""
    times = np.concatenate([track.times for track in tracks])
    return TimeRange(float(times.min()), float(times.max()) + STEP)


def near(times: Array, own: TimeRange, context: float) -> Array:
    """Return bool [n]: which rows a span has whose own part is given, context included."""
    assert own.start is not None
    assert own.end is not None
    return TimeRange(own.start - context, own.end + context).holds(times)


REACH = 1.2
"""Seconds by which a sound is looked for before and behind its pictures: as far as the core does."""

OBSERVED = (np.uint8, np.float16, np.float32)
"""What observations may be."""

TestT = TypeVar("TestT", bound=Callable[..., None])


def claimed(claim: str) -> Callable[[TestT], TestT]:
    """Return what marks a test as one of those stages only that make a claim (``Speaker.claims``)."""

    def marked(test: TestT) -> TestT:
        test.claim = claim  # type: ignore[attr-defined]
        return test

    return marked


def overriding(method: str) -> Callable[[TestT], TestT]:
    """Return what marks a test as one of those stages only that have a method of their own."""

    def marked(test: TestT) -> TestT:
        test.overriding = method  # type: ignore[attr-defined]
        return test

    return marked


class Claims:
    """Leaves out of a suite what a stage does not claim, or leaves to its base class."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        stage: type[Speaker] | None = getattr(cls, "stage", None)
        if stage is None:  # a suite that nobody has named a stage of
            return
        for name in dir(cls):
            test = getattr(cls, name)
            claim, method = getattr(test, "claim", None), getattr(test, "overriding", None)
            unclaimed = claim is not None and claim not in stage.claims
            if unclaimed or (method is not None and getattr(stage, method) is getattr(Speaker, method)):
                setattr(cls, name, None)  # not a test of this stage's


class SpeakerConformance(Claims, StageConformance):
    """The contract of ``Speaker``, and what a stage claims beside it, shown on synthetic talkers.

    The contract is for every stage. How well it tells speaking from silence is measured on talkers that are drawn,
    which a network that was trained on films need not take for faces: so those tests are of a stage that has the claim
    (``stages.CLAIMS``), and of others they are not part of the suite.

    Fixture ``talker``: the talker, by default of 6 s. Override it where a backend needs other conditions.

    Attributes
    ----------
    margin
        By how much the mean score of a voice in sync must be above that of one that is not.
    loudness_tolerance
        By how much the mean score may change when the sound gets 10 times softer or 5 times louder.
    """

    stage: ClassVar[type[Speaker]]
    margin: ClassVar[float] = 0.2
    loudness_tolerance: ClassVar[float] = 0.1

    def ready(self, stage: Any) -> Any:
        """Return the stage: what it is handed to hear comes in the form that it wants (``Speaker.sound_form``)."""
        return hearing(stage)

    @pytest.fixture
    def talker(self) -> SyntheticTalker:
        """Return who speaks."""
        return SyntheticTalker(seed=3)

    def observe(self, speaker: Speaker, talkers: Sequence[SyntheticTalker]) -> list[Track]:
        """Return the talkers' tracks, as of a new video."""
        speaker.start(builders.video_info())
        return talker_tracks(speaker, talkers)

    def score(self, speaker: Speaker, talkers: Sequence[SyntheticTalker], audio: AudioSpan) -> list[float]:
        """Return each talker's mean score, in a video with that sound."""
        tracks = self.observe(speaker, talkers)
        speaker.listen(audio)
        speaker.survey(tracks, audio, all_of(tracks))
        scores = speaker.score(tracks, audio)
        self.check(scores, tracks)
        return [float(score.speaking.mean()) for score in scores]

    @staticmethod
    def check(scores: Sequence[Scores], tracks: Sequence[Track]) -> None:
        """Fail unless these are scores as the contract wants them."""
        assert len(scores) == len(tracks), f"{len(scores)} results for {len(tracks)} tracks"
        for scored, track in zip(scores, tracks, strict=True):
            assert isinstance(scored, Scores)
            assert len(scored) == len(track)
            assert np.isfinite(scored.speaking).all()
            assert ((scored.speaking >= 0) & (scored.speaking <= 1)).all(), "a score beyond 0..1"
            if scored.lag is not None:
                lags = scored.lag[~np.isnan(scored.lag)]
                assert (np.abs(lags) <= 10.0).all(), "a lag is in seconds"
            for name in ("chance", "overlap"):
                told = getattr(scored, name)
                known = np.zeros(0) if told is None else told[~np.isnan(told)]
                assert ((known >= 0) & (known <= 1)).all(), f"a probability beyond 0..1: {name}"

    def test_requirements_are_columns(self) -> None:
        """A profile is bound by them."""
        assert self.stage.requires <= set(FACE_COLUMNS[2:])

    def test_claims_are_known(self) -> None:
        """What a stage claims beside the contract is shown by this suite."""
        assert self.stage.claims <= set(CLAIMS), f"known claims are {', '.join(CLAIMS)}"

    def test_a_rate_is_a_rate(self) -> None:
        """A stage may want fewer frames than there are."""
        assert self.stage.observe_rate is None or 1.0 <= self.stage.observe_rate <= 240.0

    def test_the_form_of_its_sound_is_known_before_it_is_open(self, opened: Speaker, context: StageContext) -> None:
        """The keys of what it scores count it, and they are made without opening it."""
        assert opened.sound_form == self.stage(self.config(), context).sound_form

    def test_context_is_some_time(self, opened: Speaker) -> None:
        """Long shots are handed over in spans that overlap by twice as much; options or a model may decide it."""
        assert 0.0 <= opened.context_seconds <= 60.0

    def test_observes_a_row_a_face(self, opened: Speaker) -> None:
        """Bytes, or floats of 16 or 32 bits, [n, ...], the same shape for each face, none for none."""
        opened.start(builders.video_info())
        frame = builders.frame(builders.noise_picture(260, 120))
        seen = [opened.observe(frame, builders.faces(n)) for n in (0, 1, 2, 3)]
        assert [observed.shape[0] for observed in seen] == [0, 1, 2, 3]
        assert len({observed.shape[1:] for observed in seen}) == 1, (
            "the shape of an observation depends on the number of faces"
        )
        assert len({observed.dtype for observed in seen}) == 1, "the dtype depends on the number of faces"
        assert seen[0].dtype in OBSERVED, f"observations are {seen[0].dtype}"
        assert all(np.isfinite(observed).all() for observed in seen)

    def test_how_frames_come_together_does_not_matter(self, opened: Speaker) -> None:
        """Several frames at once give what each gives."""
        opened.start(builders.video_info())
        shown = talker_frames([SyntheticTalker(centre=LEFT), SyntheticTalker(seed=1, centre=RIGHT)])[:12]
        shown[5] = (shown[5][0], Faces.empty())
        frames, faces = [frame for frame, _ in shown], [seen for _, seen in shown]
        tracks = [np.arange(len(seen)) for seen in faces]
        at_once = opened.observe_batch(frames, faces, tracks)
        opened.start(builders.video_info())
        singly = [opened.observe_batch([f], [s], [t])[0] for f, s, t in zip(frames, faces, tracks, strict=True)]
        assert [len(observed) for observed in at_once] == [len(seen) for seen in faces]
        for together, alone in zip(at_once, singly, strict=True):
            np.testing.assert_allclose(together, alone, atol=1e-5)

    def test_each_face_is_observed_on_its_own(self, opened: Speaker) -> None:
        """A face gives the same whoever stands beside it."""
        opened.start(builders.video_info())
        frame, both = talker_frames([SyntheticTalker(centre=LEFT), SyntheticTalker(seed=1, centre=RIGHT)])[10]
        np.testing.assert_allclose(opened.observe(frame, both)[1:], opened.observe(frame, both[[1]]), atol=1e-5)

    def test_needs_only_the_columns_that_it_requires(self, opened: Speaker) -> None:
        """A detector that has those is enough."""
        opened.start(builders.video_info())
        optional = {name: None for name in FACE_COLUMNS[2:] if name not in self.stage.requires}
        frame = builders.frame(builders.noise_picture())
        assert len(opened.observe(frame, builders.faces(2, **optional))) == 2
        assert len(opened.observe(frame, Faces.empty())) == 0

    def test_faces_beyond_the_picture_are_observed(self, opened: Speaker) -> None:
        """Boxes may reach beyond the edges."""
        opened.start(builders.video_info())
        boxes = np.array([[-30.0, -30.0, 10.0, 10.0], [150.0, 110.0, 200.0, 160.0], [300.0, 300.0, 340.0, 340.0]])
        assert np.isfinite(opened.observe(builders.frame(), builders.faces(3, boxes=boxes))).all()

    def test_no_tracks_give_no_scores(self, opened: Speaker) -> None:
        """A span without faces is a span."""
        opened.start(builders.video_info())
        assert list(opened.score([], builders.audio(1.0))) == []

    def test_no_sound_gives_scores_of_the_right_length(self, opened: Speaker, talker: SyntheticTalker) -> None:
        """Sound that is missing, or ends early, or begins late."""
        tracks = self.observe(opened, [talker])
        sound = talker.audio()
        short = AudioSpan(sound.samples[:16000], sound.start)
        late = AudioSpan(sound.samples[-16000:], sound.end - 1.0)
        for audio in (builders.audio(0.0), short, late, builders.audio(1.0, start=1000.0)):
            self.check(opened.score(tracks, audio), tracks)

    @pytest.mark.parametrize("length", [1, 2, 5])
    def test_short_tracks_are_scored(self, opened: Speaker, talker: SyntheticTalker, length: int) -> None:
        """A face may be seen on a single frame."""
        tracks = [rows(self.observe(opened, [talker])[0], slice(10, 10 + length))]
        self.check(opened.score(tracks, talker.audio()), tracks)

    def test_gaps_are_scored_around(self, opened: Speaker, talker: SyntheticTalker) -> None:
        """A track has no row where its face was not found."""
        (track,) = self.observe(opened, [talker])
        seen = np.ones(len(track), dtype=bool)
        seen[40:50] = seen[90:93] = False
        tracks = [rows(track, seen)]
        self.check(opened.score(tracks, talker.audio()), tracks)

    @claimed("sync")
    def test_gaps_hide_no_shift(self, opened: Speaker, talker: SyntheticTalker) -> None:
        """What is seen around a gap is compared with the sound."""
        (track,) = self.observe(opened, [talker])
        tracks = [rows(track, np.r_[0:40, 50:90, 93 : len(track)])]
        (scores,), (late,) = (opened.score(tracks, talker.audio(delay=delay)) for delay in (0.0, 0.8))
        assert scores.speaking.mean() > late.speaking.mean()

    def test_a_face_without_landmarks_is_scored(self, opened: Speaker, talker: SyntheticTalker) -> None:
        """A face that looks away has no mesh: that is no error, and no lips are seen to speak."""
        opened.start(builders.video_info())
        seen = talker_frames([talker])
        away = [(frame, without_landmarks(faces)) for frame, faces in seen]
        for chosen in (seen[:50] + away[50:100] + seen[100:], away):
            tracks = observed_tracks(opened, chosen)
            scores = opened.score(tracks, talker.audio())
            self.check(scores, tracks)
        if "landmarks478" in self.stage.requires:
            assert scores[0].speaking.max() <= 0.1, "who is not seen to speak, speaks"

    @claimed("sync")
    def test_in_sync_is_above_shifted_is_above_silent(self, opened: Speaker, talker: SyntheticTalker) -> None:
        """The point of the stage."""
        (in_sync,) = self.score(opened, [talker], talker.audio())
        (shifted,) = self.score(opened, [talker], talker.audio(delay=0.8))
        (silent,) = self.score(opened, [talker], builders.audio(talker.duration))
        assert in_sync >= shifted + self.margin, f"in sync {in_sync:.3f}, shifted {shifted:.3f}"
        assert shifted >= silent, f"shifted {shifted:.3f}, silent {silent:.3f}"
        assert silent <= 0.1, f"silent {silent:.3f}"

    @claimed("dub")
    def test_own_voice_is_above_anothers(self, opened: Speaker, talker: SyntheticTalker) -> None:
        """Somebody else's voice is not this face's."""
        (own,) = self.score(opened, [talker], talker.audio())
        (dubbed,) = self.score(opened, [talker], replace(talker, seed=talker.seed + 1).audio())
        assert own >= dubbed + self.margin, f"own {own:.3f}, another's {dubbed:.3f}"

    @claimed("dub")
    def test_a_still_face_does_not_speak(self, opened: Speaker, talker: SyntheticTalker) -> None:
        """Neither a photo with a voice-over, nor a listener."""
        (own,) = self.score(opened, [talker], talker.audio())
        (frozen,) = self.score(opened, [talker.frozen()], talker.audio())
        (listener,) = self.score(opened, [talker.silent()], talker.audio())
        assert own >= frozen + self.margin, f"own {own:.3f}, frozen {frozen:.3f}"
        assert own >= listener + self.margin, f"own {own:.3f}, listener {listener:.3f}"

    @claimed("loudness")
    @pytest.mark.parametrize("gain", [0.1, 5.0])
    def test_loudness_does_not_matter(self, opened: Speaker, talker: SyntheticTalker, gain: float) -> None:
        """Recordings differ in level."""
        (normal,) = self.score(opened, [talker], talker.audio())
        (changed,) = self.score(opened, [talker], talker.audio(gain=gain))
        assert abs(changed - normal) <= self.loudness_tolerance, f"{normal:.3f}, at gain {gain}: {changed:.3f}"

    def favoured(self, speaker: Speaker, tracks: Sequence[Track], audio: AudioSpan) -> tuple[float, float]:
        """Return the lag that is likeliest of a video with that sound, and the log ratio of it to none."""
        speaker.listen(audio)
        told = speaker.lag_evidence(tracks, audio, all_of(tracks), REACH)
        assert told, "nothing is told of a face that speaks"
        for one in told:
            assert isinstance(one, LagEvidence)
            assert one.lags[0] >= -REACH - 1e-6
            assert one.lags[-1] <= REACH + 1e-6
            assert one.track in {track.id for track in tracks}
        together = np.sum([one.ratio for one in told], axis=0)
        return float(told[0].lags[np.argmax(together)]), float(together.max())

    @claimed("lag")
    @pytest.mark.parametrize("delay", [-0.7, 0.0, 0.12, 0.9])
    def test_a_lag_is_told(self, opened: Speaker, delay: float) -> None:
        """Far beyond what any stage scores at."""
        talker = SyntheticTalker(seed=3, duration=12.0)
        lag, ratio = self.favoured(opened, self.observe(opened, [talker]), talker.audio(delay=delay))
        assert lag == pytest.approx(delay, abs=0.05)
        assert ratio > 0.0, f"a log ratio of {ratio:.2f}"

    @claimed("lag")
    def test_no_lag_is_likelier_of_anothers_voice_than_of_the_own(self, opened: Speaker) -> None:
        """Whoever looks far finds something; with the own voice he finds more."""
        talker, other = (SyntheticTalker(seed=seed, duration=12.0) for seed in (3, 4))
        tracks = self.observe(opened, [talker])
        (_, own), (_, dubbed) = (self.favoured(opened, tracks, whose.audio()) for whose in (talker, other))
        assert own > dubbed, f"own {own:.2f}, another's {dubbed:.2f}"

    @claimed("lag")
    def test_a_lag_is_told_of_what_is_a_spans_own(self, opened: Speaker) -> None:
        """Of context, nothing: it comes again as its neighbour's own. And of no face, nothing at all."""
        talker = SyntheticTalker(seed=3, duration=12.0)
        tracks, audio = self.observe(opened, [talker]), talker.audio()
        opened.listen(audio)
        half = talker.start + talker.duration / 2
        for told in opened.lag_evidence(tracks, audio, TimeRange(half, all_of(tracks).end), REACH):
            assert told.start >= half - STEP
        assert opened.lag_evidence([], audio, TimeRange(0.0, 1.0), REACH) == []

    @overriding("learnable")
    def test_it_goes_by_what_it_has_learned(self, talker: SyntheticTalker, context: StageContext) -> None:
        """What can be taught is what scores rest on: the same values change nothing, others do, and count in keys."""
        told = {"diagnostics": True} if "diagnostics" in self.stage.Config.model_fields else {}
        config = self.stage.Config.model_validate({**self.options, **told})
        learnable = self.stage(config, context).learnable()
        if learnable is None:
            pytest.skip("under these options there is nothing to learn")
        bound = BoundStage(self.stage, config)
        moved = learnable.values + learnable.spread * np.where(np.arange(len(learnable.names)) % 2, 1.0, -1.0)
        said = []
        for values in (None, learnable.values, moved):
            learned = None if values is None else Learned.of(bound, dict(zip(learnable.names, values, strict=True)))
            speaker = self.stage(config.model_copy(update={"learned": learned}), context)
            self.open(speaker)
            with contextlib.closing(speaker):
                tracks = self.observe(speaker, [talker])
                (scores,) = self.ready(speaker).score(tracks, talker.audio())
                said.append((speaker.signature(), scores))
        (_, plain), (_, same), (_, other) = said
        np.testing.assert_allclose(same.speaking, plain.speaking, atol=1e-6)
        assert np.abs(other.speaking - plain.speaking).max() > 0, "other values change no score"
        assert said[1][0] != said[2][0], "what was learned is not in the signature"
        rows = {name: np.asarray(column) for name, column in plain.diagnostics.items()}
        odds, changed = (learnable.log_odds(values, rows) for values in (learnable.values, moved))
        assert odds.shape == plain.speaking.shape
        assert np.isfinite(odds).all()
        assert np.abs(odds - changed).max() > 0, "other values change no log odds"

    def test_the_order_of_faces_does_not_matter(self, opened: Speaker, talker: SyntheticTalker) -> None:
        """Tracks come in any order."""
        one, two = replace(talker, centre=LEFT), replace(talker, seed=talker.seed + 1, centre=RIGHT)
        scores = self.score(opened, [one, two], one.audio())
        np.testing.assert_allclose(self.score(opened, [two, one], one.audio()), scores[::-1], atol=1e-3)

    @claimed("rivals")
    def test_of_two_faces_the_speaker_wins(self, opened: Speaker, talker: SyntheticTalker) -> None:
        """Both move their mouths; the voice is one's."""
        one, two = replace(talker, centre=LEFT), replace(talker, seed=talker.seed + 1, centre=RIGHT)
        for voice, own, other in ((one, 0, 1), (two, 1, 0)):
            scores = self.score(opened, [one, two], voice.audio())
            assert scores[own] >= scores[other] + self.margin, (
                f"the speaker {scores[own]:.3f}, the other {scores[other]:.3f}"
            )

    def test_the_clock_does_not_matter(self, opened: Speaker, talker: SyntheticTalker) -> None:
        """Times are those of the file: pictures and sound may begin anywhere, and not together."""
        (at_zero,) = self.score(opened, [talker], talker.audio())
        later = replace(talker, start=talker.start + 100.0)
        (at_hundred,) = self.score(opened, [later], later.audio())
        lead = np.concatenate([np.zeros(16000, np.float32), later.audio().samples])
        (with_lead,) = self.score(opened, [later], AudioSpan(lead, later.start - 1.0))
        assert at_hundred == pytest.approx(at_zero, abs=0.05)
        assert with_lead == pytest.approx(at_zero, abs=0.1)

    def test_start_forgets_the_previous_video(self, opened: Speaker, talker: SyntheticTalker) -> None:
        """The same video twice, another one in between, gives the same result; so does scoring twice."""
        tracks, audio = self.observe(opened, [talker]), talker.audio()
        (first,) = opened.score(tracks, audio)
        np.testing.assert_allclose(opened.score(tracks, audio)[0].speaking, first.speaking, atol=1e-5)
        other = replace(talker, seed=talker.seed + 1)
        self.score(opened, [other], other.audio(gain=3.0))
        (again,) = opened.score(self.observe(opened, [talker]), audio)
        np.testing.assert_allclose(again.speaking, first.speaking, atol=1e-5)

    def test_listening_and_surveying_are_optional(self, opened: Speaker, talker: SyntheticTalker) -> None:
        """Whoever scores a stretch by itself has no more than that."""
        (heard,) = self.score(opened, [talker], talker.audio())
        tracks = self.observe(opened, [talker])
        (unheard,) = opened.score(tracks, talker.audio())
        self.check([unheard], tracks)
        assert float(unheard.speaking.mean()) == pytest.approx(heard, abs=0.1)

    def test_spans_do_not_matter(self, opened: Speaker) -> None:
        """A long shot gives the same in one piece and in two that overlap, but for a moment at the seam."""
        context = opened.context_seconds
        length = 2.0 * context + 8.0
        one, two = (SyntheticTalker(seed, length, centre=centre) for seed, centre in ((3, LEFT), (4, RIGHT)))
        tracks, audio = self.observe(opened, [one, two]), one.audio()
        opened.listen(audio)
        whole = opened.score(tracks, audio)
        for chosen, kept in halves(tracks[0].times, length / 2, context):
            times = tracks[0].times[chosen]
            parts = opened.score([rows(track, chosen) for track in tracks], audio.span(times[0] - 0.5, times[-1] + 0.5))
            for part, full in zip(parts, whole, strict=True):
                np.testing.assert_allclose(part.speaking[kept[chosen]], full.speaking[kept], atol=1e-3)

    def test_a_survey_takes_any_span(self, opened: Speaker, talker: SyntheticTalker) -> None:
        """Also one without a face, without sound, of a single frame."""
        tracks = self.observe(opened, [talker])
        moment = rows(tracks[0], slice(10, 11))
        opened.survey([], builders.audio(1.0), TimeRange(0.0, 1.0))
        opened.survey(tracks, builders.audio(0.0), all_of(tracks))
        opened.survey([moment], talker.audio(), all_of([moment]))
        self.check(opened.score(tracks, talker.audio()), tracks)

    @overriding("survey")
    def test_how_a_survey_is_divided_does_not_matter(self, opened: Speaker) -> None:
        """A long shot gives the same in one piece and in two that overlap, of which each counts what is its own."""
        context = opened.context_seconds
        length = 2.0 * context + 8.0
        one, two = (SyntheticTalker(seed, length, centre=centre) for seed, centre in ((3, LEFT), (4, RIGHT)))
        audio, seam = one.audio(delay=0.1), one.start + length / 2
        whole, divided = self.observe(opened, [one, two]), TimeRange(one.start, seam)
        opened.listen(audio)
        opened.survey(whole, audio, all_of(whole))
        expected = opened.score(whole, audio)
        tracks = self.observe(opened, [one, two])
        opened.listen(audio)
        for own in (divided, TimeRange(seam, all_of(tracks).end)):
            part = [rows(track, near(track.times, own, context)) for track in tracks]
            sound = audio.span(part[0].times[0] - 0.5, part[0].times[-1] + 0.5)
            opened.survey(part, sound, own)
        for scores, full in zip(opened.score(tracks, audio), expected, strict=True):
            np.testing.assert_allclose(scores.speaking, full.speaking, atol=1e-3)

    @overriding("survey")
    def test_start_forgets_what_was_surveyed(self, opened: Speaker, talker: SyntheticTalker) -> None:
        """What holds for one video says nothing of the next."""
        tracks, audio = self.observe(opened, [talker]), talker.audio()
        (expected,) = opened.score(tracks, audio)
        other = replace(talker, seed=talker.seed + 1)
        late = self.observe(opened, [other])
        opened.survey(late, other.audio(delay=0.2), all_of(late))
        (scores,) = opened.score(self.observe(opened, [talker]), audio)
        np.testing.assert_allclose(scores.speaking, expected.speaking, atol=1e-5)

    def test_opens_again_after_closing(self, opened: Speaker, talker: SyntheticTalker, context: StageContext) -> None:
        """A closed stage can be opened once more, and a second object gives the same as the first."""
        first = self.score(opened, [talker], talker.audio())
        opened.close()
        self.open(opened)
        assert self.score(opened, [talker], talker.audio()) == pytest.approx(first, abs=1e-5)
        with self.stage(self.config(), context) as other:
            assert self.score(hearing(other), [talker], talker.audio()) == pytest.approx(first, abs=1e-5)
