"""Terms that have to be accepted, tokens that must not be seen, and model files that results state."""

import csv
import hashlib
import json
import logging
import threading
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from slceleb_core.models import Download, ModelFile, Terms
from slceleb_core.testing import FakeDetector, MemorySink

log = logging.getLogger("slceleb_needy")

CONTENT = b"weights"
TERMS = Terms("example", "non-commercial research only", "https://example.org/terms")
FREE = ModelFile("free.onnx", hashlib.sha256(CONTENT).hexdigest(), len(CONTENT), "MIT", "finds faces")
GATED = replace(FREE, name="gated.onnx", licence="non-commercial research only", terms=TERMS)
TOKEN = "hf_doNotWriteThisDownAnywhere"


@pytest.fixture
def needs(plugin, tmp_path):
    """Return a function that lets the fake detector take a model file when it is opened, and report nothing."""

    def need(file, *, here=True):
        class Needy(FakeDetector):
            model_files = (file,)

            def open(self):
                log.warning("taking %s", self.context.models.locate(file))  # a log is made with its first line
                super().open()

            def report(self):
                return {}

        plugin.detector = Needy
        if here:
            (tmp_path / "cache").mkdir(exist_ok=True)
            (tmp_path / "cache" / file.name).write_bytes(CONTENT)

    return need


@pytest.fixture
def run(slceleb, talking, fakes, tmp_path):
    def carry_out(*options):
        return slceleb("run", talking, "--profile", fakes, "--output-dir", tmp_path / "out", *options)

    return carry_out


@pytest.fixture
def stated(tmp_path):
    """Return a function that reads what a result states of its stages."""
    return lambda: json.loads((tmp_path / "out" / "talking" / "result.json").read_text())["stages"]


# ---------------------------------------------------------------- terms


def test_a_file_with_terms_is_neither_fetched_nor_used_before_they_are_accepted(slceleb, needs, run, tmp_path):
    needs(GATED)
    for said in (slceleb("models", "fetch", GATED.name), slceleb("models", "where", GATED.name), run()):
        assert said.code == 2
        assert "gated.onnx is for non-commercial research only (https://example.org/terms)" in said.err
        assert "hint: `slceleb models accept example`, or set SLCELEB_ACCEPT_LICENCES=example" in said.err
        assert "Traceback" not in said.err
    assert not list((tmp_path / "out").glob("talking"))
    assert "to be accepted: example" in slceleb("models", "list").out


@pytest.mark.parametrize(
    "command", [("models", "accept", "example"), ("models", "fetch", "gated.onnx", "--accept-licence")]
)
def test_terms_are_accepted_once(slceleb, needs, run, stated, command):
    needs(GATED)
    said = slceleb(*command)
    assert said.code == 0
    assert "accepted: example, for non-commercial research only (https://example.org/terms)" in said.err
    assert slceleb("models", "where", GATED.name).code == 0
    assert "(accepted: example)" in slceleb("models", "list").out
    said = run()
    assert said.code == 0
    (used,) = stated()["detector"]["model_files"]
    assert used["accepted"][:2] == "20"  # the day
    assert f"model gated.onnx, licence: non-commercial research only (accepted: {used['accepted']})" in said.err


def test_the_environment_accepts_as_long_as_it_says_so_and_nothing_is_kept(
    slceleb, needs, run, stated, monkeypatch, tmp_path
):
    needs(GATED)
    monkeypatch.setenv("SLCELEB_ACCEPT_LICENCES", "other, example")
    assert run().code == 0
    assert stated()["detector"]["model_files"][0]["accepted"] == "SLCELEB_ACCEPT_LICENCES"
    monkeypatch.setenv("SLCELEB_ACCEPT_LICENCES", "other")
    assert slceleb("models", "where", GATED.name).code == 2
    assert not (tmp_path / "cache" / "licences").exists()


def test_what_was_accepted_here_is_accepted_by_workers_of_other_machines(slceleb, needs, run, plugin):
    needs(GATED)
    slceleb("models", "accept", "example")
    seen = []
    plugin.detector.close = lambda stage: seen.append(stage.context.models.accepts)
    assert run().code == 0
    assert seen == [{"example"}]  # by settings that travel with the work, not by a cache that does not


def test_what_is_not_accepted_is_seen_by_the_doctor(slceleb, needs, monkeypatch):
    needs(GATED)
    assert "not accepted yet" in slceleb("doctor").out
    slceleb("models", "accept", "example")
    assert "not accepted yet" not in slceleb("doctor").out


def test_terms_that_nobody_has_are_an_error_with_a_suggestion(slceleb, needs):
    needs(GATED)
    said = slceleb("models", "accept", "exampel")
    assert said.code == 2
    assert "did you mean example?" in said.err


def test_acceptance_that_cannot_be_kept_or_read_is_one_line(slceleb, needs, tmp_path):
    needs(GATED)
    (tmp_path / "cache" / "licences").write_text("in the way")
    said = slceleb("models", "accept", "example")
    assert said.code == 2
    assert "error: cannot write" in said.err
    assert "SLCELEB_ACCEPT_LICENCES=example" in said.err
    (tmp_path / "cache" / "licences").unlink()
    (tmp_path / "cache" / "licences").mkdir()
    (tmp_path / "cache" / "licences" / "example.json").write_text("{")
    assert slceleb("models", "where", GATED.name).code == 2
    assert slceleb("models", "accept", "example").code == 0
    assert slceleb("models", "where", GATED.name).code == 0


# ---------------------------------------------------------------- what results state


def test_every_file_that_a_stage_takes_is_stated_though_it_reports_nothing(needs, run, stated, slceleb, tmp_path):
    needs(FREE)
    said = run()
    assert said.code == 0
    assert "model free.onnx, licence: MIT" in said.err
    expected = [{"name": "free.onnx", "sha256": FREE.sha256, "licence": "MIT"}]
    assert stated()["detector"]["model_files"] == expected
    assert "model_files" not in stated()["speaker"]
    assert run("--set", "segments.pad=0.2").code == 0  # of what was kept, with no detector opened
    assert stated()["detector"]["model_files"] == expected
    assert slceleb("corpus", "export", tmp_path / "out", "--to", "provenance").code == 0
    with (tmp_path / "out" / "manifests" / "provenance" / "provenance.csv").open(newline="") as rows:
        assert {(row["models"], row["model_sha256"]) for row in csv.DictReader(rows)} == {("free.onnx", FREE.sha256)}


def test_what_a_stage_reports_of_the_same_file_is_said_once(needs, run, plugin):
    needs(FREE)
    plugin.detector.report = lambda _: {"model": {"file": FREE.name, "licence": "MIT"}}
    assert run().err.count("model free.onnx, licence: MIT") == 1


def test_a_file_that_a_sink_takes_is_stated(run, stated, plugin, fakes, tmp_path, needs):
    needs(FREE)

    class Needy(MemorySink):
        name = "needy"

        def open(self):
            self.context.models.locate(FREE)

    plugin.sink = Needy
    fakes.write_text(fakes.read_text().replace("[{use: json}]", "[{use: needy}, {use: json}]"))
    assert run().code == 0
    assert stated()["sink needy"]["model_files"][0]["name"] == "free.onnx"


# ---------------------------------------------------------------- tokens


@contextmanager
def server(token):
    """Serve the weights to whoever shows the token."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            allowed = self.headers.get("Authorization") == f"Bearer {token}"
            self.send_response(200 if allowed else 401)
            self.send_header("Content-Length", str(len(CONTENT) if allowed else 0))
            self.end_headers()
            self.wfile.write(CONTENT if allowed else b"")

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as serving:
        threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{serving.server_address[1]}/gated.onnx"
        serving.shutdown()


def test_a_token_comes_from_the_environment_and_lands_in_no_log_and_no_result(
    slceleb, needs, run, monkeypatch, tmp_path
):
    monkeypatch.setenv("SLCELEB_LOG_LEVEL", "DEBUG")
    with server(TOKEN) as url:
        file = replace(FREE, downloads=(Download(url, token="EXAMPLE_TOKEN"),))
        needs(file, here=False)
        said = [slceleb("models", "fetch", file.name)]
        assert "it takes a token" in said[-1].err
        assert "EXAMPLE_TOKEN" in said[-1].err
        for wrong in (f"{TOKEN}-but-wrong", f"{TOKEN}ü", f"{TOKEN}\nX: y"):
            monkeypatch.setenv("EXAMPLE_TOKEN", wrong)
            said.append(slceleb("models", "fetch", file.name))
            assert said[-1].code == 2
            assert "EXAMPLE_TOKEN" in said[-1].err
        monkeypatch.setenv("EXAMPLE_TOKEN", TOKEN)
        said.append(slceleb("models", "fetch", file.name))
        assert said[-1].code == 0
    said.append(run())
    assert said[-1].code == 0
    assert not [each for each in said if TOKEN in each.out + each.err]
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.name == "slceleb.log" for path in written)
    assert any(path.name == "result.json" for path in written)
    assert not [path for path in written if TOKEN.encode() in path.read_bytes()]
