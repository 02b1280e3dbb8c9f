"""`slceleb eval score`, as a shell runs it."""

import json
import sys

import pytest

from slceleb_core.cli import main

pytest.importorskip("pyannote.metrics")


@pytest.fixture
def score(monkeypatch, capsys, tmp_path):
    """Return a function that runs the command on the output folder; it returns the exit code, stdout and stderr."""
    monkeypatch.setenv("COLUMNS", "300")

    def run(ref, *arguments):
        monkeypatch.setattr(sys, "argv", ["slceleb", "eval", "score", str(ref), str(tmp_path / "out"), *arguments])
        with pytest.raises(SystemExit) as stop:
            main()
        said = capsys.readouterr()
        return stop.value.code or 0, said.out, said.err

    return run


@pytest.fixture
def case(output, reference):
    output("clip", [("anna [bold]", 2, 3)], [(2.0, [("anna [bold]", 0.9)]), (3.0, [("anna [bold]", 0.2)])])
    output("extra", [])
    return reference(("clip", "anna [bold]", 2, 4))


def test_tables_on_stdout_and_notes_on_stderr(score, case):
    code, out, err = score(case)
    assert code == 0
    for words in ("anna [bold]", "66.7 %", "identification", "AP", "not deemed speaking", "frame scores"):
        assert words.lower() in out.lower()
    assert "note: not scored: the reference says nothing of extra" in err


def test_json_is_all_there_is_on_stdout(score, case, tmp_path):
    code, out, err = score(case, "--json", "--html", str(tmp_path / "page.html"))
    made = json.loads(out)
    assert code == 0
    assert made["time"]["overall"]["f1"] == pytest.approx(2 / 3, abs=1e-6)
    assert made["not_scored"]["without_reference"] == ["extra"]
    assert "page.html" in err
    assert (tmp_path / "page.html").read_text().startswith("<!DOCTYPE html>")


def test_options_reach_the_evaluation(score, case, regions):
    area = str(regions(("clip", 2, 3)))
    made = json.loads(score(case, "--json", "--regions", area, "--threshold", "0.95", "--person", "anna [bold]")[1])
    assert made["time"]["overall"]["f1"] == 1.0
    assert made["frames"]["overall"]["threshold"] == 0.95
    assert made["people"] == ["anna [bold]"]


@pytest.mark.parametrize("module", ["pyannote.core", "sklearn.metrics"])
def test_a_missing_extra_is_said_in_one_line_with_what_to_install(score, case, monkeypatch, module):
    monkeypatch.setitem(sys.modules, module, None)
    code, out, err = score(case)
    assert (code, out) == (2, "")
    assert f"error: evaluation needs {module}, which is not installed" in err
    assert "hint: pip install 'slceleb-core[evaluation]'" in err
    assert "Traceback" not in err


def test_a_reference_that_does_not_hold_is_said_in_one_line(score, case):
    case.write_text("video,person,start,end\nclip,anna,3,2\n")
    code, out, err = score(case)
    assert (code, out) == (2, "")
    assert f"error: {case}, line 2: it ends at 2 s" in err
