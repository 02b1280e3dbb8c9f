"""The example plugin, installed as anybody's would be, and run by naming it in a profile."""

import importlib.util
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import yaml

from slceleb_core.testing import GREEN, RED, Person, SyntheticTalker, write_video

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "sink_webhook"

FAKES = "from slceleb_core.testing import FakePlugin\n\nplugin = FakePlugin()\n"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder of installed packages: the example, and the core's fake stages as a plugin."""
    site = tmp_path_factory.mktemp("site")
    # Without isolation no index is needed, but the build backend has to be here.
    isolation = ["--no-build-isolation"] if importlib.util.find_spec("hatchling") else []
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", *isolation, "--target", site, EXAMPLE]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (site / "slceleb_fakes.py").write_text(FAKES)
    facts = site / "slceleb_fakes-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: slceleb-fakes\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[slceleb]\nfakes = slceleb_fakes:plugin\n")
    return site


@pytest.fixture
def receiver():
    """A server on this machine that keeps what is posted to it."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            server.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.bodies = []
    server.url = f"http://127.0.0.1:{server.server_port}/segments"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def video(tmp_path):
    """Somebody talks beside somebody who does not."""
    talker = SyntheticTalker(seed=1, duration=3.0)
    people = [Person(RED, talker=talker), Person(GREEN, (90, 30, 140, 80))]
    return write_video(tmp_path / "talk.mkv", people, audio=talker.audio())


def slceleb(site, *arguments):
    """Run the command with the packages of `site` installed."""
    search = os.pathsep.join([str(site), *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.run(
        [sys.executable, "-m", "slceleb_core", *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": search, "COLUMNS": "200"},
    )


def run(site, video, folder, options):
    """Run the fakes and the example on a video."""
    profile = folder / "profile.yaml"
    stages = {role: {"use": "fake"} for role in ("detect", "embed", "speaker")}
    sinks = [{"use": "json"}, {"use": "webhook", "options": options}]
    profile.write_text(yaml.safe_dump({**stages, "sinks": sinks}))
    return slceleb(site, "run", video, "--output-dir", folder / "out", "--profile", profile)


def test_a_profile_that_names_it_posts_the_segments(site, video, receiver, tmp_path):
    done = run(site, video, tmp_path, {"url": receiver.url})
    assert done.returncode == 0, done.stdout + done.stderr
    (body,) = receiver.bodies
    assert body["video"] == "talk.mkv"
    (segment,) = body["segments"]
    assert segment["start"] < 1.0
    assert segment["end"] > 2.0
    recorded = json.loads((tmp_path / "out" / "talk" / "result.json").read_text())
    assert [entry["id"] for entry in recorded["segments"]] == [segment["id"]]
    assert not (tmp_path / "out" / "talk" / "webhook-failed.json").exists()


def test_a_receiver_that_is_away_costs_no_result(site, video, tmp_path):
    done = run(site, video, tmp_path, {"url": "http://127.0.0.1:1/", "attempts": 1})
    assert done.returncode == 0, done.stdout + done.stderr
    kept = json.loads((tmp_path / "out" / "talk" / "webhook-failed.json").read_text())
    recorded = json.loads((tmp_path / "out" / "talk" / "result.json").read_text())
    assert len(kept["payload"]["segments"]) == len(recorded["segments"]) == 1


def test_a_profile_without_its_address_is_a_usage_error(site, video, tmp_path):
    done = run(site, video, tmp_path, {})
    assert done.returncode == 2
    assert "url" in done.stderr
    assert "Traceback" not in done.stderr


def test_it_is_listed(site):
    done = slceleb(site, "plugins", "list")
    assert done.returncode == 0, done.stderr
    assert "webhook" in done.stdout
    assert "slceleb-sink-webhook" in done.stdout


def test_its_own_tests_pass(site, tmp_path):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(EXAMPLE / "tests")]
    search = os.pathsep.join([str(site), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": search}, cwd=EXAMPLE
    )
    assert done.returncode == 0, done.stdout
