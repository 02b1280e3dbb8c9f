"""Videos named one by one, found in folders, read from lists: each once, each with a name of its own."""

import json
import os
import threading
import time
from pathlib import Path

import pytest

from slceleb_core.batch.inputs import assign_names, gather
from slceleb_core.batch.video_folders import find_videos
from slceleb_core.batch.video_lists import read_list, seconds_of
from slceleb_core.disk.output import OutputFolder
from slceleb_core.errors import UsageError
from slceleb_core.jobs import Item


@pytest.fixture
def files(tmp_path):
    """Return a function that makes empty files below a folder."""

    def make(*names):
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        return tmp_path

    return make


def names(found, folder):
    return [str(path.relative_to(folder)) for path in found.videos]


def items_of(path):
    return [row.item for row in read_list(path)]


@pytest.fixture
def stands(tmp_path):
    """Return a function that puts results of a video into the output folder."""

    def put(name, video, **part):
        folder = tmp_path / "out" / name
        folder.mkdir(parents=True)
        report = {"provenance": {"part": {"start": None, "end": None, **part}} if part else {}}
        (folder / "source.json").write_text(json.dumps({"video": str(video), "report": report}))

    return put


def test_a_folder_is_searched_to_the_bottom_in_natural_order(files):
    folder = files("clip10.mp4", "clip2.MP4", "sub/a.mkv", "sub/deep/b.webm", "notes.txt", "photo.jpg")
    assert names(find_videos(folder), folder) == ["clip2.MP4", "clip10.mp4", "sub/a.mkv", "sub/deep/b.webm"]


def test_what_is_hidden_and_the_output_folder_are_left_out(files):
    folder = files("a.mp4", ".hidden.mp4", ".trash/b.mp4", "out/a/clips/x.mp4")
    assert names(find_videos(folder, output_dir=folder / "out"), folder) == ["a.mp4"]


def test_patterns_choose_by_name_or_by_path(files):
    folder = files("a.mp4", "b.dat", "x/c.dat", "y/d.mp4")
    assert names(find_videos(folder, ["*.dat"]), folder) == ["b.dat", "x/c.dat"]
    assert names(find_videos(folder, ["y/*", "a.*"]), folder) == ["a.mp4", "y/d.mp4"]


def test_links_are_followed_once_and_loops_end(files):
    folder = files("real/a.mp4")
    (folder / "real" / "loop").symlink_to(folder)
    assert names(find_videos(folder), folder) == ["real/a.mp4"]


@pytest.mark.parametrize("name", ["a b", "q\"uo'te", "new\nline", "عربي", "🙂", "x" * 240, os.fsdecode(b"caf\xe9")])
def test_hostile_names_are_found_as_they_are(files, name):
    folder = files(f"{name}.mp4")
    (found,) = gather([], [folder]).items
    assert found.video == folder / f"{name}.mp4"
    (called,) = assign_names([found], folder / "out")
    assert Path(called).name == called


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(([], ["nowhere"]), "does not exist"), (([], ["empty"]), "no file with the ending of a video")],
)
def test_a_folder_that_cannot_serve_is_said(tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=message):
        gather(arguments[0], [Path(text) for text in arguments[1]])


def test_a_plain_list_has_comments_and_paths_relative_to_itself(tmp_path):
    path = tmp_path / "videos.txt"
    path.write_bytes(b"\xef\xbb\xbf# a comment\r\n\r\na.mp4\r\n sub/b c.mp4 \n/abs/d.mp4\n")
    assert [item.video for item in items_of(path)] == [
        tmp_path / "a.mp4",
        tmp_path / "sub" / "b c.mp4",
        Path("/abs/d.mp4"),
    ]


def test_a_table_gives_people_range_id_and_facts(tmp_path):
    path = tmp_path / "videos.csv"
    path.write_text(
        "Video,poi,start,end,id,licence,url\n"
        '"a, b.mp4",Ada; Grace,10,1:02.5,talk 1,CC BY,https://example.org/1\n'
        "\n"
        "c.mp4,,,,,,\n"
    )
    first, second = items_of(path)
    assert first == Item(
        tmp_path / "a, b.mp4",
        "talk 1",
        ("Ada", "Grace"),
        10.0,
        62.5,
        {"licence": "CC BY", "url": "https://example.org/1"},
    )
    assert second == Item(tmp_path / "c.mp4")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "video,audio_track\na.mp4,2\nb.mp4,no\nc.mp4,\n"),
        ("a.tsv", "video\tAudio_Track\na.mp4\t2\nb.mp4\tno\nc.mp4\t\n"),
        ("a.yaml", "- {video: a.mp4, audio_track: 2}\n- {video: b.mp4, audio_track: no}\n- c.mp4\n"),
    ],
)
def test_a_list_may_say_which_sound_is_meant(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    items = items_of(tmp_path / name)
    assert [(item.audio_track, item.facts) for item in items] == [("2", {}), ("no", {}), ("", {})]


def test_yaml_may_hold_paths_and_mappings(tmp_path):
    path = tmp_path / "videos.yaml"
    path.write_text("- a.mp4\n- {video: b.mp4, poi: [Ada, Grace], start: '0:10', consent: true}\n- {file: c.mp4}\n")
    first, second, third = items_of(path)
    assert first == Item(tmp_path / "a.mp4")
    assert second == Item(tmp_path / "b.mp4", "", ("Ada", "Grace"), 10.0, None, {"consent": "true"})
    assert third.video == tmp_path / "c.mp4"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "name\nx.mp4\n", r"a.csv:1: no column is called video"),
        ("a.csv", "video,video\n", "two columns are called 'video'"),
        ("a.csv", "video,start\nx.mp4,soon\n", r"a.csv:2: start is 'soon', which is no time"),
        ("a.csv", "video,start,end\nx.mp4,5,4\n", r"a.csv:2: it ends \(4 s\) before it starts \(5 s\)"),
        ("a.csv", "video\nx.mp4,y\n", "a.csv:2: there is no column for the cell 'y'"),
        ("a.csv", 'video\n"x.mp4\ny.mp4\n', r"a.csv:2: unexpected end of data"),
        ("a.csv", 'video,start\n"x\ny.mp4",0\nz.mp4,soon\n', r"a.csv:4: start is 'soon'"),
        ("a.csv", "video,path\nx.mp4,y.mp4\n", r"a.csv:2: both video and path name the file"),
        ("a.csv", "video|poi\nx.mp4|Ada\n", r"a.csv:1: no column is called video.*semicolons"),
        ("a.txt", "x.mp4\ny\0.mp4\n", r"a.txt:2: not text"),
        ("a.yaml", "- x.mp4\n- {video: x.mp4, id: [a, b]}\n", r"a.yaml:2: id is a list of 2"),
        ("a.yaml", "- {video: x.mp4,\n   tags: {a: b}}\n", r"a.yaml:2: expected a text"),
        ("a.yaml", "- {video: x.mp4, id: a, id: b}\n", r"a.yaml:1: id is given twice"),
        ("a.yaml", "", "names no video"),
        ("a.yaml", "- !!python/object:os.system {}\n- &a [*a]\n", "a.yaml:1"),
        ("a.csv", "video,id\n,x\n", r"a.csv:2: no video is named"),
        ("a.csv", "video\n", "names no video"),
        ("a.txt", "\n# nothing\n", "names no video"),
        ("a.yaml", "video: x.mp4\n", "expected a list of videos"),
        ("a.yaml", "- x.mp4\n- [3]\n", r"a.yaml:2: neither a path nor a mapping"),
        ("a.yaml", "- [\n", r"a.yaml:\d"),
        ("a.yaml", "- {video: x.mp4, end: -3}\n", "end is '-3', which is no time"),
        ("a.json", '["x.mp4",\n {"video": "x.mp4", "id": "\\ud800"}]', r"a.json:2: 'id' holds '\\ud800'"),
        ("a.json", '{"video": "x.mp4", "title": ["a", "b\\udfff"]}', r"a.json:1: 'title' holds '\\udfff'"),
        ("a.json", '{"video": "x.mp4", "poi": "\\ud83d"}', r"a.json:1: 'poi' holds"),
        ("a.json", '{"video": "x.mp4", "audio_track": "\\ud83d"}', r"a.json:1: 'audio_track' holds"),
        ("a.json", '{"video": "x.mp4", "end": %s}' % ("9" * 400), "which is no time"),
    ],
)
def test_a_line_that_does_not_hold_is_named(tmp_path, name, content, message):
    (tmp_path / name).write_text(content)
    with pytest.raises(UsageError, match=message):
        read_list(tmp_path / name)


def test_bytes_of_a_file_name_in_other_columns_become_text(tmp_path):
    (tmp_path / "a.json").write_text(r'{"video": "\udce9.mp4", "id": "\udce9", "poi": "\udce9", "first": "\udce9.mp4"}')
    (item,) = items_of(tmp_path / "a.json")
    assert (item.id, item.poi, item.facts) == ("\\xe9", ("\\xe9",), {"first": "\\xe9.mp4"})
    assert item.video == tmp_path / "\udce9.mp4"


def test_a_list_that_is_not_utf_8_is_named_with_the_line(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"one.mp4\ncaf\xe9.mp4\n")
    with pytest.raises(UsageError, match=r"a.txt:2: not UTF-8 text"):
        read_list(tmp_path / "a.txt")


@pytest.mark.parametrize(("text", "value"), [("12.5", 12.5), ("1:02.5", 62.5), ("1:01:01", 3661.0), (" 3 ", 3.0)])
def test_times_are_seconds_or_clock_times(text, value):
    assert seconds_of(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "1:",
        "1:2:3:4",
        "-1",
        "nan",
        "inf",
        "0:-5",
        "1:75",
        "1:60:00",
        "1.5:00",
        "1_0",
        "9" * 400,
        f"{'9' * 400}:00:00",
    ],
)
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError, match=r".*"):
        seconds_of(text)


def test_a_file_is_processed_once_but_its_parts_are_videos_of_their_own(files):
    folder = files("a.mp4")
    (folder / "link.mp4").symlink_to(folder / "a.mp4")
    (folder / "list.csv").write_text("video,start,end\na.mp4,0,1\na.mp4,1,2\na.mp4,0,1\n")
    found = gather([folder / "a.mp4", folder / "link.mp4"], [], [], [folder / "list.csv"])
    assert [(item.start, item.end) for item in found.items] == [(None, None), (0.0, 1.0), (1.0, 2.0)]
    assert [path.name for path in found.repeated] == ["link.mp4", "a.mp4"]


def test_a_missing_file_of_a_list_is_kept_for_its_turn(tmp_path):
    (tmp_path / "list.txt").write_text("gone.mp4\n")
    assert [item.video.name for item in gather([], [], [], [tmp_path / "list.txt"]).items] == ["gone.mp4"]


def test_an_id_given_twice_is_an_error(tmp_path):
    (tmp_path / "list.csv").write_text("video,id\na.mp4,x\nb.mp4,x\n")
    with pytest.raises(UsageError, match=r"list.csv:3: two videos have the id 'x', the other is .*list.csv:2"):
        gather([], [], [], [tmp_path / "list.csv"])


def test_every_item_has_a_name_of_its_own_and_the_same_in_every_run(tmp_path):
    items = [
        Item(tmp_path / "a" / "talk.mp4"),
        Item(tmp_path / "b" / "talk.mkv"),
        Item(tmp_path / "b" / "TALK.mp4"),
        Item(tmp_path / "a" / "talk.mp4", start=1.0),
        Item(tmp_path / "c.mp4", id="talk"),
    ]
    found = assign_names(items, tmp_path / "out")
    assert found[4] == "talk"
    assert len({name.casefold() for name in found}) == len(items)
    assert assign_names(items, tmp_path / "out") == found


def test_a_folder_of_another_video_is_not_taken(tmp_path, stands):
    stands("talk", tmp_path / "other" / "talk.mp4")
    stands("mine", tmp_path / "mine.mp4")
    (tmp_path / "out" / "notes").mkdir()
    items = [Item(tmp_path / f"{stem}.mp4") for stem in ("talk", "mine", "notes", "segments.csv")]
    first, second, third, fourth = assign_names(items, tmp_path / "out")
    assert (first[:5], second, third[:6], fourth[:13]) == ("talk-", "mine", "notes-", "segments.csv-")


@pytest.mark.parametrize("name", ["manifests", "report", "Splits", "segments.csv"])
def test_what_is_about_all_videos_keeps_its_name(tmp_path, name):
    """Else a page of few videos would delete the results of one that is called report.mp4."""
    (found,) = assign_names([Item(tmp_path / f"{name}.mp4")], tmp_path / "out")
    assert found.startswith(f"{name}-")
    output = OutputFolder(tmp_path / "out", tmp_path / f"{name}.mp4")
    output.discard()
    assert output.name.startswith(f"{name}-")


def test_names_do_not_depend_on_the_order_and_stay_when_some_are_done(tmp_path, stands):
    items = [Item(tmp_path / folder / "talk.mp4") for folder in "abc"]
    found = assign_names(items, tmp_path / "out")
    assert assign_names(items[::-1], tmp_path / "out") == found[::-1]
    assert assign_names(items[1:], tmp_path / "out") == found[1:]
    stands(found[1], items[1].video)
    assert assign_names(items, tmp_path / "out") == found
    assert assign_names(items[1:2], tmp_path / "out") == [found[1]]


def test_a_video_keeps_its_name_when_others_of_that_name_come_before_it(tmp_path, stands):
    stands("talk", tmp_path / "b" / "talk.mp4")
    items = [Item(tmp_path / "a" / "talk.mp4"), Item(tmp_path / "b" / "talk.mp4"), Item(tmp_path / "c.mp4", "talk")]
    first, second, third = assign_names(items, tmp_path / "out")
    assert first.startswith("talk-")
    assert second == "talk"
    assert third.startswith("talk-")


def test_another_part_of_a_video_does_not_take_the_name_of_the_first(tmp_path, stands):
    stands("talk", tmp_path / "talk.mp4", start=0.0, end=60.0)
    first, second = Item(tmp_path / "talk.mp4", start=0.0, end=60.0), Item(tmp_path / "talk.mp4", start=60.0)
    assert assign_names([first], tmp_path / "out") == ["talk"]
    assert assign_names([second], tmp_path / "out")[0].startswith("talk-")


def test_an_id_goes_before_a_stem(tmp_path):
    items = [Item(tmp_path / "talk.mp4"), Item(tmp_path / "c.mp4", "talk"), Item(tmp_path / "a", "../../x")]
    first, second, third = assign_names(items, tmp_path / "out")
    assert first.startswith("talk-")
    assert second == "talk"
    assert Path(third).name == third


def test_names_that_differ_only_by_case_from_what_stands_are_not_taken(tmp_path, stands):
    stands("Talk", tmp_path / "Talk.mp4")
    found = assign_names([Item(tmp_path / "Talk.mp4"), Item(tmp_path / "talk.mp4")], tmp_path / "out")
    assert found[0] == "Talk"
    assert found[1].startswith("talk-")


def test_thousands_of_files_of_one_name_have_names_of_their_own_soon(tmp_path):
    items = [Item(tmp_path / str(number) / "video.mp4") for number in range(5_000)]
    begin = time.process_time()
    assert len(set(assign_names(items, tmp_path / "out"))) == len(items)
    assert time.process_time() - begin < 5


def test_hex_digits_that_are_alike_are_lengthened(tmp_path, monkeypatch):
    monkeypatch.setattr("slceleb_core.batch.result_names.MARKS", (1, 64))
    items = [Item(tmp_path / str(number) / "video.mp4") for number in range(40)]
    assert len(set(assign_names(items, tmp_path / "out"))) == len(items)


def test_results_of_an_earlier_run_are_no_videos(tmp_path, files, stands):
    folder = files("a.mp4", "out/talk/clips/x.mp4", "sub/b.mp4")
    (folder / "out" / "talk" / "source.json").write_text('{"video": "/talk.mp4"}')
    found = gather([], [folder])
    assert [item.video.name for item in found.items] == ["a.mp4", "b.mp4"]
    assert found.skipped == ((folder / "out" / "talk", "holds results of an earlier run"),)


def test_the_output_folder_itself_is_no_folder_of_videos(files):
    folder = files("a.mp4")
    with pytest.raises(UsageError, match="results go to the same folder"):
        gather([], [folder], output_dir=folder)


def test_a_subfolder_that_may_not_be_read_is_left_out_with_the_reason(files, monkeypatch):
    folder = files("a.mp4", "locked/b.mp4")
    scan = os.scandir

    def refusing(place):
        if Path(place).name == "locked":
            raise PermissionError(13, "Permission denied", str(place))
        return scan(place)

    monkeypatch.setattr(os, "scandir", refusing)
    found = gather([], [folder])
    assert [item.video.name for item in found.items] == ["a.mp4"]
    assert found.skipped == ((folder / "locked", "cannot be read: Permission denied"),)


def test_a_folder_is_reached_without_a_link_where_that_can_be(files):
    folder = files("z/a.mp4")
    (folder / "a_link").symlink_to(folder / "z")
    elsewhere = folder.parent / f"{folder.name}-elsewhere"
    elsewhere.mkdir()
    (elsewhere / "b.mp4").touch()
    (folder / "other").symlink_to(elsewhere)
    assert names(find_videos(folder), folder) == ["other/b.mp4", "z/a.mp4"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.MP4", ["a.mp4", "x/b.mp4", "x/y/c.mp4"]),
        ("x/*.mp4", ["x/b.mp4"]),
        ("x/**/*.mp4", ["x/b.mp4", "x/y/c.mp4"]),
        ("**/c.*", ["x/y/c.mp4"]),
        ("./x/y/?.mp4", ["x/y/c.mp4"]),
    ],
)
def test_a_pattern_with_folders_goes_from_the_top(files, pattern, expected):
    folder = files("a.mp4", "x/b.mp4", "x/y/c.mp4", "x/d.txt")
    assert names(find_videos(folder, [pattern]), folder) == expected


def test_a_pattern_that_says_nothing_is_refused(files):
    with pytest.raises(UsageError, match="it matches no file"):
        find_videos(files("a.mp4"), [""])


def test_what_stands_unquoted_in_yaml_stays_as_it_is_written(tmp_path):
    path = tmp_path / "videos.yaml"
    path.write_text(
        "- {video: a.mp4, id: 007, start: 1:02:03, end: 1:02:04.5, consent: yes, licence: 1.0, url: ~, tags: [x, y]}\n"
        "- &shared {video: 12, licence: CC BY}\n"
        "- {<<: *shared, video: b.mp4}\n"
    )
    first, second, third = items_of(path)
    assert (first.id, first.start, first.end) == ("007", 3723.0, 3724.5)
    assert first.facts == {"consent": "yes", "licence": "1.0", "tags": "x; y"}
    assert second.video.name == "12"
    assert (third.video.name, third.facts) == ("b.mp4", {"licence": "CC BY"})


def test_spreadsheets_may_add_empty_columns_and_spaces(tmp_path):
    path = tmp_path / "videos.csv"
    path.write_text("video, poi,,\r\na.mp4, Ada,,\r\n,,,\r\nb.mp4\r\n")
    assert items_of(path) == [Item(tmp_path / "a.mp4", poi=("Ada",)), Item(tmp_path / "b.mp4")]


def test_tabs_separate_in_tsv(tmp_path):
    path = tmp_path / "videos.TSV"
    path.write_text("id\tvideo\nx\ta, b.mp4\n")
    assert items_of(path) == [Item(tmp_path / "a, b.mp4", "x")]


def test_paths_of_a_piped_list_are_relative_to_the_working_directory(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_text, args=("a.mp4\n",))
    writer.start()
    assert [item.video for item in items_of(path)] == [Path("a.mp4")]
    writer.join()


def test_a_row_that_says_more_goes_before_a_bare_one(tmp_path, files):
    folder = files("a.mp4")
    (folder / "list.csv").write_text("video,poi,licence\na.mp4,Ada,CC BY\na.mp4,,\n")
    found = gather([folder / "a.mp4"], [folder], [], [folder / "list.csv"])
    assert found.items == (Item(folder / "a.mp4", poi=("Ada",), facts={"licence": "CC BY"}),)
    assert len(found.repeated) == 3


def test_one_video_cannot_be_listened_to_in_two_ways_under_one_name(tmp_path):
    (tmp_path / "list.csv").write_text("video,audio_track,id\na.mp4,1,\na.mp4,2,\n")
    with pytest.raises(UsageError, match="is there already"):
        gather([], [], [], [tmp_path / "list.csv"])
    (tmp_path / "list.csv").write_text("video,audio_track,id\na.mp4,1,one\na.mp4,2,two\n")
    assert len(gather([], [], [], [tmp_path / "list.csv"]).items) == 2


def test_rows_that_contradict_each_other_are_an_error(tmp_path):
    (tmp_path / "list.csv").write_text("video,poi\na.mp4,Ada\na.mp4,Grace\n")
    with pytest.raises(UsageError, match=r"list.csv:3: .*a.mp4 is there already.*list.csv:2"):
        gather([], [], [], [tmp_path / "list.csv"])
