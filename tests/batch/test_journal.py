import errno
import fcntl
import inspect
import json
import os
import sqlite3
import time
from dataclasses import replace
from pathlib import Path

import pytest

import slceleb_core
from slceleb_core.batch.journal import VERSION, Journal, LastRun, RunFacts
from slceleb_core.batch.journal_rows import VideoRecord
from slceleb_core.batch.planning import History, plan, skipped
from slceleb_core.disk.fingerprint import Stamp
from slceleb_core.errors import OutputError, UsageError
from slceleb_core.jobs import Fault, Item, Order, Report

PROVENANCE = {"profile": {"detect": {"use": "fake"}}, "versions": {"python": "3"}}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.sqlite"


def facts(folder):
    return RunFacts(folder, ("slceleb", "run"), {"jobs": 2}, {"python": "3"}, {"detect": {}})


def row(name, **changes):
    return replace(VideoRecord(name, Item(Path(f"/videos/{name}.mp4")), "key", "pending"), **changes)


def report(name, **changes):
    made = Report(name, None, Path("/out") / name, "sha256:1", ("dark",), {"frames": 3}, PROVENANCE, ({"start": 1.0},))
    return replace(made, **changes)


def test_what_is_written_is_read_again(path):
    item = Item(Path("/v/a.mp4"), "an id", ("Ada", "Bo"), 1.5, None, {"url": "http://x"})
    fault = Fault("unexpected", "no", "hint", trace="Traceback")
    rows = [
        row("a", item=item, status="failed", fault=fault, attempts=2, seconds=1.5, begun="b", ended="e", place=4),
        row("b", status="done", stamp=Stamp(2**40, 2**62), fingerprint="sha256:1", reason="done earlier"),
    ]
    with Journal(path) as journal:
        journal.begin_run(facts(path.parent), rows, [report("b")])
    with Journal(path) as journal:
        assert journal.rows() == {video.name: replace(video, run=1) for video in rows}
        assert journal.reports() == {"b": report("b")}
        assert journal.last_run() == LastRun(1, {"jobs": 2}, {"detect": {}}, None)


def test_names_that_are_not_text_are_kept(path):
    item = Item(Path(os.fsdecode(b"/v/\xff.mp4")))
    fault = Fault("video", f"cannot read {item.video}")
    with Journal(path) as journal:
        journal.begin_run(facts(path.parent), [row("a", item=item, reason=fault.message, fault=fault)], [])
        found = journal.rows()["a"]
    assert found.item == item
    assert found.fault == fault
    assert found.reason == "cannot read /v/\\xff.mp4"


def test_rows_of_earlier_runs_are_kept(path):
    with Journal(path) as journal:
        journal.begin_run(facts(path.parent), [row("a"), row("b")], [])
        journal.begin_run(facts(path.parent), [row("b", place=0)], [])
        assert {name: video.run for name, video in journal.rows().items()} == {"a": 1, "b": 2}


def test_what_reports_have_in_common_is_kept_once(path):
    with Journal(path) as journal:
        rows = [row(str(n), status="done") for n in range(50)]
        journal.begin_run(facts(path.parent), rows, [report(str(n)) for n in range(50)])
        provenances = {id(made.provenance) for made in journal.reports().values()}
    assert len(provenances) == 1
    assert sqlite3.connect(path).execute("SELECT count(*) FROM provenances").fetchone() == (1,)


def test_a_transaction_that_fails_leaves_nothing(path):
    def rows():
        yield row("b")
        raise ZeroDivisionError

    with Journal(path) as journal:
        journal.begin_run(facts(path.parent), [row("a")], [])
        with pytest.raises(ZeroDivisionError):
            journal.put(rows())
        assert set(journal.rows()) == {"a"}
        journal.put([row("c")])
        assert set(journal.rows()) == {"a", "c"}


def test_what_is_taken_out_of_it_is_in_none_of_its_bytes(path):
    def without(value):
        return json.loads(json.dumps(value).replace("Ada", "somebody"))

    fault = Fault("usage", "no photo of Ada", "add one of Ada")
    rows = [
        row("a", item=Item(Path("/v/a.mp4"), poi=("Ada",)), status="failed", fault=fault, reason="Ada has no photo"),
        row("secret", status="done"),
        row("c", status="done"),
    ]
    asked = replace(facts(path.parent), command=("slceleb", "--poi", "Ada"), options={"poi": ["Ada"]})
    with Journal(path) as journal:
        journal.begin_run(asked, rows, [report("secret"), report("c", warnings=("Ada is dark",))])
        journal.redact(["secret"], without)
    with Journal(path) as journal:
        found = journal.rows()
        assert set(found) == {"a", "c"}
        assert found["a"].item.poi == ("somebody",)
        assert found["a"].fault == replace(fault, message="no photo of somebody", hint="add one of somebody")
        assert found["a"].reason == "somebody has no photo"
        assert found["c"] == replace(rows[2], run=1)
        assert journal.reports() == {}
        assert journal.run_options() == [{"poi": ["somebody"]}]
    assert sqlite3.connect(path).execute("SELECT command FROM runs").fetchone() == ('["slceleb", "--poi", "somebody"]',)
    left = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"Ada" not in left
    assert b"secret" not in left


def test_the_options_of_every_run_are_kept(path):
    with Journal(path) as journal:
        for limit in (None, 5):
            journal.begin_run(replace(facts(path.parent), options={"max_frames": limit}), [], [])
        assert journal.run_options() == [{"max_frames": None}, {"max_frames": 5}]


def test_nothing_else_touches_its_tables():
    sources = Path(slceleb_core.__file__).parent
    touching = [file for file in sources.rglob("*.py") if "sqlite3" in file.read_text(encoding="utf-8")]
    assert touching == [Path(inspect.getfile(Journal))]


def test_it_is_safe_on_network_folders_and_on_the_disk_when_a_call_returns(path):
    with Journal(path) as journal:
        assert journal._base.execute("PRAGMA journal_mode").fetchone() == ("truncate",)
        assert journal._base.execute("PRAGMA synchronous").fetchone() == (2,)


def read(path):
    with Journal(path) as journal:
        return journal.rows(), journal.reports()


def refusal(path):
    with pytest.raises(UsageError) as refused:
        read(path)
    assert "move it away" in refused.value.hint
    assert str(path) in refused.value.message
    return refused.value.message


def test_a_file_of_another_kind_is_refused(path):
    path.write_text("this is not a database, but a text that is long enough to be looked at " * 20)
    assert "damaged" in refusal(path)


def test_a_database_of_something_else_is_refused_and_left_alone(path):
    with sqlite3.connect(path) as base:
        base.execute("CREATE TABLE bookmarks (url)")
    before = path.read_bytes()
    assert "is not a journal" in refusal(path)
    assert path.read_bytes() == before


def test_a_journal_of_a_later_version_is_refused(path):
    Journal(path).close()
    with sqlite3.connect(path) as base:
        base.execute(f"PRAGMA user_version = {VERSION + 1}")
    assert "later version" in refusal(path)


def test_a_damaged_journal_is_said_to_be_damaged(path):
    with Journal(path) as journal:
        rows = [row(str(n), reason="x" * 500) for n in range(200)]
        journal.begin_run(facts(path.parent), rows, [])
    content = bytearray(path.read_bytes())
    content[20_000:60_000] = b"\xa5" * 40_000
    path.write_bytes(content)
    assert "damaged" in refusal(path)


@pytest.mark.parametrize("damage", ["item = '{'", "item = '{}'", "fault = '{\"x\": 1}'", "fault = '[]'"])
def test_values_that_make_no_sense_are_damage(path, damage):
    with Journal(path) as journal:
        journal.begin_run(facts(path.parent), [row("a")], [])
    with sqlite3.connect(path) as base:
        base.execute(f"UPDATE videos SET {damage}")
    assert "damaged" in refusal(path)


def test_a_full_disk_is_an_error_of_the_output_and_loses_nothing(path):
    with Journal(path) as journal:
        journal.begin_run(facts(path.parent), [row("a")], [])
        pages = journal._base.execute("PRAGMA page_count").fetchone()[0]
        journal._base.execute(f"PRAGMA max_page_count = {pages + 1}")
        with pytest.raises(OutputError, match="full") as refused:
            journal.put([row("b", reason="x" * 50_000)])
        assert "free some space" in refused.value.hint
        journal.put([row("a", status="running")])
    with Journal(path) as journal:
        assert {name: video.status for name, video in journal.rows().items()} == {"a": "running"}


def test_it_works_where_nothing_can_be_locked(path, monkeypatch):
    def refuse(handle, operation):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "lockf", refuse)
    reader = sqlite3.connect(path, isolation_level=None)
    with Journal(path) as journal:
        reader.execute("BEGIN EXCLUSIVE")  # would be waited for if there were locks
        journal.begin_run(facts(path.parent), [row("a")], [])
        reader.execute("ROLLBACK")
        assert set(journal.rows()) == {"a"}


@pytest.mark.parametrize("name", ["100% #1?.sqlite", os.fsdecode(b"\xff.sqlite")])
def test_it_may_be_called_anything(tmp_path, name):
    with Journal(tmp_path / name) as journal:
        journal.begin_run(facts(tmp_path), [row("a")], [])
    assert (tmp_path / name).stat().st_size > 0
    assert len(list(tmp_path.iterdir())) <= 2


def test_a_folder_that_is_not_there_is_an_error_of_the_output(tmp_path):
    with pytest.raises(OutputError, match="cannot write the journal"):
        Journal(tmp_path / "none" / "journal.sqlite")


def test_many_thousand_videos_are_quick(path):
    orders = [Order(f"v{n}", Item(Path(f"/nowhere/v{n}.mp4")), "key") for n in range(20_000)]
    began = time.monotonic()
    with Journal(path) as journal:
        journal.begin_run(facts(path.parent), (skipped(order, "", n).row for n, order in enumerate(orders)), [])
    with Journal(path) as journal:
        planned = plan(orders, History(journal.rows(), journal.reports()), path.parent)
    assert len(planned) == 20_000
    assert time.monotonic() - began < 30  # it takes one or two
