"""The sink against a receiver on this machine."""

import json
import socket
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest
from pydantic import ValidationError

from slceleb_core.errors import PluginError
from slceleb_core.testing import builders
from slceleb_core.testing.conformance import SinkConformance
from slceleb_core.testing.stand import Stand, results
from slceleb_sink_webhook import WebhookSink
from slceleb_sink_webhook.sink import WebhookConfig


class Receiver(ThreadingHTTPServer):
    """Answers with the given codes, the last one for ever, and keeps what it got."""

    def __init__(self, *codes, location=None):
        self.codes, self.location, self.bodies, self.requests = list(codes), location, [], 0
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/segments"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        server = self.server
        server.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        server.requests += 1
        self.send_response(server.codes.pop(0) if len(server.codes) > 1 else server.codes[0])
        if server.location:
            self.send_header("Location", server.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self):
        self.server.requests += 1
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def receiver():
    running = []

    def start(*codes, **more):
        server = Receiver(*codes, **more)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        running.append(server)
        return server

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


@pytest.fixture
def stand(tmp_path):
    return Stand(tmp_path / "disk")


def opened(url, **options):
    sink = WebhookSink(WebhookSink.Config(url=url, pause=0, **options), builders.context())
    sink.open()
    return sink


def test_posts_the_segments_of_a_published_video(receiver, stand):
    server = receiver(204)
    with opened(server.url) as sink:
        folder = stand.publish(sink, results(("Ada", "Zoë")))
    (body,) = server.bodies
    assert (body["name"], body["video"]) == ("video", "video.mp4")
    assert [segment["person"] for segment in body["segments"]] == ["Ada", "Zoë"]
    assert body["segments"][0]["duration"] == pytest.approx(0.4)
    assert not list(folder.iterdir())


def test_nothing_leaves_before_the_results_stand(receiver, stand):
    server = receiver(204)
    with opened(server.url) as sink:
        stand.commit(sink, results())
        sink.abort()
    assert server.requests == 0


@pytest.mark.parametrize("code", [500, 503, 429])
def test_tries_again_when_the_receiver_is_in_trouble(receiver, stand, code):
    server = receiver(code, 200)
    with opened(server.url) as sink:
        folder = stand.publish(sink, results())
        assert sink.report() == {"delivered": 1, "failed": 0}
    assert server.requests == 2
    assert not (folder / "webhook-failed.json").exists()


def test_gives_up_after_the_attempts_allowed_and_keeps_the_payload(receiver, stand, caplog):
    server = receiver(500)
    with opened(server.url, attempts=3) as sink:
        folder = stand.publish(sink, results())
        assert sink.report() == {"delivered": 0, "failed": 1}
    assert server.requests == 3
    kept = json.loads((folder / "webhook-failed.json").read_text(encoding="utf-8"))
    assert kept["payload"] == server.bodies[0]
    assert kept["url"] == server.url
    assert "500" in kept["problem"]
    assert "not delivered" in caplog.text


def test_a_refusal_is_final(receiver, stand):
    server = receiver(403)
    with opened(server.url) as sink:
        folder = stand.publish(sink, results())
    assert server.requests == 1
    assert (folder / "webhook-failed.json").is_file()


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(receiver, stand, code):
    elsewhere = receiver(200)
    server = receiver(code, location=elsewhere.url)
    with opened(server.url) as sink:
        folder = stand.publish(sink, results())
    assert elsewhere.requests == 0
    assert (folder / "webhook-failed.json").is_file()


def test_no_proxy_is_asked(receiver, stand, monkeypatch):
    proxy, server = receiver(200), receiver(200)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.server_port}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with opened(server.url) as sink:
        stand.publish(sink, results())
    assert (proxy.requests, server.requests) == (0, 1)


def test_a_receiver_that_is_silent_is_given_up_in_time(stand):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        started = time.monotonic()
        with opened(f"http://127.0.0.1:{silent.getsockname()[1]}/", timeout=0.1, attempts=2) as sink:
            folder = stand.publish(sink, results())
        assert time.monotonic() - started < 2.0
    assert (folder / "webhook-failed.json").is_file()


@pytest.mark.parametrize(
    "url", ["", "example.org", "ftp://example.org", "file:///etc/passwd", "http://", "http://a:b@c/"]
)
def test_what_is_no_address_is_refused(url):
    with pytest.raises(ValidationError, match="url"):
        WebhookSink.Config(url=url)


def test_the_address_is_required():
    with pytest.raises(ValidationError, match="url"):
        WebhookSink.Config()


class TestWebhookSink(SinkConformance):
    """Nobody listens there: the contract holds without a receiver, too."""

    stage = WebhookSink
    options: ClassVar = {"url": "http://127.0.0.1:1/", "attempts": 1}

    @pytest.fixture
    def context(self):
        """Suites forbid connections, and this sink refuses to be opened where they are forbidden."""
        return builders.context()


def test_a_machine_without_connections_refuses_the_sink():
    context = replace(builders.context(), offline=True)
    with pytest.raises(PluginError, match="SLCELEB_OFFLINE forbids"):
        WebhookSink(WebhookConfig(url="http://127.0.0.1:9/"), context).open()
