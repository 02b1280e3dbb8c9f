"""What a file says of itself: credentials that hold, marks that are found, and bytes that are anything."""

import contextlib
import json
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slceleb_core.errors import OneVideoError, OutputError
from slceleb_core.generating import check
from slceleb_core.generating.certificate import own_signing
from slceleb_core.generating.signing import Ingredient, manifest, sign
from slceleb_core.media.cbor import CborError, decoded
from slceleb_core.media.credentials import credentials_of
from slceleb_core.media.generated import STREAM_TAG, TAG, credited_to_model, generated_by, refuse_generated
from slceleb_core.media.jumbf import stated_source
from slceleb_core.pipeline import Pipeline
from slceleb_core.profile import Profile, bind

from .conftest import STAGES, pictures, remuxed

c2pa = pytest.importorskip("c2pa", reason="c2pa-python is not installed")

IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
OUTBOUND = re.compile(r"(connect|sendto|sendmsg|sendmmsg)\(.*(AF_INET6?|sin6?_port)")
"""As tests/e2e/test_network.py has it: a system call that addresses another host."""


@pytest.fixture
def plain(tmp_path):
    """A small file that says nothing of itself."""
    path = tmp_path / "plain.mp4"
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        for grey in range(10):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.full((64, 64, 3), grey, np.uint8), "rgb24")))
        container.mux(stream.encode(None))
    return path


@pytest.fixture
def credited(signing):
    """Return a function that writes credentials, as anybody may, into a file, and gives a copy that has them."""

    def write(path, source_type, media="video/mp4", action="c2pa.created"):
        stated = {
            "claim_generator_info": [{"name": "somebody", "version": "1"}],
            "assertions": [
                {
                    "label": "c2pa.actions.v2",
                    "data": {"actions": [{"action": action, "digitalSourceType": source_type}]},
                }
            ],
        }
        target = path.with_name(f"credited{path.suffix}")
        with (
            c2pa.Signer.from_info(c2pa.C2paSignerInfo(b"es256", signing.chain, signing.key, None)) as signer,
            c2pa.Builder.from_json(json.dumps(stated)) as builder,
            path.open("rb") as source,
            target.open("w+b") as signed,
        ):
            builder.sign(signer, media, source, signed)
        return target

    return write


@pytest.fixture
def signed(plain, signing, tmp_path):
    """A file signed as ours are, and what it states."""
    video = Ingredient("video", Path("a.mp4"), "sha256:" + "a" * 64, "parentOf")
    sound = Ingredient("sound", Path("b.wav"), "sha256:" + "b" * 64, "componentOf")
    target = tmp_path / "signed.mp4"
    sign(plain, target, manifest("signed.mp4", video, sound, {"model": {"sha256": "c" * 64}}), signing)
    return target


@pytest.fixture
def made(record, order, make):
    return make(order(record()))


def test_the_credentials_hold_and_say_what_was_made_of_what(made, order, record, consent):
    from hashlib import sha256

    with c2pa.Reader(str(made.output)) as reader:
        stated = json.loads(reader.json())
    codes = {found["code"] for found in stated["validation_results"]["activeManifest"]["failure"]}
    assert codes <= {"signingCredential.untrusted"}  # nobody vouches for the signer
    manifest = stated["manifests"][stated["active_manifest"]]
    actions = next(a for a in manifest["assertions"] if a["label"].startswith("c2pa.actions"))["data"]["actions"]
    assert actions[-1]["digitalSourceType"] == IPTC + "compositeWithTrainedAlgorithmicMedia"
    assert [ingredient["relationship"] for ingredient in manifest["ingredients"]] == ["parentOf", "componentOf"]
    facts = next(a for a in manifest["assertions"] if a["label"] == "org.slceleb.lipsync")["data"]
    assert facts["consent"]["sha256"] == sha256(consent.read_bytes()).hexdigest()
    assert (
        facts["sources"]["video"] == "sha256:" + sha256((made.output.parent / "talking.mkv").read_bytes()).hexdigest()
    )
    assert facts["visible_mark"] is True
    assert facts["frames"] == {"all": 75, "changed": 75}


def test_a_byte_that_changes_breaks_them(made):
    content = bytearray(made.output.read_bytes())
    content[-200] ^= 1
    made.output.write_bytes(content)
    with c2pa.Reader(str(made.output)) as reader:
        failed = json.loads(reader.json())["validation_results"]["activeManifest"]["failure"]
    assert "assertion.bmffHash.mismatch" in {found["code"] for found in failed}
    assert generated_by(made.output)  # what it states, it states still


def test_what_is_generated_is_no_recording_to_begin_with(made, order, tmp_path):
    with pytest.raises(OneVideoError, match="a trained model made this, or part of it"):
        check(order(made.output, output=tmp_path / "again.mp4"))


def test_a_run_refuses_it_before_any_work(made, registry, context):
    with Pipeline(bind(Profile.model_validate(STAGES), registry), registry, context) as pipeline:
        with pytest.raises(OneVideoError, match=r"its content credentials .C2PA. state compositeWith"):
            next(iter(pipeline.run(made.output)))
        with pytest.raises(OneVideoError):
            pipeline.process(made.output, made.output.parent / "out")
    assert not (made.output.parent / "out").exists()


@pytest.mark.parametrize("suffix", [".mkv", ".mp4", ".mov", ".avi", ".ts"])
def test_a_copy_into_another_container_still_says_it(made, tmp_path, suffix):
    """The credentials are lost there; a transport stream has no tags either."""
    copy = remuxed(made.output, tmp_path / f"copy{suffix}", "-c", "copy")
    assert list(credentials_of(copy)) == []
    where = "pictures, as they are encoded," if suffix == ".ts" else "tags"
    assert generated_by(copy) == f"its {where} state compositeWithTrainedAlgorithmicMedia"


def test_where_all_tags_are_taken_out_the_pictures_still_say_it(made, tmp_path):
    bare = remuxed(made.output, tmp_path / "bare.mkv", "-map_metadata", "-1", "-c", "copy")
    cut = remuxed(bare, tmp_path / "cut.mp4", "-t", "1", "-map_metadata", "-1", "-c", "copy")
    for path in (bare, cut):
        assert "pictures, as they are encoded, state" in generated_by(path)


def test_the_sound_by_itself_still_says_it(made, tmp_path):
    for name in ("sound.m4a", "sound.mka"):
        assert "its tags state" in generated_by(remuxed(made.output, tmp_path / name, "-vn", "-c", "copy"))


def test_encoded_anew_it_still_says_it_in_its_tags_and_no_more(made, tmp_path):
    """What docs/lipsync.md says of what does not survive is so."""
    anew = ("-c:v", "libx264", "-crf", "30", "-c:a", "aac")
    assert "its tags state" in generated_by(remuxed(made.output, tmp_path / "anew.mp4", *anew))
    stripped = remuxed(made.output, tmp_path / "stripped.mp4", *anew, "-map_metadata", "-1")
    assert generated_by(stripped) is None
    _, shown = pictures(stripped)
    corner = shown[:, 6:22, 8:72]
    assert (corner.max(axis=(1, 2, 3)) > 180).all()  # the words are still there
    assert (corner.min(axis=(1, 2, 3)) < 60).all()


def test_the_tags_are_in_the_file_and_in_each_stream(made):
    with av.open(str(made.output)) as container:
        assert container.metadata["comment"] == TAG
        assert [stream.metadata["handler_name"] for stream in container.streams] == [STREAM_TAG] * 2


@pytest.mark.parametrize(
    "term", ["trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia", "compositeSynthetic"]
)
def test_whoever_signed_it_what_a_model_made_is_refused(plain, credited, term):
    assert generated_by(credited(plain, IPTC + term)) == f"its content credentials (C2PA) state {term}"


@pytest.mark.parametrize("term", ["digitalCapture", "computationalCapture", "humanEdits", "algorithmicMedia"])
def test_a_cameras_credentials_are_none_of_that(plain, credited, term):
    target = credited(plain, IPTC + term)
    assert len(list(credentials_of(target))) == 1
    assert generated_by(target) is None
    refuse_generated(target)


@pytest.mark.parametrize(("suffix", "media"), [(".jpg", "image/jpeg"), (".png", "image/png")])
def test_credentials_of_pictures_are_read(tmp_path, credited, suffix, media):
    path = tmp_path / f"face{suffix}"
    cv2.imwrite(str(path), np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8))
    assert credited_to_model(path) is None
    assert "trainedAlgorithmicMedia" in credited_to_model(credited(path, IPTC + "trainedAlgorithmicMedia", media))
    assert credited_to_model(credited(path, IPTC + "digitalCapture", media)) is None


def test_a_photo_that_a_model_made_is_not_used(photos, credited, registry, context):
    (photos / "Red").mkdir()
    shutil.move(photos / "Red.png", photos / "Red" / "1.png")
    credited(photos / "Red" / "1.png", IPTC + "trainedAlgorithmicMedia", "image/png").rename(photos / "Red" / "2.png")
    with Pipeline(bind(Profile.model_validate(STAGES), registry), registry, context) as pipeline:
        found = {photo.path.name: photo.problem for photo in pipeline.examine(photos)}
    assert found["1.png"] == ""
    assert found["2.png"] == "a trained model made it: its content credentials (C2PA) state trainedAlgorithmicMedia"


@given(data=st.data())
@settings(max_examples=150)
def test_bytes_that_are_anything_are_no_error(signed_bytes, data, tmp_path_factory):
    """Broken off, changed and doubled: it says something or nothing, and comes back."""
    content = bytearray(signed_bytes)
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(0, min(len(content) - 1, 6000)))
        match data.draw(st.sampled_from(["change", "zero", "ones", "cut", "double"])):
            case "change":
                content[place] = data.draw(st.integers(0, 255))
            case "zero":
                content[place : place + 4] = bytes(4)
            case "ones":
                content[place : place + 8] = b"\xff" * 8
            case "cut":
                del content[place : place + data.draw(st.integers(1, 400))]
            case "double":
                content[place:place] = content[max(place - 200, 0) : place]
        if len(content) < 2:
            break
    path = tmp_path_factory.getbasetemp() / "fuzzed.mp4"
    path.write_bytes(content)
    for store in credentials_of(path):
        stated_source(store)


@pytest.fixture(scope="module")
def signed_bytes(tmp_path_factory, signing):
    folder = tmp_path_factory.mktemp("signed")
    path = folder / "plain.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), "rgb24")))
        container.mux(stream.encode(None))
    video = Ingredient("video", Path("a.mp4"), "sha256:" + "a" * 64, "parentOf")
    sound = Ingredient("sound", Path("b.wav"), "sha256:" + "b" * 64, "componentOf")
    sign(path, folder / "signed.mp4", manifest("signed.mp4", video, sound, {}), signing)
    return (folder / "signed.mp4").read_bytes()


@given(content=st.binary(max_size=300))
@settings(max_examples=300)
def test_values_that_are_anything_come_to_an_end(content):
    with contextlib.suppress(CborError):
        decoded(content)
    stated_source(content)


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b"\xa1\x61a\x01", {"a": 1}),
        (b"\x83\x01\x20\x43abc", [1, -1, b"abc"]),
        (b"\xbf\x61a\x9f\x01\x02\xff\xff", {"a": [1, 2]}),
        (b"\x7f\x62ab\x61c\xff", "abc"),
        (b"\xc1\x19\x01\x00", 256),
        (b"\xf9\x3c\x00", None),
        (b"\xf5", None),
        (b"\x1b\x00\x00\x00\x00\x00\x00\x00\x07", 7),
    ],
)
def test_values_are_read(content, value):
    assert decoded(content) == value


@pytest.mark.parametrize(
    "content",
    [b"", b"\x61", b"\x9f\x01", b"\xbb" + b"\xff" * 8, b"\x5b" + b"\xff" * 8, b"\x1c", b"\x81" * 100, b"\xff"],
)
def test_what_breaks_off_or_has_no_end_is_refused(content):
    with pytest.raises(CborError):
        decoded(content)


def test_many_values_are_not_gone_through():
    with pytest.raises(CborError, match="too many"):
        decoded(b"\x9a\x00\xff\xff\xff" + b"\x01" * 200_000)


def test_boxes_in_boxes_without_end_come_to_an_end(tmp_path):
    nested = b""
    for _ in range(3000):
        nested = (len(nested) + 8).to_bytes(4, "big") + b"jumb" + nested
    assert stated_source(nested) is None
    path = tmp_path / "endless.mp4"
    path.write_bytes(b"\0\0\0\x08free" * 200_000)
    assert list(credentials_of(path)) == []
    path.write_bytes(b"\0\0\0\x08ftyp\0\0\0\x01free" + bytes(8))
    assert list(credentials_of(path)) == []


def test_the_key_is_this_users_alone_and_made_once(tmp_path):
    folder = tmp_path / "deep" / "signing"
    first, second = own_signing(folder), own_signing(folder)
    assert first == second
    assert stat.S_IMODE((folder / "key.pem").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [path.name for path in folder.parent.iterdir()] == ["signing"]


def test_a_key_that_others_may_read_or_that_is_broken_is_refused(tmp_path):
    folder = tmp_path / "signing"
    own_signing(folder)
    (folder / "key.pem").chmod(0o644)
    with pytest.raises(OutputError, match="others may read this key"):
        own_signing(folder)
    (folder / "key.pem").write_text("no key")
    (folder / "key.pem").chmod(0o600)
    with pytest.raises(OutputError, match="cannot be used") as refused:
        own_signing(folder)
    assert str(folder) in refused.value.hint


SIGNS = """
import sys
from pathlib import Path
from slceleb_core.generating.certificate import own_signing
from slceleb_core.generating.signing import Ingredient, manifest, sign
folder = Path(sys.argv[1])
video = Ingredient("video", Path("a.mp4"), "sha256:" + "a" * 64, "parentOf")
sound = Ingredient("sound", Path("b.wav"), "sha256:" + "b" * 64, "componentOf")
sign(folder / "plain.mp4", folder / "out.mp4", manifest("out.mp4", video, sound, {}), own_signing(folder / "signing"))
"""


def test_signing_opens_no_connection(plain, tmp_path):
    if shutil.which("strace") is None:
        pytest.skip("no strace: the system calls cannot be read")
    log = tmp_path / "calls"
    traced = ["strace", "-f", "-qq", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-o", str(log)]
    done = subprocess.run(
        [*traced, sys.executable, "-c", SIGNS, tmp_path], capture_output=True, text=True, env=os.environ
    )
    if "ptrace" in done.stderr.lower():
        pytest.skip(f"strace may not trace here: {done.stderr.splitlines()[0]}")
    assert done.returncode == 0, done.stderr
    assert generated_by(tmp_path / "out.mp4")
    assert [line for line in log.read_text().splitlines() if OUTBOUND.search(line)] == []


def test_what_is_made_is_recognised_where_nothing_that_signs_is_installed(signed, monkeypatch):
    monkeypatch.setitem(sys.modules, "c2pa", None)
    monkeypatch.setitem(sys.modules, "cryptography", None)
    assert generated_by(signed)
