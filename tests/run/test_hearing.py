"""In which form a speaker stage hears the sound of a video: at which rate, and of which channels."""

import numpy as np
import pytest

from slceleb_core import hookimpl
from slceleb_core.artefacts import ArtefactStore
from slceleb_core.decision.attention import THOROUGH
from slceleb_core.errors import PluginError
from slceleb_core.pipeline import Pipeline
from slceleb_core.profile import Profile
from slceleb_core.registry import Registry
from slceleb_core.results import FrameResult
from slceleb_core.settings import Settings
from slceleb_core.testing import RED, FakePlugin, FakeSpeaker, Person, SyntheticTalker, write_video
from slceleb_core.types import SoundForm

TALKER = SyntheticTalker(seed=1, duration=2.0)


class Hearing(FakeSpeaker):
    """Remembers in which form it was handed what."""

    def open(self):
        self.heard = []

    def listen(self, sound):
        self.activity = self.context.speech.find(sound, self.context.speech.prepare("energy"))
        self.heard.append(sound.span(0.0, 1.0))

    def survey(self, tracks, audio, own):
        self.heard.append(audio)

    def score(self, tracks, audio):
        self.heard.append(audio)
        return super().score(tracks, audio)

    def report(self):
        return {"heard": sorted({f"{span.rate} {span.samples.ndim} {span.layout}" for span in self.heard})}


class Wide(Hearing):
    sound_form = SoundForm(48_000, "all")


class AsItIs(Hearing):
    sound_form = SoundForm(None, "all")


class ByOption(Hearing):
    def __init__(self, config, context):
        super().__init__(config, context)
        self.sound_form = SoundForm(int(8_000 * config.window))


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    path = tmp_path_factory.mktemp("media") / "talk.mkv"
    return write_video(path, [Person(RED, talker=TALKER)], audio=TALKER.audio(), duration=2.0)


@pytest.fixture
def run(tmp_path, video):
    """Give a function that runs over the video with a speaker stage, and returns scores, report and what was kept."""

    def results(speaker, store=None, **options):
        uses = {"detect": {"use": "fake"}, "embed": {"use": "fake"}, "speaker": {"use": "fake", "options": options}}
        profile = Profile.model_validate({**uses, "economy": THOROUGH.model_dump(), "gates": {"vad": "energy"}})
        registry, settings = Registry.of(FakePlugin(speaker=speaker)), Settings(cache=tmp_path / "cache")
        with Pipeline.from_profile(profile, registry=registry, settings=settings, artefacts=store) as pipeline:
            made = pipeline.run(video)
            frames = [result for result in made.results() if isinstance(result, FrameResult)]
            scores = np.array([face.speaking for frame in frames for face in frame.faces])
            report = made.summary.provenance["stages"]["speaker"]
            return scores, report.get("heard"), made.summary.statistics.get("cache", {})

    return results


@pytest.mark.parametrize(
    ("speaker", "options", "heard"),
    [
        (Hearing, {}, "16000 1 mono"),
        (Wide, {}, "48000 2 mono"),
        (AsItIs, {}, "16000 2 mono"),
        (ByOption, {"window": 3.0}, "24000 1 mono"),
    ],
)
def test_it_hears_what_it_asks_for_wherever_it_hears_anything(run, speaker, options, heard):
    assert run(speaker, **options)[1] == [heard]


def test_the_scores_are_those_of_the_usual_form_as_far_as_a_resampler_lets_them(run):
    usual, wide = run(Hearing)[0], run(Wide)[0]
    assert usual.max() > 0.5
    np.testing.assert_allclose(wide, usual, atol=0.05)


def test_what_was_scored_by_another_form_is_not_used_again(run, tmp_path):
    store = ArtefactStore(tmp_path / "kept")
    run(Hearing, store)
    assert run(Hearing, store)[2]["scores"]
    again = run(Wide, store)[2]
    assert (again["observations"], again["scores"]) == (True, False)


def test_stages_that_ask_for_nothing_have_the_keys_that_they_had(tmp_path):
    from slceleb_core.artefacts.keys import Keyring
    from slceleb_core.profile import bind

    def scores(speaker):
        fakes = {name: {"use": "fake"} for name in ("detect", "embed", "speaker")}
        registry = Registry.of(FakePlugin(speaker=speaker))
        profile = bind(Profile.model_validate(fakes), registry)
        return Keyring(profile, registry, Settings(cache=tmp_path).stage_context()).steps("sha256:1").scores

    def asking(form):  # of the fakes' module: this one is here to be edited, and would count by its content
        return type("Asking", (FakeSpeaker,), {"sound_form": form, "__module__": FakeSpeaker.__module__})

    assert scores(asking(SoundForm(16_000, "mono"))) == scores(FakeSpeaker)
    assert scores(asking(SoundForm(44_100, "mono"))) != scores(FakeSpeaker)


def test_stages_that_want_the_sound_differently_cannot_be_joined(tmp_path):
    from slceleb_core.perception.fusing import FuseSpeaker
    from slceleb_core.profile import bind

    class Other(Wide):
        name = "other"

    class Plugin(FakePlugin):
        @hookimpl
        def slceleb_speakers(self):
            return [Hearing, Wider, Other, FuseSpeaker]

    class Wider(Wide):
        name = "wider"

    def made(*names):
        of = [{"use": name} for name in names]
        uses = {"detect": {"use": "fake"}, "embed": {"use": "fake"}, "speaker": {"use": "fuse", "options": {"of": of}}}
        bound = bind(Profile.model_validate(uses), Registry.of(Plugin())).speaker
        return bound.stage(bound.config, Settings(cache=tmp_path).stage_context())

    assert made("wider", "other").sound_form == Wide.sound_form
    with pytest.raises(PluginError, match=r"fuse cannot join .* fake \(mono at 16000 Hz\), wider \(all at 48000 Hz\)"):
        made("fake", "wider")
