"""The sink: collects segments, and posts them once the results of the video stand."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from slceleb_core.errors import PluginError
from slceleb_core.results import Segment, Summary
from slceleb_core.stages import Sink, SinkJob, StageConfig
from slceleb_sink_webhook.delivery import Delivery

log = logging.getLogger(__name__)

FAILED = "webhook-failed.json"
"""Written into the video's folder when its segments could not be delivered."""


class WebhookConfig(StageConfig):
    """Where to, and how hard to try."""

    url: str = Field(description="Address that each video's segments are posted to: http or https, host included.")
    timeout: float = Field(10.0, gt=0.0, le=300.0, description="Seconds that the receiver may be silent.")
    attempts: int = Field(3, ge=1, le=10, description="How often a delivery is tried, at most.")
    pause: float = Field(1.0, ge=0.0, le=60.0, description="Seconds before the second attempt; then twice as long.")

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must be an http or https address with a host, such as https://example.org/segments")
        if parts.username or parts.password:
            raise ValueError("must not hold a name or password: options are recorded in every result")
        return url


class WebhookSink(Sink):
    """Posts each video's segments as JSON, after its results have been moved into place.

    A delivery that fails never costs a result: the files of the other sinks stand already, the payload is kept in
    ``webhook-failed.json`` beside them, and a warning is logged.
    """

    name = "webhook"
    Config = WebhookConfig
    revision = 1

    def open(self) -> None:
        """Begin with nothing.

        Raises
        ------
        PluginError
            The user forbids every connection, and this sink is nothing without one.
        """
        if self.context.offline:
            raise PluginError(
                "the sink webhook opens a connection, which SLCELEB_OFFLINE forbids", "take it out of the profile"
            )
        self._payload: dict[str, Any] = {}
        self._delivered = self._failed = 0

    def start(self, job: SinkJob) -> None:
        """Begin a video."""
        self._payload = {"name": job.name, "video": job.video.path.name, "segments": []}

    def segment(self, segment: Segment) -> None:
        """Keep a segment for later."""
        self._payload["segments"].append(segment.to_json())

    def commit(self, summary: Summary) -> None:
        """Add the warnings. Nothing is sent yet: another sink may still fail, and then there is no result."""
        self._payload["warnings"] = list(summary.warnings)

    def published(self, folder: Path) -> None:
        """Post what was collected; where that fails, write it into the folder."""
        config = self.config
        problem = Delivery(config.url, config.timeout, config.attempts, config.pause).send(self._payload)
        if problem is None:
            self._delivered += 1
            return
        self._failed += 1
        kept = {"url": config.url, "problem": problem, "payload": self._payload}
        text = json.dumps(kept, ensure_ascii=False, indent=2)
        (folder / FAILED).write_text(text + "\n", encoding="utf-8")
        log.warning("segments of %s not delivered to %s: %s; kept in %s", folder.name, config.url, problem, FAILED)

    def abort(self) -> None:
        """Forget the video: nothing of it has left."""
        self._payload = {}

    def report(self) -> dict[str, int]:
        """Return how many deliveries there were."""
        return {"delivered": self._delivered, "failed": self._failed}
