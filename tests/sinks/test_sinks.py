import pytest

from slceleb_core.sinks.clips import ClipsSink
from slceleb_core.sinks.json_files import JsonSink
from slceleb_core.sinks.table import TableSink
from slceleb_core.testing import builders
from slceleb_core.testing.conformance import SinkConformance
from slceleb_core.testing.stand import Stand


class TestJson(SinkConformance):
    stage = JsonSink


class TestClips(SinkConformance):
    stage = ClipsSink


class TestTable(SinkConformance):
    stage = TableSink


@pytest.mark.parametrize(("apply", "offset", "shift"), [(True, 80.0, 0.08), (False, 80.0, 0.0), (True, None, 0.0)])
def test_the_sound_is_cut_where_it_belongs_when_asked(tmp_path, monkeypatch, apply, offset, shift):
    stand, cut = Stand(tmp_path), []
    monkeypatch.setattr(stand.clips, "cut_audio", lambda start, end, target: cut.append(("audio", start, end)))
    monkeypatch.setattr(stand.clips, "cut_video", lambda start, end, target: cut.append(("video", start, end)))
    with ClipsSink(ClipsSink.Config(apply_offset=apply), builders.context()) as sink:
        sink.start(stand.job())
        sink.segment(builders.segment(start=1.0, end=3.0, av_offset_ms=offset))
    assert cut == [("audio", 1.0 + shift, 3.0 + shift), ("video", 1.0, 3.0)]
