"""The log file: made when there is something to say, kept from growing, and never in the way."""

import logging

import pytest

from slceleb_core import logs

log = logging.getLogger("slceleb_core.testing_the_log")


@pytest.fixture
def said():
    return []


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(logs, "LARGEST", 2000)


def attached(folder, said):
    return logs.attached(logs.LogFile(folder / logs.FILE_NAME, lambda *line: said.append(line)), "INFO")


def test_there_is_no_file_before_there_is_a_record(tmp_path, said):
    with attached(tmp_path, said):
        assert not list(tmp_path.iterdir())
        log.warning("one")
        assert [path.name for path in tmp_path.iterdir()] == ["slceleb.log"]
    with attached(tmp_path, said):
        log.warning("two", extra={"hint": "do this"})
    text = (tmp_path / "slceleb.log").read_text()
    assert "one" in text
    assert "two (do this)" in text


def test_a_log_that_grows_is_moved_aside_and_the_oldest_goes(tmp_path, said, small):
    with attached(tmp_path, said):
        for number in range(200):
            log.info("record %d %s", number, "x" * 60)
    files = sorted(tmp_path.iterdir())
    assert [path.name for path in files] == ["slceleb.log", *(f"slceleb.log.{n}" for n in range(1, logs.EARLIER + 1))]
    assert all(path.stat().st_size <= 2000 for path in files)
    assert "record 199" in files[0].read_text()
    assert "record 0 " not in "".join(path.read_text() for path in files)
    assert said == []


def test_a_record_in_another_script_and_a_name_that_is_not_utf_8_are_written(tmp_path, said):
    with attached(tmp_path, said):
        log.warning("李 %s", "caf\udce9")
    assert "李 caf\\udce9" in (tmp_path / "slceleb.log").read_text(encoding="utf-8")
    assert said == []


def test_a_file_that_cannot_be_written_is_said_once(tmp_path, said):
    (tmp_path / "slceleb.log").mkdir()
    with attached(tmp_path, said):
        log.warning("one")
        log.warning("two")
    ((level, message, _),) = said
    assert level == "warning"
    assert message.startswith(f"cannot write the log {tmp_path / 'slceleb.log'}: ")


def test_a_file_that_cannot_be_moved_aside_is_said_once(tmp_path, said, small):
    (tmp_path / "slceleb.log.1").mkdir()
    (tmp_path / "slceleb.log.2").mkdir()
    (tmp_path / "slceleb.log.2" / "kept").touch()
    with attached(tmp_path, said):
        for number in range(100):
            log.info("record %d %s", number, "x" * 60)
    assert len(said) == 1
