from slceleb_core.sinks.clips import ClipsSink
from slceleb_core.sinks.json_files import JsonSink
from slceleb_core.sinks.table import TableSink
from slceleb_core.testing.conformance import SinkConformance


class TestJson(SinkConformance):
    stage = JsonSink


class TestClips(SinkConformance):
    stage = ClipsSink


class TestTable(SinkConformance):
    stage = TableSink
