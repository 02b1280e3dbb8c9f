import json

import pytest
import yaml

from slceleb_core import Pipeline, hookimpl
from slceleb_core.errors import PluginError, ProfileError
from slceleb_core.profile import bind, load_profile, schema, shipped_profiles
from slceleb_core.registry import Registry
from slceleb_core.stages import StageConfig
from slceleb_core.testing import FakeDetector, FakePlugin, FakeSpeaker

FAKE = """
detect: {use: fake}
embed: {use: fake}
speaker: {use: fake}
sinks: [{use: memory}]
"""


@pytest.fixture
def write(tmp_path):
    def write(text):
        path = tmp_path / "profile.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def fails(path, *overrides):
    with pytest.raises(ProfileError) as caught:
        bind(load_profile(path, overrides), Registry.of(FakePlugin()))
    return str(caught.value)


@pytest.mark.parametrize("name", shipped_profiles())
def test_every_shipped_profile_binds_to_the_shipped_plugins(name):
    bound = bind(load_profile(name), Registry.discover())
    assert bound.resolved()["detect"]["options"]["max_faces"] == (50 if name == "celeb-2019" else 5)


def test_the_shipped_profiles_are_these():
    assert shipped_profiles() == ["celeb-2019", "default", "fastest", "recall", "seed-2025", "thorough"]


@pytest.mark.parametrize("name", shipped_profiles())
def test_a_shipped_profile_whose_plugin_is_missing_says_what_to_install(name):
    with pytest.raises(PluginError, match="no detector named") as missing:
        bind(load_profile(name), Registry.of(FakePlugin()))
    assert missing.value.hint.startswith("pip install slceleb-")


def test_the_profile_of_2019_is_that_pipeline_as_far_as_a_profile_can_say_it():
    plain = bind(load_profile("celeb-2019"), Registry.discover()).resolved()
    assert plain["detect"] == {
        "use": "retinaface",
        "options": {
            "file": None,
            "providers": None,
            "max_faces": 50,
            "min_confidence": 0.8,
            "overlap": 0.4,
            "short_side": 360,
            "long_side": 640,
        },
    }
    assert plain["embed"]["use"] == "mobilefacenet"
    assert plain["identity"]["threshold"] == pytest.approx(1 - 1.24**2 / 2, abs=1e-3)
    assert plain["tracking"]["max_gap"] * 25 == pytest.approx(5)
    assert plain["tracking"]["max_shift"] == pytest.approx(0.3 * 2**0.5, abs=1e-3)
    segments = plain["segments"]
    curve = pytest.importorskip("slceleb_speaker_lrasd.curves").CURVES[plain["speaker"]["options"]["model"]]
    assert curve.odds(segments["onset"]) == pytest.approx(0, abs=0.05)  # its authors' threshold
    assert segments["offset"] / segments["onset"] == pytest.approx(3 / 4)
    assert (segments["min_on"] * 25, 2 * segments["pad"] * 25) == (pytest.approx(5), pytest.approx(6))
    assert plain["economy"] == bind(load_profile("thorough"), Registry.discover()).resolved()["economy"]


def test_syncnet_fits_into_the_profile_of_2019():
    overrides = ("speaker={use: syncnet, options: {file: mine.onnx}}", "segments.onset=0.4", "segments.offset=0.3")
    plain = bind(load_profile("celeb-2019", overrides), Registry.discover()).resolved()
    assert plain["speaker"]["options"] == {"file": "mine.onnx", "providers": None, "diagnostics": False}


def test_the_seed_profile_is_the_pipeline_as_first_specified():
    plain = bind(load_profile("seed-2025"), Registry.discover()).resolved()
    assert plain["detect"] == {"use": "mediapipe-video", "options": {"max_faces": 5, "model_path": None}}
    assert plain["embed"]["options"]["model"] == "buffalo_s"
    assert plain["embed"]["options"]["cache"]["grid"] == 10
    assert plain["embed"]["options"]["cache"]["entries"] == 100
    assert plain["speaker"]["options"]["window_frames"] == 30
    assert plain["economy"] == bind(load_profile("thorough"), Registry.discover()).resolved()["economy"]


def test_a_profile_writes_out_every_default(write):
    plain = bind(load_profile(write(FAKE)), Registry.of(FakePlugin())).resolved()
    assert plain["detect"]["options"] == {"saturation": 110, "min_side": 8}
    assert plain["segments"]["onset"] == 0.5
    json.dumps(plain)


def test_a_resolved_profile_is_a_profile(write):
    registry = Registry.of(FakePlugin())
    plain = bind(load_profile(write(FAKE)), registry).resolved()
    assert bind(load_profile(write(yaml.safe_dump(plain))), registry).resolved() == plain


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (FAKE + "detekt: {}", "detekt: unknown option; did you mean detect?"),
        (FAKE + "segments: {onsett: 0.5}", "segments.onsett: unknown option; did you mean onset?"),
        (FAKE + "segments: {onset: 7}", "segments.onset: input should be less than or equal to 1 (given: 7)"),
        (FAKE + "segments: {onset: 0.2, offset: 0.4}", "segments: offset 0.4 is above onset 0.2"),
        (FAKE.replace("detect: {use: fake}", ""), "detect: is missing"),
        (
            FAKE.replace("speaker: {use: fake}", "speaker: {usee: fake}"),
            "speaker.usee: unknown option; did you mean use?",
        ),
        (FAKE.replace("{use: memory}", "{use: memory, options: {x: 1}}"), "sinks.0.options.x: unknown option"),
        (
            FAKE.replace("detect: {use: fake}", "detect: {use: fake, options: {min_sid: 3}}"),
            "detect.options.min_sid: unknown option; did you mean min_side?",
        ),
        (FAKE + "detect: {use: fake}", "line 6, column 1: detect is given twice"),
        ("[1, 2]", "expected a mapping of sections"),
        ("a: [", "line 1, column 5"),
        ("a: !!python/object/apply:os.system [echo]", "could not determine a constructor"),
        ("", "expected a mapping of sections"),
    ],
)
def test_every_fault_of_a_profile_names_its_place(write, text, message):
    assert message in fails(write(text))


def test_all_faults_are_told_at_once(write):
    lines = fails(write(FAKE + "segments: {onsett: 1, pad: -1}")).splitlines()
    assert len(lines) == 2


def test_a_plugin_that_is_not_there_is_answered_with_the_nearest(write):
    path = write(FAKE.replace("{use: memory}", "{use: memroy}"))
    with pytest.raises(PluginError, match="did you mean memory"):
        bind(load_profile(path), Registry.of(FakePlugin()))


def test_a_profile_that_is_not_there():
    assert "no profile named 'defalt' (did you mean default?" in fails("defalt")
    assert "cannot read the profile nowhere.yaml: No such file" in fails("nowhere.yaml")


@pytest.mark.parametrize(
    ("override", "path", "value"),
    [
        ("detect.options.min_side=12", ("detect", "options", "min_side"), 12),
        ("segments.onset=0.6", ("segments", "onset"), 0.6),
        ("identity.threshold=null", ("identity", "threshold"), None),
        ("sinks.0.use=memory", ("sinks", 0, "use"), "memory"),
    ],
)
def test_overrides_replace_single_values(write, override, path, value):
    plain = bind(load_profile(write(FAKE), [override]), Registry.of(FakePlugin())).resolved()
    for part in path:
        plain = plain[part]
    assert plain == value


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("segments.onset", "expected path=value"),
        ("=3", "expected path=value"),
        ("segments..onset=1", "expected path=value"),
        ("sinks.7.use=json", "7 is not one of the 1 entries"),
        ("detect.use.x=1", "use holds a value, not options"),
        ("detect.use.x.y=1", "plain value"),
        ("segments.onset=[", "the value is not YAML"),
        ("segments.onset=loud", "segments.onset: input should be a valid number"),
    ],
)
def test_an_override_that_cannot_be_is_told(write, override, message):
    assert message in fails(write(FAKE), override)


class OtherDetector(FakeDetector):
    name = "other"
    Config = StageConfig


class OtherPlugin(FakePlugin):
    @hookimpl
    def slceleb_detectors(self):
        return [FakeDetector, OtherDetector]


WITH_OPTIONS = FAKE.replace("detect: {use: fake}", "detect: {use: fake, options: {min_side: 9, saturation: 100}}")


def options_of_detector(path, *overrides):
    chosen = load_profile(path, overrides)
    bind(chosen, Registry.of(OtherPlugin()))
    return chosen.detect.options


def test_another_plugin_gets_no_options_of_the_one_it_replaces_and_that_is_said(write, caplog):
    assert options_of_detector(write(WITH_OPTIONS), "detect.use=other") == {}
    assert [record.getMessage() for record in caplog.records] == [
        "--set detect.use=other: the options of fake are dropped: min_side, saturation"
    ]


@pytest.mark.parametrize("turned", [False, True])
def test_options_that_are_set_beside_another_plugin_are_its_own(write, turned, caplog):
    overrides = ["detect.use=fake", "detect.options.min_side=12"]
    text = WITH_OPTIONS.replace("detect: {use: fake", "detect: {use: other")
    assert options_of_detector(write(text), *(overrides[::-1] if turned else overrides)) == {"min_side": 12}
    assert [record.getMessage().rpartition(": ")[2] for record in caplog.records] == ["saturation"]


def test_a_plugin_that_is_named_again_keeps_its_options(write, caplog):
    assert options_of_detector(write(WITH_OPTIONS), "detect.use=fake") == {"min_side": 9, "saturation": 100}
    assert not caplog.records


def test_whoever_replaces_a_sink_of_a_list_drops_its_options(write, caplog):
    text = FAKE.replace("{use: memory}", "{use: memory, options: {folder: x}}")
    assert load_profile(write(text), ["sinks.0.use=json"]).sinks[0].options == {}
    assert "sinks.0.use=json: the options of memory are dropped: folder" in caplog.text


def test_the_pipeline_of_a_profile_says_so_too(write, caplog):
    pipeline = Pipeline.from_profile(write(WITH_OPTIONS), ["detect.use=other"], registry=Registry.of(OtherPlugin()))
    assert pipeline.bound.detector.stage is OtherDetector
    assert "the options of fake are dropped" in caplog.text


def test_a_speaker_that_needs_what_the_detector_lacks_is_refused_before_the_first_frame(write):
    class NeedsLandmarks(FakeSpeaker):
        requires = frozenset({"landmarks478"})

    with pytest.raises(ProfileError, match="speaker fake needs landmarks478, which the detector fake does not provide"):
        bind(load_profile(write(FAKE)), Registry.of(FakePlugin(speaker=NeedsLandmarks)))


def test_the_schema_holds_the_options_of_every_plugin():
    jsonschema = pytest.importorskip("jsonschema")
    made = schema(Registry.discover())
    jsonschema.Draft202012Validator.check_schema(made)
    check = jsonschema.Draft202012Validator(made)
    for name in shipped_profiles():
        plain = load_profile(name).model_dump(mode="json")
        assert list(check.iter_errors(plain)) == []
    plain["detect"]["options"]["min_scor"] = 1
    assert list(check.iter_errors(plain))
