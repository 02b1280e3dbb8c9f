"""A worker carries out orders, and makes a report of whatever happens."""

import errno
import hashlib
import itertools
import json
import pickle
import shutil
import time
from dataclasses import replace
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from slceleb_core import sinks
from slceleb_core.batch import worker as module
from slceleb_core.batch.faults import fault_from
from slceleb_core.batch.worker import Worker
from slceleb_core.disk import fingerprint
from slceleb_core.disk.removals import KeptOut, Removal, write_removal
from slceleb_core.errors import GalleryError, ModelError, OutputError, SlcelebError, VideoError
from slceleb_core.jobs import report_to_json
from slceleb_core.pipeline import Pipeline
from slceleb_core.registry import Registry
from slceleb_core.testing import BLUE, RED, FakePlugin, draw_person
from slceleb_core.testing.plays import PlayDetector, Theatre


class Counting(PlayDetector):
    """Counts how often it is opened, and the frames it is shown; `meanwhile` happens before each batch of them."""

    opened = 0
    frames = 0
    meanwhile = None

    def open(self):
        type(self).opened += 1

    def detect(self, frames):
        type(self).frames += len(frames)
        if type(self).meanwhile is not None:
            type(self).meanwhile()
        return super().detect(frames)


@pytest.fixture
def theatre(tmp_path):
    return Theatre(tmp_path / "theatre")


@pytest.fixture
def detector():
    return type("Fresh", (Counting,), {})


@pytest.fixture
def work(theatre, detector):
    """Give a function that returns a worker; `changes` are fields of the job."""
    made = []

    def make(**changes):
        made.append(Worker(theatre.job(**changes), Registry.of(FakePlugin(detector=detector), sinks)))
        return made[-1]

    yield make
    for worker in made:
        worker.close()


@pytest.fixture
def photos(tmp_path):
    """A folder with a photo of Ada, who is red as the one in the theatre's videos, and one of Bo, who is blue."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for name, colour in (("Ada", RED), ("Bo", BLUE)):
        image = np.full((200, 200, 3), 120, dtype=np.uint8)
        draw_person(image, (40.0, 40.0, 160.0, 160.0), colour)
        cv2.imwrite(str(folder / f"{name}.png"), image[:, :, ::-1])
    return folder


def unseen(_sign):
    pass


def test_a_report_tells_what_was_found_and_where_it_is(work, theatre):
    order = theatre.order(name="talk")
    report = work().process(order, unseen)
    assert report.fault is None
    assert report.name == "talk"
    assert report.folder == theatre.output / "talk"
    assert report.fingerprint == "sha256:" + hashlib.sha256(order.item.video.read_bytes()).hexdigest()
    assert report.duration == pytest.approx(2.0, abs=0.1)
    assert report.statistics["frames"] == 50
    assert report.provenance["stages"]["detector"]["name"] == "plays"
    (segment,) = report.segments
    assert segment["duration"] == pytest.approx(segment["end"] - segment["start"])
    assert json.loads((report.folder / "result.json").read_text())["segments"][0]["id"] == segment["id"]
    json.dumps([report.segments, report.statistics, report.provenance])


def test_signs_of_life_are_few_and_lead_to_the_end(work, theatre):
    signs = []
    begin = time.monotonic()
    work().process(theatre.order(), signs.append)
    seconds = time.monotonic() - begin
    assert [sign.stage for sign in signs[:2]] == ["reading", "opening"]
    assert signs[2].frames >= 1
    assert signs[2].duration == pytest.approx(2.0, abs=0.1)
    assert all(before.frames <= after.frames for before, after in itertools.pairwise(signs))
    assert len(signs) <= 3 + seconds / module.SIGN_OF_LIFE


def test_signs_of_life_go_on_while_frames_are_judged(work, theatre, monkeypatch):
    monkeypatch.setattr(module, "SIGN_OF_LIFE", 0.0)
    signs = []
    work().process(theatre.order(), signs.append)
    frames = max(sign.frames for sign in signs)
    judging = [sign for sign in signs if sign.stage.startswith("judged ")]
    assert [sign.stage for sign in judging] == [f"judged {n} of {frames}" for n in range(1, frames + 1)]
    assert {sign.frames for sign in judging} == {frames}


def test_the_pipeline_stays_open(work, theatre, detector):
    worker = work()
    assert not detector.opened
    for name in ("one", "two"):
        assert worker.process(theatre.order(name=name), unseen).fault is None
    assert detector.opened == 1


def test_after_a_fault_of_the_program_the_pipeline_is_opened_anew(work, theatre, detector):
    worker = work()
    fault = worker.process(theatre.order("raises", "bad"), unseen).fault
    assert (fault.kind, fault.message) == ("unexpected", "unexpected error: RuntimeError: the detector fell over")
    assert "_raises" in fault.trace
    assert not fault.transient
    assert not fault.fatal
    assert worker.process(theatre.order(name="good"), unseen).fault is None
    assert detector.opened == 2
    assert not (theatre.output / "bad").exists()


def test_what_a_plugin_reports_that_is_no_json_reaches_the_journal_as_text(work, theatre, detector, tmp_path):
    detector.report = lambda self: {"level": np.float32(0.5), "model": tmp_path}
    profile = {**theatre.job().profile, "sinks": [{"use": "table"}]}  # the sink json refuses it
    report = work(profile=profile).process(theatre.order(), unseen)
    assert report.fault is None
    assert report.provenance["stages"]["detector"]["model"] == str(tmp_path)
    json.dumps(report.provenance)


def test_results_that_stand_are_not_made_again(work, theatre, detector):
    order = theatre.order()
    first = work().process(order, unseen)
    before = detector.frames
    second = work().process(order, unseen)
    assert detector.frames == before
    assert json.dumps(report_to_json(second)) == json.dumps(report_to_json(first))


def test_a_part_is_looked_at_and_progress_counts_within_it(work, theatre):
    signs = []
    report = work().process(theatre.order(start=0.5, end=1.5, facts={"licence": "CC0"}), signs.append)
    assert report.statistics["frames"] == 25
    assert report.provenance["source"] == {"licence": "CC0"}
    frames = [sign for sign in signs if sign.frames]
    assert frames
    assert all(sign.duration == pytest.approx(1.0, abs=0.01) and 0.0 <= sign.position < 1.0 for sign in frames)


def test_a_part_that_cannot_be_is_that_videos_fault(work, theatre):
    fault = work().process(theatre.order(start=1.0, end=0.5), unseen).fault
    assert (fault.kind, fault.fatal) == ("usage", False)


def test_no_more_frames_than_asked_for(work, theatre):
    assert work(max_frames=7).process(theatre.order(), unseen).statistics["frames"] == 7


def test_intermediate_results_are_kept_where_the_job_says(work, theatre, detector, tmp_path):
    order = theatre.order()
    first = work(artefacts=tmp_path / "artefacts").process(order, unseen)
    before = detector.frames
    second = work(artefacts=tmp_path / "artefacts").process(replace(order, key="another"), unseen)
    assert detector.frames == before, "the detector was asked again"
    assert second.segments == first.segments


def test_a_file_that_changes_while_models_are_loaded_is_not_taken_for_the_one_that_was_there(work, theatre, detector):
    order = theatre.order()

    def write_on(sign):
        if sign.stage == "opening":
            with order.item.video.open("ab") as file:
                file.write(b"\0")

    fault = work().process(order, write_on).fault
    assert (fault.kind, fault.message) == ("video", f"{order.item.video}: has changed while it was looked at")
    assert detector.frames == 0


@pytest.mark.parametrize("change", ["key", "file"])
def test_results_of_another_key_or_file_are_made_anew(work, theatre, detector, change):
    order = theatre.order()
    work().process(order, unseen)
    before = detector.frames
    if change == "file":
        with order.item.video.open("ab") as file:
            file.write(b"\0")
    second = work().process(replace(order, key="another") if change == "key" else order, unseen)
    assert second.fault is None
    assert detector.frames > before


def test_each_video_has_its_own_persons_of_one_gallery(work, theatre, photos, monkeypatch):
    examined = []
    examine = Pipeline.examine
    monkeypatch.setattr(Pipeline, "examine", lambda self, *args: examined.append(args[0]) or examine(self, *args))
    worker = work(poi_dir=photos, poi=("Bo",))
    found = {}
    for name, poi in {"hers": ("Ada",), "default": (), "his": ("Bo",)}.items():
        report = worker.process(theatre.order(name=name, poi=poi), unseen)
        found[name] = [segment["person"] for segment in report.segments]
    assert found == {"hers": ["Ada"], "default": [], "his": []}
    assert examined == [photos]


def test_every_photo_is_a_sign_of_life(work, theatre, photos, monkeypatch):
    monkeypatch.setattr(module, "SIGN_OF_LIFE", 0.0)
    signs = []
    work(poi_dir=photos).process(theatre.order(), signs.append)
    assert [sign.stage for sign in signs[:4]] == ["reading", "opening", "photo 1 of 2", "photo 2 of 2"]


def test_one_face_under_two_names_is_told_and_refused_where_it_leaves_nobody(work, theatre, photos, caplog):
    shutil.copy(photos / "Ada.png", photos / "Ada Lovelace.png")
    said = "one face under two names: Ada and Ada Lovelace cannot be told apart, so neither is found"
    worker = work(poi_dir=photos)
    report = worker.process(theatre.order(name="all"), unseen)
    assert report.fault is None
    assert said in report.warnings
    assert any(said in warning for warning in report.provenance["gallery"]["warnings"])
    worker.process(theatre.order(name="again"), unseen)
    assert sum(said in record.getMessage() for record in caplog.records) == 1
    fault = worker.process(theatre.order(name="hers", poi=("Ada",)), unseen).fault
    assert (fault.kind, fault.fatal) == ("usage", False)
    assert "nobody who is looked for could be found: Ada has the same face as Ada Lovelace" in fault.message
    assert worker.process(theatre.order(name="his", poi=("Bo",)), unseen).fault is None
    fault = work(poi_dir=photos, poi=("Ada",)).process(theatre.order(name="hers"), unseen).fault
    assert (fault.kind, fault.fatal) == ("usage", True)


def test_an_unknown_name_of_one_video_is_its_own_fault(work, theatre, photos):
    worker = work(poi_dir=photos)
    fault = worker.process(theatre.order(poi=("Adda",)), unseen).fault
    assert (fault.kind, fault.fatal) == ("usage", False)
    assert "Adda" in fault.message
    assert "Ada" in fault.hint
    assert worker.process(theatre.order(name="next"), unseen).fault is None


def test_a_name_without_any_photos_is_that_videos_fault(work, theatre):
    fault = work().process(theatre.order(poi=("Ada",)), unseen).fault
    assert (fault.kind, fault.fatal) == ("usage", False)
    assert "--poi-dir" in fault.hint


def test_an_unknown_name_of_the_batch_stops_it(work, theatre, photos):
    fault = work(poi_dir=photos, poi=("Adda",)).process(theatre.order(), unseen).fault
    assert (fault.kind, fault.fatal) == ("usage", True)


def test_a_plugin_that_is_missing_stops_the_batch(work, theatre):
    job = theatre.job()
    fault = work(profile={**job.profile, "detect": {"use": "nobody"}}).process(theatre.order(), unseen).fault
    assert (fault.kind, fault.fatal) == ("usage", True)
    assert "nobody" in fault.message


def test_a_profile_of_the_job_is_left_as_it_is(work, theatre):
    worker = work()
    before = json.dumps(worker.job.profile)
    worker.process(theatre.order(), unseen)
    assert json.dumps(worker.job.profile) == before


def test_a_video_that_is_not_there_is_at_fault(work, theatre):
    order = theatre.order()
    order.item.video.unlink()
    report = work().process(order, unseen)
    assert (report.fault.kind, report.fault.transient, report.fault.fatal) == ("video", False, False)
    assert report.fingerprint == ""


def test_a_file_that_is_no_video_is_at_fault_and_known(work, theatre):
    order = theatre.order()
    order.item.video.write_bytes(b"not a video")
    report = work().process(order, unseen)
    assert (report.fault.kind, report.fault.transient) == ("video", False)
    assert report.fingerprint.startswith("sha256:")


def test_a_disk_that_fails_to_read_may_recover(work, theatre, monkeypatch):
    def fail(_path):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(fingerprint, "sha256_of", fail)
    fault = work().process(theatre.order(), unseen).fault
    assert (fault.kind, fault.transient, fault.fatal) == ("video", True, False)


def test_an_interrupt_goes_through(work, theatre):
    def interrupt(_sign):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work().process(theatre.order(), interrupt)


def caused_by(error, cause):
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "kind", "transient", "fatal"),
    [
        (VideoError("broken"), "video", False, False),
        (caused_by(VideoError("gone"), OSError(errno.ESTALE, "Stale file handle")), "video", True, False),
        (caused_by(VideoError("broken"), av.error.OSError(errno.EIO, "Input/output error")), "video", False, False),
        (caused_by(VideoError("slow"), av.error.TimeoutError(errno.ETIMEDOUT, "timed out")), "video", True, False),
        (caused_by(OutputError("full"), OSError(errno.ENOSPC, "No space left")), "output", False, True),
        (caused_by(OutputError("network"), OSError(errno.EIO, "Input/output error")), "output", True, False),
        (ModelError("missing"), "usage", False, True),
        (GalleryError("nobody"), "usage", False, True),
        (MemoryError(), "unexpected", True, False),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "unexpected", True, False),
        (ValueError("a fault of the program"), "unexpected", False, False),
        (SlcelebError("of no kind"), "unexpected", False, False),
    ],
)
def test_faults(error, kind, transient, fatal):
    fault = fault_from(error)
    assert (fault.kind, fault.transient, fault.fatal) == (kind, transient, fatal)


def test_a_fault_keeps_message_and_hint_apart():
    fault = fault_from(VideoError("no picture", "get it again"))
    assert (fault.message, fault.hint, fault.trace) == ("no picture", "get it again", "")


def test_a_folder_that_cannot_be_written_stops_the_batch(theatre, work):
    Path(theatre.output).rmdir()
    Path(theatre.output).write_text("a file where a folder should be")
    fault = work().process(theatre.order(), unseen).fault
    assert (fault.kind, fault.fatal) == ("output", True)


def test_a_file_that_was_removed_is_refused_before_any_model_is_opened(work, theatre, detector):
    order = theatre.order(name="talk")
    record = Removal("video", "me").about([fingerprint.fingerprint(order.item.video)], None)
    write_removal(theatre.output, record)
    report = work().process(order, unseen)
    assert (report.fault.kind, report.fault.fatal) == ("usage", False)
    assert report.fault.message.startswith(f"{order.item.video}: this file was removed from the corpus")
    assert not detector.opened


def test_photos_of_somebody_who_was_removed_stop_the_batch_before_they_are_looked_at(work, theatre, photos, tmp_path):
    write_removal(theatre.output, Removal("person", "me").about(["Ada"], None))
    fault = work(poi_dir=photos, artefacts=tmp_path / "kept").process(theatre.order(), unseen).fault
    assert (fault.kind, fault.fatal) == ("usage", True)
    assert fault.message.startswith("Ada was removed from the corpus")
    assert str(photos) in fault.message
    assert not list((tmp_path / "kept").rglob("*.zip"))
    assert not (theatre.output / "video").exists()


def removed(theatre, kind, secret):
    write_removal(theatre.output, Removal(kind, "me").about([secret], None))


def test_a_file_that_is_removed_while_it_is_looked_at_does_not_come_in(work, theatre, detector):
    order = theatre.order(name="talk")
    content = fingerprint.fingerprint(order.item.video)
    detector.meanwhile = lambda: removed(theatre, "video", content)
    report = work().process(order, unseen)
    assert (report.fault.kind, report.fault.fatal) == ("usage", False)
    assert report.fault.message.startswith(f"{order.item.video}: this file was removed from the corpus")
    assert not (theatre.output / "talk").exists()


def test_somebody_who_is_removed_while_a_video_is_looked_at_does_not_come_in(work, theatre, detector, photos):
    """Also one who is only compared with: tracks say whom somebody was not."""
    order = theatre.order(name="talk")
    worker = work(poi_dir=photos)
    assert worker.process(order, unseen).fault is None
    detector.meanwhile = lambda: removed(theatre, "person", "Bo")
    report = worker.process(replace(order, name="again"), unseen)
    assert (report.fault.kind, report.fault.fatal) == ("usage", True)
    assert report.fault.message.startswith("Bo was removed from the corpus")
    assert not (theatre.output / "again").exists()


def test_a_removed_file_is_refused_where_the_corpus_is_not_seen(work, theatre, detector, tmp_path):
    """A worker on another machine writes into a folder of its own: what must not come back comes with the job."""
    order = theatre.order(name="talk")
    removed(theatre, "video", fingerprint.fingerprint(order.item.video))
    report = work(output_dir=tmp_path / "slot", kept_out=KeptOut.of(theatre.output)).process(order, unseen)
    refused = f"{order.item.video}: this file was removed from the corpus {theatre.output}"
    assert report.fault.message.startswith(refused)
    assert not detector.opened


def test_removed_people_are_refused_where_the_corpus_is_not_seen(work, theatre, photos, tmp_path):
    removed(theatre, "person", "Bo")
    job = {"output_dir": tmp_path / "slot", "kept_out": KeptOut.of(theatre.output)}
    fault = work(**job, poi_dir=photos, artefacts=tmp_path / "kept").process(theatre.order(), unseen).fault
    assert (fault.kind, fault.fatal) == ("usage", True)
    assert fault.message.startswith("Bo was removed from the corpus")
    assert not list((tmp_path / "kept").rglob("*.zip"))


def test_what_a_job_keeps_out_names_nobody(theatre):
    removed(theatre, "person", "Ada")
    write_removal(theatre.output, Removal("person", "me", reason="Bo asked for it").about(["Bo"], None))
    sent = pickle.dumps(KeptOut.of(theatre.output))
    assert b"Ada" not in sent
    assert b"Bo" not in sent
