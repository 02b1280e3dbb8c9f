"""What is written anew holds what the source does, byte for byte, each stream where it was meant to be."""

import resource
from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slceleb_core.errors import OutputError, SlcelebError, UsageError, VideoError
from slceleb_core.media.audio import AudioTrack
from slceleb_core.media.soundtracks import choose_sound
from slceleb_core.resyncing import correct, target_of
from slceleb_core.resyncing.containers import MATROSKA, MP4, form_of
from slceleb_core.resyncing.remuxing import Move, Scan, remux
from slceleb_core.resyncing.verifying import Mark, unlike, verify


def packets(path):
    """Return times and bytes of each stream's packets."""
    found = {}
    with av.open(str(path)) as container:
        for packet in container.demux():
            if packet.size:
                found.setdefault(packet.stream.index, []).append((packet.pts * packet.time_base, bytes(packet)))
    return found


def onset(path, wanted=""):
    """Return the PTS second at which the sound is first heard."""
    with AudioTrack.decode(path, choice=choose_sound(path, wanted)) as track:
        span = track.span(-2.0, 4.0)
    return float(np.argmax(np.abs(span.samples) > 0.1)) / 16_000 - 2.0


@pytest.mark.parametrize("lag", [-0.317, 0.24])
@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".webm", ".ts", ".m2ts"])
def test_the_sound_is_moved_and_nothing_else(make, tmp_path, suffix, lag):
    source = make(f"film{suffix}", start=1.0 if suffix.endswith("ts") else 0.5)
    done = correct(source, tmp_path / f"out{suffix}", lag, None)
    assert done.move.whole == 0
    before, after = packets(source), packets(done.path)
    assert before.keys() == after.keys()
    for stream, of_source in before.items():
        of_made = after[stream]
        assert [content for _, content in of_made] == [content for _, content in of_source]
        expected = -lag if stream in done.move.streams else 0.0
        for (new, _), (old, _) in zip(of_made, of_source, strict=True):
            assert float(new - old) == pytest.approx(expected, abs=0.0006)
    assert onset(done.path) == pytest.approx(onset(source) - lag, abs=0.003)


@pytest.mark.parametrize(("suffix", "whole"), [(".mp4", False), (".mov", False), (".mkv", True), (".ts", True)])
def test_where_nothing_can_be_before_0_all_of_the_file_is_later(make, tmp_path, suffix, whole):
    source = make(f"film{suffix}", tracks=("eng",))
    first = min(time for found in packets(source).values() for time, _ in found)
    done = correct(source, tmp_path / f"out{suffix}", 0.9, None)
    assert (done.move.whole > 0) == (whole and first < 0.9)
    assert onset(done.path) == pytest.approx(onset(source) - 0.9 + float(done.move.whole), abs=0.003)
    pictures, given = (packets(path)[0][0][0] for path in (done.path, source))
    assert pictures - given == pytest.approx(float(done.move.whole), abs=0.001)
    assert any("later than in the source" in line for line in done.in_words()) == bool(done.move.whole)


def test_only_the_track_that_was_heard_is_moved_where_that_is_asked_for(make, tmp_path):
    source = make()
    heard = choose_sound(source, "deu").track
    done = correct(source, tmp_path / "out.mp4", -0.3, heard)
    assert done.move.streams == {2}
    assert onset(done.path, "deu") == pytest.approx(onset(source, "deu") + 0.3, abs=0.003)
    assert onset(done.path, "eng") == pytest.approx(onset(source, "eng"), abs=0.003)


def test_languages_dispositions_tags_and_chapters_stay(make, tmp_path):
    plain, source = make("plain.mkv"), tmp_path / "film.mkv"
    with av.open(str(plain)) as given, av.open(str(source), "w") as made:
        streams = {stream.index: made.add_stream_from_template(stream, opaque=True) for stream in given.streams}
        for index, stream in streams.items():
            stream.metadata.update(given.streams[index].metadata)
        streams[1].disposition = 0
        made.metadata["title"] = "A film"
        made.set_chapters(
            [{"id": 1, "start": 0, "end": 900, "time_base": Fraction(1, 1000), "metadata": {"title": "One"}}]
        )
        made.add_attachment("letter.ttf", "application/x-truetype-font", b"A" * 40)
        for packet in given.demux():
            if packet.size:
                packet.stream = streams[packet.stream.index]
                made.mux_one(packet)
    done = correct(source, tmp_path / "out.mkv", 0.4, None)
    with av.open(str(source)) as given, av.open(str(done.path)) as made:
        assert [stream.type for stream in made.streams] == [stream.type for stream in given.streams]
        assert [stream.disposition for stream in made.streams] == [stream.disposition for stream in given.streams]
        languages = [[stream.metadata.get("language") for stream in file.streams.audio] for file in (given, made)]
        assert languages[0] == languages[1] == ["eng", "deu"]
        assert made.metadata["title"] == "A film"
        (chapter,) = made.chapters()
        begin = float(chapter["start"] * chapter["time_base"])
        assert begin == pytest.approx(float(done.move.whole), abs=0.001)
        assert chapter["metadata"]["title"] == "One"
        assert made.streams[3].metadata["filename"] == "letter.ttf"


def test_a_stream_without_a_decoder_that_cannot_be_taken_over_is_named(tmp_path, make):
    with pytest.raises(VideoError, match=r"stream 0 \(video\) cannot be taken over.*webm"):
        correct(make(), tmp_path / "out.webm", 0.3, None)
    assert not (tmp_path / "out.webm").exists()


def test_bytes_that_another_container_would_change_are_refused(make, tmp_path):
    """A transport stream stores H.264 with start codes, MP4 with lengths."""
    source = make("film.ts", start=1.0)
    with pytest.raises(VideoError, match=r"what would be written is not the same: stream 0, packet 1") as refused:
        correct(source, tmp_path / "out.mkv", 0.3, None)
    assert "same kind" in refused.value.hint
    assert sorted(path.name for path in tmp_path.iterdir()) == ["film.ts"]


def test_avi_goes_into_matroska(make, tmp_path):
    source = make("film.avi", tracks=("eng",))
    with pytest.raises(OutputError, match=r"film.resync.avi.*cannot be moved freely") as refused:
        target_of(source, None)
    assert ".mkv" in refused.value.hint
    done = correct(source, target_of(source, tmp_path / "out.mkv"), -0.25, None)
    assert onset(done.path) == pytest.approx(onset(source) + 0.25, abs=0.003)


def test_a_file_that_was_cut_short_is_refused(make, tmp_path):
    source = make("film.mkv", seconds=4.0)
    content = source.read_bytes()
    source.write_bytes(content[: len(content) // 2])
    with pytest.raises(VideoError, match=r"it ends at \d\.\d s of 4\.0 s"):
        correct(source, tmp_path / "out.mkv", 0.3, None)
    assert not (tmp_path / "out.mkv").exists()


def test_a_clock_that_begins_anew_is_refused(make, tmp_path):
    part = make("part.ts", tracks=("eng",), start=10.0).read_bytes()
    other = make("other.ts", tracks=("eng",), start=3.0).read_bytes()
    joined = tmp_path / "joined.ts"
    joined.write_bytes(part + other)
    with pytest.raises(VideoError, match="its clock begins anew"):
        correct(joined, tmp_path / "out.ts", 0.3, None)


def test_a_full_disk_leaves_no_file(make, monkeypatch, tmp_path):
    def full(*_):
        raise OSError(28, "No space left on device")

    source = make()
    monkeypatch.setattr("slceleb_core.resyncing.correcting.remux", full)
    with pytest.raises(OutputError, match="no space left on device") as refused:
        correct(source, tmp_path / "out.mp4", 0.3, None)
    assert "free some space" in refused.value.hint
    assert sorted(path.name for path in tmp_path.iterdir()) == ["film.mp4"]


@pytest.mark.parametrize("ending", [".mkv", ".mp4"])
def test_a_file_that_differs_from_what_was_meant_is_seen(make, tmp_path, ending):
    """What is written without the move, with another one, and with a stream that lacks a packet."""
    source, made = make(f"film{ending}", start=0.5), tmp_path / f"made{ending}"
    form, moved = form_of(made), Move(Fraction(3, 10), frozenset({1, 2}))
    made.touch()
    remux(source, made, form, moved)
    assert verify(source, made, form, moved)[0] == 50
    for other in (
        Move(Fraction(0), frozenset()),
        replace(moved, sound=Fraction(299, 1000)),
        replace(moved, whole=Fraction(1, 500)),
    ):
        with pytest.raises(VideoError, match="off its new time"):
            verify(source, made, form, other)
    longer = make(f"longer{ending}", start=0.5, seconds=2.2)
    with pytest.raises(VideoError, match="what would be written is not the same"):
        verify(longer, made, form, moved)


def test_nothing_is_written_over(make, tmp_path):
    source = make()
    with pytest.raises(UsageError, match="is the video itself"):
        target_of(source, source)
    link = tmp_path / "link.mp4"
    link.symlink_to(source)
    with pytest.raises(UsageError, match="is the video itself"):
        target_of(source, link)
    (tmp_path / "there.mp4").write_bytes(b"x")
    with pytest.raises(UsageError, match="is there already"):
        target_of(source, tmp_path / "there.mp4")
    (tmp_path / "nowhere.mp4").symlink_to(tmp_path / "gone")
    with pytest.raises(UsageError, match="is there already"):
        target_of(source, tmp_path / "nowhere.mp4")
    with pytest.raises(OutputError, match="no such folder"):
        target_of(source, tmp_path / "none" / "out.mp4")
    assert target_of(source, None) == tmp_path / "film.resync.mp4"


@given(st.fractions(-1, 1), st.dictionaries(st.integers(0, 4), st.fractions(-2, 3), min_size=1))
def test_no_time_is_before_0_where_none_can_be(sound, earliest):
    known = Scan(earliest, earliest)
    streams = frozenset(stream for stream in earliest if stream % 2)
    move = known.move(sound, streams, MATROSKA)
    lowest = min(time + move.whole + (sound if stream in streams else 0) for stream, time in earliest.items())
    assert lowest >= 0
    assert move.whole == 0 or lowest < Fraction(1, 1000)
    assert known.move(sound, streams, MP4).whole == 0


def test_packets_without_a_time_are_compared_by_content():
    mark = Mark(3, 7, None, Fraction(0))
    assert unlike(mark, mark, Fraction(1), Fraction(0)) == ""
    assert "bytes that differ" in unlike(mark, replace(mark, content=8), Fraction(1), Fraction(0))


def test_errors_are_ones_that_a_user_can_mend():
    assert issubclass(VideoError, SlcelebError)


def test_a_chapters_titles_are_a_stream_that_is_made_anew(make, tmp_path):
    plain, source = make("plain.mp4"), tmp_path / "film.mp4"
    with av.open(str(plain)) as given, av.open(str(source), "w") as made:
        streams = {stream.index: made.add_stream_from_template(stream, opaque=True) for stream in given.streams}
        made.set_chapters(
            [
                {
                    "id": n,
                    "start": 900 * n,
                    "end": 900 * n + 900,
                    "time_base": Fraction(1, 1000),
                    "metadata": {"title": f"{n}"},
                }
                for n in (0, 1)
            ]
        )
        for packet in given.demux():
            if packet.size:
                packet.stream = streams[packet.stream.index]
                made.mux_one(packet)
    done = correct(source, tmp_path / "out.mp4", 0.4, None)
    with av.open(str(source)) as given, av.open(str(done.path)) as made:
        assert [stream.type for stream in given.streams] == [stream.type for stream in made.streams]
        assert given.streams[3].type == "data"
        assert [chapter["metadata"]["title"] for chapter in made.chapters()] == ["0", "1"]


def test_what_an_edit_list_hides_may_be_missing_and_nothing_else(make, tmp_path):
    """A reader of MP4 is handed a second before 0 at most."""
    source = make(tracks=("eng",))
    done = correct(source, tmp_path / "out.mp4", 1.15, None)
    assert done.packets[1] < len(packets(source)[1])
    assert done.move.whole == 0
    assert onset(done.path) == pytest.approx(onset(source) - 1.15, abs=0.003)


def test_samples_that_would_lie_further_back_make_the_file_begin_later(make, tmp_path):
    source = make("film.mov", tracks=("eng",))
    done = correct(source, tmp_path / "out.mov", 1.15, None)
    assert float(done.move.whole) == pytest.approx(0.25, abs=0.001)
    assert onset(done.path) == pytest.approx(onset(source) - 0.9, abs=0.003)


def test_a_disk_that_takes_no_more_leaves_no_file(make, tmp_path):
    """As libav meets it, in the middle of writing."""
    source = make()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        with pytest.raises(OutputError, match=r"out\.mp4: cannot be written: file too large"):
            correct(source, tmp_path / "out.mp4", 0.3, None)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["film.mp4"]
