"""Looking through a corpus: a page that opens from disk, and decisions that are carried out.

The page is a sink, registered through the same public hook as anybody's; it stands here, as it reads what all the
other rooms have written.
"""

from __future__ import annotations

from slceleb_core.hookspecs import hookimpl
from slceleb_core.review.sink import ReportSink
from slceleb_core.stages import Sink


@hookimpl
def slceleb_sinks() -> list[type[Sink]]:
    """Return the sink that writes the page."""
    return [ReportSink]
