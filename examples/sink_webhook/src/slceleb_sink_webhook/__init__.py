"""A sink of slceleb that posts each video's segments to an address that the user names."""

from slceleb_core import hookimpl
from slceleb_core.stages import Sink
from slceleb_sink_webhook.sink import WebhookSink

__all__ = ["WebhookSink"]


@hookimpl
def slceleb_sinks() -> list[type[Sink]]:
    """Return the sink."""
    return [WebhookSink]
