import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from slceleb_core.batch.checkpoint import CHECKPOINT, CheckpointFile, read_checkpoint, write_failures
from slceleb_core.batch.journal import JOURNAL, Journal, RunFacts
from slceleb_core.batch.journal_rows import VideoRecord
from slceleb_core.batch.planning import History, plan
from slceleb_core.batch.resuming import remembered, resumption
from slceleb_core.disk.atomic import write_durably
from slceleb_core.disk.fingerprint import Stamp
from slceleb_core.errors import OutputError, UsageError
from slceleb_core.jobs import Fault, Item, Order, Report, report_to_json

KEY = "key"


@pytest.fixture
def videos(tmp_path):
    """Three files: one that is done and whose results stand, one that has failed, one that is new."""
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    orders = []
    for name in ("done", "failed", "new"):
        video = tmp_path / "in" / f"{name}.mp4"
        video.write_text(name)
        item = Item(video, f"id of {name}", ("Ada",), 1.0, 2.5, {"url": "http://x"})
        orders.append(Order(name, item, KEY))
    stand(tmp_path / "out", orders[0])
    return orders


def report_on(folder, order):
    return Report(order.name, None, folder / order.name, "sha256:1", segments=({"start": 1.0}, {"start": 2.0}))


def stand(output_dir, order, **changes):
    folder = output_dir / order.name
    folder.mkdir()
    stated = {"key": order.key, "fingerprint": "sha256:1", "report": report_to_json(report_on(output_dir, order))}
    (folder / "source.json").write_text(json.dumps({"video": str(order.item.video), **stated, **changes}))


def rows_of(orders):
    stamps = [Stamp.of(order.item.video) for order in orders]
    done, failed = (VideoRecord(o.name, o.item, KEY, "pending", s) for o, s in zip(orders[:2], stamps, strict=False))
    done = replace(done, status="done", fingerprint="sha256:1")
    failed = replace(failed, status="failed", fault=Fault("video", "no picture", "hint"), attempts=1)
    return {"done": done, "failed": failed}


def written(orders, output_dir, state="running"):
    memory = History(rows_of(orders))
    head = {"output_dir": str(output_dir), "options": {"jobs": 2}, "profile": {"detect": {}}}
    CheckpointFile(output_dir / CHECKPOINT, head).write(plan(orders, memory, output_dir), state)
    return output_dir / CHECKPOINT


def test_it_can_be_counted(videos, tmp_path):
    tree = json.loads(written(videos, tmp_path / "out").read_text())
    assert [video["name"] for video in tree["completed_videos"]] == ["done"]
    assert tree["completed_videos"][0]["segments"] == 2
    assert tree["completed_videos"][0]["id"] == "id of done"
    assert tree["failed_videos"][0]["reason"] == "no picture"
    assert tree["failed_videos"][0]["attempts"] == 1
    assert [video["name"] for video in tree["pending_videos"]] == ["new"]
    assert tree["counts"] == {"all": 3, "done": 1, "failed": 1, "pending": 1}


def test_it_is_enough_to_go_on_from(videos, tmp_path):
    path = written(videos, tmp_path / "out")
    resumed = resumption(path)
    assert resumed.output_dir == tmp_path / "out"
    assert resumed.items == tuple((order.name, order.item) for order in videos)
    assert (resumed.options, resumed.profile) == ({"jobs": 2}, {"detect": {}})
    planned = plan(videos, resumed.history, resumed.output_dir)
    assert [video.outcome.status for video in planned] == ["done", "failed", "pending"]
    assert [video.adopted for video in planned] == [True, False, False]
    assert planned[0].outcome.report == report_on(tmp_path / "out", videos[0])
    assert planned[1].outcome.fault == Fault("video", "no picture", "hint")


def test_an_output_folder_stands_for_its_checkpoint(videos, tmp_path):
    moved = tmp_path / "moved"
    written(videos, tmp_path / "out")
    (tmp_path / "out").rename(moved)
    resumed = resumption(moved)
    assert resumed.output_dir == moved
    assert plan(videos, resumed.history, moved)[0].outcome.status == "done"
    assert remembered(moved) == resumed.history


def test_the_journal_wins(videos, tmp_path):
    path = written(videos, tmp_path / "out")
    with Journal(tmp_path / "out" / JOURNAL) as journal:
        row = VideoRecord(
            "new", videos[2].item, KEY, "failed", Stamp.of(videos[2].item.video), fault=Fault("video", "broken")
        )
        journal.begin_run(RunFacts(tmp_path / "out", (), {"jobs": 7}, {}, {}), [row], [])
    for source in (path, tmp_path / "out"):
        resumed = resumption(source)
        assert [name for name, _ in resumed.items] == ["new"]
        assert resumed.options == {"jobs": 7}
        assert plan(videos[2:], resumed.history, tmp_path / "out")[0].outcome.status == "failed"


def test_only_the_videos_of_the_last_run_are_gone_on_with_in_their_order(videos, tmp_path):
    with Journal(tmp_path / JOURNAL) as journal:
        run = RunFacts(tmp_path, (), {}, {}, {})
        journal.begin_run(run, [VideoRecord(o.name, o.item, KEY, "pending", place=n) for n, o in enumerate(videos)], [])
        journal.begin_run(
            run, [VideoRecord(o.name, o.item, KEY, "pending", place=2 - n) for n, o in enumerate(videos) if n], []
        )
    assert [name for name, _ in resumption(tmp_path).items] == ["new", "failed"]


def test_there_must_be_something_to_resume(tmp_path):
    with pytest.raises(UsageError, match="nothing to resume") as refused:
        resumption(tmp_path)
    assert "--resume" in refused.value.hint


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "is no checkpoint"),
        ("[]", "is no checkpoint"),
        ("{", "is no checkpoint"),
        ('{"format": 2, "state": "running", "started": "", "updated": "", "output_dir": "."}', "format"),
        ('{"format": 1, "state": "running", "started": "", "updated": ""}', "output_dir: is missing"),
        (
            '{"format": 1, "state": "running", "started": "", "updated": "", "output_dir": ".", '
            '"failed_videos": [{"video": "v", "name": "n"}]}',
            "failed_videos.0.kind: is missing (and 1 more)",
        ),
    ],
)
def test_what_is_no_checkpoint_is_refused_in_one_line(tmp_path, content, says):
    path = tmp_path / CHECKPOINT
    path.write_text(content)
    with pytest.raises(UsageError) as refused:
        resumption(path)
    assert says in refused.value.message
    assert str(path) in refused.value.message
    assert "\n" not in str(refused.value)


def test_a_checkpoint_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(UsageError, match="cannot read the checkpoint"):
        read_checkpoint(tmp_path / CHECKPOINT)


def test_without_resume_a_broken_checkpoint_stops_nothing(tmp_path, caplog):
    (tmp_path / CHECKPOINT).write_text("{")
    assert remembered(tmp_path) == History()
    assert "is no checkpoint" in caplog.text


def test_names_that_are_not_text_go_through(tmp_path):
    video = tmp_path / os.fsdecode(b"\xff.mp4")
    order = Order("ff", Item(video), KEY)
    row = VideoRecord("ff", order.item, KEY, "failed", Stamp.of(video), fault=Fault("video", f"cannot read {video}"))
    planned = plan([order], History({"ff": row}), tmp_path)
    CheckpointFile(tmp_path / CHECKPOINT, {"output_dir": str(tmp_path)}).write(planned, "finished")
    write_failures(tmp_path / "failures.csv", planned)
    assert resumption(tmp_path).items == (("ff", order.item),)
    assert "\\xff.mp4" in (tmp_path / "failures.csv").read_text()


def test_a_file_is_replaced_as_a_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "file"
    write_durably(path, b"old")

    def fail(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OutputError, match="No space left"):
        write_durably(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def decided(order, row, output_dir, **options):
    planned = plan([order], History({} if row is None else {row.name: row}), output_dir, **options)[0]
    return planned.outcome.status, planned.outcome.reason


def test_what_is_done_stays_done_and_says_so(videos, tmp_path):
    assert decided(videos[0], rows_of(videos)["done"], tmp_path / "out") == ("done", "done earlier")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"key": "other"}, "profile, photos or range changed"),
        ({"stamp": Stamp(1, 2)}, "file changed"),
        ({"item": Item(Path("/elsewhere/done.mp4"))}, "file changed"),
        ({"fingerprint": "sha256:2"}, "its results are gone"),
    ],
)
def test_what_is_done_is_done_again_where_something_has_changed(videos, tmp_path, changes, why):
    order = replace(videos[0], key="new key") if "key" in changes else videos[0]
    row = replace(rows_of(videos)["done"], **changes)
    assert decided(order, row, tmp_path / "out") == ("pending", why)


def test_results_that_were_deleted_are_made_again(videos, tmp_path):
    (tmp_path / "out" / "done" / "source.json").unlink()
    assert decided(videos[0], rows_of(videos)["done"], tmp_path / "out") == ("pending", "its results are gone")


def test_a_file_that_was_deleted_takes_no_results_with_it(videos, tmp_path):
    row = rows_of(videos)["done"]
    videos[0].item.video.unlink()
    assert decided(videos[0], row, tmp_path / "out") == ("done", "done earlier")


@pytest.mark.parametrize("status", ["running", "pending"])
def test_a_crash_between_the_results_and_the_journal_costs_nothing_where_the_file_is_known(videos, tmp_path, status):
    row = replace(rows_of(videos)["done"], status=status)
    planned = plan(videos[:1], History({"done": row}), tmp_path / "out")[0]
    assert (planned.outcome.status, planned.adopted) == ("done", True)
    assert planned.row.fingerprint == "sha256:1"


def test_results_of_a_file_that_was_never_read_to_its_end_are_left_to_a_worker(videos, tmp_path):
    row = replace(rows_of(videos)["done"], status="running", fingerprint="")
    assert decided(videos[0], row, tmp_path / "out") == ("pending", "in flight when the last run stopped")
    assert decided(videos[0], None, tmp_path / "out") == ("pending", "results stand: the file is to be compared")


def test_going_back_to_an_earlier_profile_takes_the_results_that_still_stand(videos, tmp_path):
    row = replace(rows_of(videos)["done"], status="pending", key="profile of an interrupted run")
    assert decided(videos[0], row, tmp_path / "out") == ("done", "done earlier")


def test_what_failed_since_with_another_profile_is_no_failure_where_the_earlier_results_stand(videos, tmp_path):
    row = replace(rows_of(videos)["done"], status="failed", key="other", fault=Fault("video", "too dark"))
    planned = plan(videos[:1], History({"done": row}), tmp_path / "out")[0]
    assert (planned.outcome.status, planned.row.status) == ("done", "done")
    assert (planned.outcome.fault, planned.row.fault) == (None, None)


def test_what_is_known_of_a_file_is_forgotten_when_it_changes(videos, tmp_path):
    row = replace(rows_of(videos)["done"], key="other")
    order = replace(videos[0], key="new")
    assert plan([order], History({"done": row}), tmp_path / "out")[0].row.fingerprint == "sha256:1"
    order.item.video.write_text("another")
    assert plan([order], History({"done": row}), tmp_path / "out")[0].row.fingerprint == ""


def test_new_videos_are_new(videos, tmp_path):
    assert decided(videos[2], None, tmp_path / "out") == ("pending", "new")


def test_what_failed_is_tried_again_when_asked(videos, tmp_path):
    row = rows_of(videos)["failed"]
    assert decided(videos[1], row, tmp_path / "out") == ("failed", "failed earlier")
    again = ("pending", "failed earlier, tried again")
    assert decided(videos[1], row, tmp_path / "out", retry_failed=True) == again


@pytest.mark.parametrize(
    "fault",
    [Fault("lost", ""), Fault("timeout", ""), Fault("output", ""), Fault("video", "", transient=True)],
    ids=["lost", "timeout", "output", "transient"],
)
def test_what_failed_for_passing_reasons_is_tried_again_unasked(videos, tmp_path, fault):
    row = replace(rows_of(videos)["failed"], fault=fault)
    assert decided(videos[1], row, tmp_path / "out") == ("pending", "failed earlier, tried again")


def test_what_failed_is_tried_again_with_another_file_or_profile(videos, tmp_path):
    row = rows_of(videos)["failed"]
    crashed = replace(row, fault=Fault("unexpected", "boom"))
    assert decided(replace(videos[1], key="other"), crashed, tmp_path / "out")[0] == "pending"
    videos[1].item.video.write_text("mended at last")
    assert decided(videos[1], row, tmp_path / "out") == ("pending", "file changed")


def test_a_file_at_fault_stays_failed_whatever_the_profile_but_not_another_part_of_it(videos, tmp_path):
    row = rows_of(videos)["failed"]
    other = replace(videos[1], key="other")
    assert decided(other, row, tmp_path / "out")[0] == "failed"
    part = replace(other, item=replace(other.item, start=0.5))
    assert decided(part, row, tmp_path / "out")[0] == "pending"


def test_a_missing_file_stays_failed_until_it_is_there(videos, tmp_path):
    row = replace(rows_of(videos)["failed"], stamp=None)
    content = videos[1].item.video.read_bytes()
    videos[1].item.video.unlink()
    assert decided(videos[1], row, tmp_path / "out")[0] == "failed"
    videos[1].item.video.write_bytes(content)
    assert decided(videos[1], row, tmp_path / "out")[0] == "pending"
