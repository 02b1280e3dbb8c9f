"""The built-in outputs of one video each, registered through the same public hook as anybody's."""

from __future__ import annotations

from slceleb_core.hookspecs import hookimpl
from slceleb_core.sinks.annotated.sink import AnnotatedSink
from slceleb_core.sinks.clips import ClipsSink
from slceleb_core.sinks.json_files import JsonSink
from slceleb_core.sinks.table import TableSink
from slceleb_core.stages import Sink


@hookimpl
def slceleb_sinks() -> list[type[Sink]]:
    """Return the built-in sinks."""
    return [AnnotatedSink, ClipsSink, JsonSink, TableSink]
