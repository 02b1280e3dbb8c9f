"""Keys: what changes them, and what does not."""

import subprocess
import sys
from pathlib import Path

import pytest

from slceleb_core.artefacts.keys import NO_GALLERY, Keyring, _deciding, digest, gallery_key
from slceleb_core.decision.attention import THOROUGH
from slceleb_core.errors import GalleryError
from slceleb_core.jobs import Item
from slceleb_core.profile import Profile, bind
from slceleb_core.registry import Origin, Registry
from slceleb_core.settings import Settings
from slceleb_core.sinks import slceleb_sinks
from slceleb_core.testing import FakeDetector, FakePlugin, FakeRecognizer, FakeSpeaker

PLAIN = {
    "detect": {"use": "fake"},
    "embed": {"use": "fake"},
    "speaker": {"use": "fake"},
    "economy": THOROUGH.model_dump(),
}


class Sinks:
    from slceleb_core import hookimpl

    @hookimpl
    def slceleb_sinks(self):
        return slceleb_sinks()


def setting(tmp_path, plugin=None, version="1.0", **sections):
    fakes = (plugin or FakePlugin(), Origin("fakes", "slceleb-fakes", version))
    registry = Registry([fakes, (Sinks(), Origin("core-sinks", "slceleb-core", "1.0"))])
    bound = bind(Profile.model_validate({**PLAIN, **sections}), registry)
    return bound, registry, Settings(cache=tmp_path).stage_context()


def steps(tmp_path, fingerprint="sha256:1", part=None, max_frames=None, **changes):
    ring = Keyring(*setting(tmp_path, **changes))
    found = ring.steps(fingerprint, part, max_frames)
    return {
        "faces": found.faces,
        "embeddings": ring.embeddings(found.faces),
        "observations": found.observations,
        "scores": found.scores,
    }


ALL = {"faces", "embeddings", "observations", "scores"}


@pytest.mark.parametrize(
    ("changes", "touched"),
    [
        ({}, set()),
        ({"segments": {"onset": 0.9}}, set()),
        ({"identity": {"margin": 0.3}}, set()),
        ({"sinks": [{"use": "json"}]}, set()),
        ({"spans": {"seconds": 30.0}}, {"scores"}),
        ({"tracking": {"max_gap": 0.1}}, {"embeddings", "scores"}),
        ({"embed": {"use": "fake", "options": {"hues": 12}}}, {"embeddings"}),
        ({"speaker": {"use": "fake", "options": {"window": 2.0}}}, {"observations", "scores"}),
        ({"shots": {"threshold": 30.0}}, ALL),
        ({"detect": {"use": "fake", "options": {"min_side": 9}}}, ALL),
        ({"fingerprint": "sha256:2"}, ALL),
        ({"part": [1.0, None]}, ALL),
        ({"max_frames": 10}, ALL),
        ({"version": "1.1"}, ALL),
    ],
)
def test_a_change_touches_its_own_step_and_those_behind_it(tmp_path, changes, touched):
    before, after = steps(tmp_path), steps(tmp_path, **changes)
    assert {step for step in before if before[step] != after[step]} == touched


def test_how_a_recognizer_is_shown_faces_counts_for_embeddings_and_photos(tmp_path):
    own = [[5, 6], [9, 6], [7, 8], [5, 9], [9, 9]]
    stated = ({}, {"crop_size": 160}, {"crop_size": 160, "template": own}, {"template": own})
    plugins = [FakePlugin(recognizer=type("Stating", (FakeRecognizer,), {"name": "fake", **what})) for what in stated]
    rings = [Keyring(*setting(tmp_path, plugin=plugin)) for plugin in plugins]
    assert len({ring.embeddings("faces") for ring in rings}) == len(rings)
    assert len({ring.photo("content") for ring in rings}) == len(rings)
    assert len({ring.result("some").shared for ring in rings}) == len(rings)
    assert len({ring.result(NO_GALLERY).shared for ring in rings}) == 1
    assert len({ring.steps("sha256:1").observations for ring in rings}) == 1


@pytest.mark.parametrize(
    ("role", "base", "touched"),
    [
        ("detector", FakeDetector, ALL),
        ("recognizer", FakeRecognizer, {"embeddings"}),
        ("speaker", FakeSpeaker, {"observations", "scores"}),
    ],
)
def test_a_new_revision_of_a_stage_is_another_stage(tmp_path, role, base, touched):
    newer = FakePlugin(**{role: type("Newer", (base,), {"revision": base.revision + 1})})
    before, after = steps(tmp_path), steps(tmp_path, plugin=newer)
    assert {step for step in before if before[step] != after[step]} == touched


def test_options_that_play_no_part_in_observing_do_not_touch_observations(tmp_path):
    class Thrifty(FakeSpeaker):
        def observation_signature(self):
            return None

    plugin = FakePlugin(speaker=Thrifty)
    before = steps(tmp_path, plugin=plugin)
    after = steps(tmp_path, plugin=plugin, speaker={"use": "fake", "options": {"window": 2.0}})
    assert {step for step in before if before[step] != after[step]} == {"scores"}


def result(tmp_path, item=None, gallery="g", max_frames=None, poi=(), **changes):
    key = Keyring(*setting(tmp_path, **changes)).result(gallery, max_frames, poi)
    return key.of(item or Item(Path("a.mp4")))


@pytest.mark.parametrize(
    "changes",
    [
        {"segments": {"onset": 0.9}},
        {"gates": {"stricter": {"similarity": 0.9}}},
        {"sinks": [{"use": "json"}]},
        {"speaker": {"use": "fake", "options": {"window": 2.0}}},
        {"embed": {"use": "fake", "options": {"hues": 12}}},
        {"version": "1.1"},
        {"gallery": "h"},
        {"gallery": NO_GALLERY},
        {"max_frames": 5},
        {"poi": ("Ada",)},
        {"item": Item(Path("a.mp4"), poi=("Ada",))},
        {"item": Item(Path("a.mp4"), start=1.0)},
        {"item": Item(Path("a.mp4"), end=1.0)},
        {"item": Item(Path("a.mp4"), facts={"licence": "CC0"})},
    ],
)
def test_whatever_decides_a_result_changes_its_key(tmp_path, changes):
    assert result(tmp_path) != result(tmp_path, **changes)


OLD_GATES = {"min_size", "max_turned", "min_sharpness", "vad", "min_speech"} | {
    f"max_{name}" for name in ("offset_ms", "chance", "overlap", "rival")
}
"""Options of the gates before there were further limits."""

EVIDENCE = {"target": 0.99, "confidence": 0.95, "bound": 0.991, "labels": 320, "errors": 0, "clusters": 310}


def test_what_a_profile_promises_is_in_no_key_and_neither_are_further_limits_that_are_not_set(tmp_path):
    assert result(tmp_path) == result(tmp_path, evidence=EVIDENCE) == result(tmp_path, gates={"stricter": {}})
    bound = setting(tmp_path)[0]
    resolved = bound.resolved()
    before = {name: section for name, section in resolved.items() if name not in ("evidence", "voice")}
    before["gates"] = {name: value for name, value in resolved["gates"].items() if name in OLD_GATES}
    before["identity"] = {name: value for name, value in resolved["identity"].items() if name != "learned"}
    assert resolved["identity"]["learned"] is None
    assert _deciding(resolved) == before


def test_what_a_stage_and_its_parts_have_not_learned_is_in_no_key():
    speaker = {"use": "fuse", "options": {"learned": None, "of": [{"use": "fake", "options": {"learned": None}}]}}
    told = _deciding({"speaker": speaker, "gates": {"stricter": {}}})
    assert told == {"speaker": {"use": "fuse", "options": {"of": [{"use": "fake", "options": {}}]}}, "gates": {}}
    speaker["options"]["learned"] = {"stage": "fuse"}
    assert _deciding({"speaker": speaker, "gates": {"stricter": {}}}) != told


def test_stricter_limits_touch_nothing_that_is_kept(tmp_path):
    assert steps(tmp_path) == steps(tmp_path, gates={"stricter": {"similarity": 0.9}}, evidence=EVIDENCE)


def test_where_a_video_lies_and_what_it_is_called_do_not_change_the_key(tmp_path):
    assert result(tmp_path) == result(tmp_path, Item(Path("elsewhere/b.mp4"), id="x"))


def test_the_names_of_a_video_go_before_those_of_the_batch(tmp_path):
    item = Item(Path("a.mp4"), poi=("Bo",))
    assert result(tmp_path, item, poi=("Ada",)) == result(tmp_path, item)
    assert result(tmp_path, poi=("Ada", "Bo")) == result(tmp_path, poi=("Bo", "Ada"))


def test_the_key_of_photos_is_that_of_their_content(tmp_path):
    def folder(name, files):
        for path, content in files.items():
            target = tmp_path / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        return gallery_key(tmp_path / name)

    first = folder("first", {"Ada/1.jpg": b"a", "Bo/1.jpg": b"b"})
    assert folder("renamed", {"Ada/9.jpg": b"a", "Bo/1.jpg": b"b"}) == first
    both = folder("both", {"Ada/1.jpg": b"a", "Ada/2.jpg": b"b", "Bo.jpg": b"c"})
    assert folder("reordered", {"Ada/9.jpg": b"a", "Ada/2.jpg": b"b", "Bo.jpg": b"c"}) == both
    assert folder("elsewhere", {" Bo/1.jpg": b"c", "Ada/x/1.jpg": b"b", "Ada.jpg": b"a"}) == both
    others = [
        folder("changed", {"Ada/1.jpg": b"A", "Bo/1.jpg": b"b"}),
        folder("swapped", {"Ada/1.jpg": b"b", "Bo/1.jpg": b"a"}),
        folder("more", {"Ada/1.jpg": b"a", "Ada/2.jpg": b"a", "Bo/1.jpg": b"b"}),
        folder("other", {"Cy/1.jpg": b"a", "Bo/1.jpg": b"b"}),
        NO_GALLERY,
    ]
    assert len({first, *others}) == 6
    with pytest.raises(GalleryError, match="no photo"):
        folder("none", {"note.txt": b""})


def test_a_key_is_the_same_in_every_process():
    code = "from slceleb_core.artefacts.keys import digest; print(digest({'b': [1, 2.5, None], 'a': 'é'}))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert told == digest({"a": "é", "b": [1, 2.5, None]})


def test_no_stage_is_opened(tmp_path):
    def refuse(self):
        raise AssertionError("opened")

    roles = {"detector": FakeDetector, "recognizer": FakeRecognizer, "speaker": FakeSpeaker}
    plugin = FakePlugin(**{role: type("Shut", (base,), {"open": refuse}) for role, base in roles.items()})
    assert result(tmp_path, plugin=plugin)
    assert steps(tmp_path, plugin=plugin)
