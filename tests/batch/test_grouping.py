"""Groups of cameras, named by the rows of a list or by a command, and what stays a fact of a single video."""

import json
import os

import pytest

from slceleb_core.artefacts.keys import ResultKey
from slceleb_core.batch.grouping import Wanted, checked_name
from slceleb_core.batch.inputs import assign_names, gather
from slceleb_core.batch.item_files import fingerprint_of, fingerprints_of, refuse_report, stamp_of
from slceleb_core.batch.video_lists import read_list
from slceleb_core.disk.fingerprint import Stamp, fingerprint, fingerprint_of_all
from slceleb_core.disk.naming import safe_name
from slceleb_core.disk.removals import Removal, write_removal
from slceleb_core.errors import OneVideoError, UsageError, VideoError
from slceleb_core.jobs import Camera, Item, Report, item_from_json, item_to_json

ROWS = """video,group,camera,offset,microphone,poi,licence
a.mp4,debate,left,0,,Ada,CC0
b.mp4,debate,right,-3.25,,Bo;Ada,CC0
solo.mp4,,,,,,CC-BY
c.wav,debate,desk,,yes,,mine
"""


@pytest.fixture
def folder(tmp_path):
    for name in ("a.mp4", "b.mp4", "c.wav", "solo.mp4", "sub/a.mp4"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    return tmp_path


@pytest.fixture
def listed(folder):
    """Give a function that writes a list and returns its items."""

    def items(text, name="videos.csv"):
        (folder / name).write_text(text)
        return [row.item for row in read_list(folder / name)]

    return items


def test_the_rows_of_a_group_are_one_item_where_the_first_of_them_stands(listed, folder):
    group, solo = listed(ROWS)
    assert (group.id, group.video, group.microphone) == ("debate", folder / "a.mp4", "desk")
    assert group.cameras == (
        Camera(folder / "a.mp4", "left", 0.0),
        Camera(folder / "b.mp4", "right", -3.25),
        Camera(folder / "c.wav", "desk", None),
    )
    assert group.poi == ("Ada", "Bo")
    assert group.facts == {"licence": "CC0; mine"}
    assert (solo.video, solo.cameras, dict(solo.facts)) == (folder / "solo.mp4", (), {"licence": "CC-BY"})
    assert group.files == (folder / "a.mp4", folder / "b.mp4", folder / "c.wav")
    assert (group.title, solo.title) == ("debate (3 files)", "solo.mp4")


@pytest.mark.parametrize("name", ["videos.tsv", "videos.yaml", "videos.json", "videos.jsonl"])
def test_lists_of_every_kind_name_the_same_group(listed, name):
    rows = [
        {"video": "a.mp4", "group": "debate", "camera": "left", "offset": 0, "licence": "CC0"},
        {"video": "b.mp4", "group": "debate", "camera": "right", "offset": -3.25, "microphone": True, "licence": "CC0"},
    ]
    texts = {
        "videos.tsv": "video\tgroup\tcamera\toffset\tmicrophone\tlicence\n"
        "a.mp4\tdebate\tleft\t0\t\tCC0\nb.mp4\tdebate\tright\t-3.25\ttrue\tCC0\n",
        "videos.yaml": "".join(f"- {json.dumps(row)}\n" for row in rows),
        "videos.json": json.dumps(rows),
        "videos.jsonl": "\n".join(map(json.dumps, rows)),
    }
    (group,) = listed(texts[name], name)
    assert [(camera.name, camera.offset) for camera in group.cameras] == [("left", 0.0), ("right", -3.25)]
    assert (group.id, group.microphone, dict(group.facts)) == ("debate", "right", {"licence": "CC0"})


def test_without_a_group_camera_offset_and_microphone_are_facts(listed):
    (item,) = listed("video,camera,offset,microphone\na.mp4,Sony A7,about 3,Neumann\n")
    assert dict(item.facts) == {"camera": "Sony A7", "offset": "about 3", "microphone": "Neumann"}
    (item,) = listed("video,group,camera\na.mp4,,Sony A7\n")
    assert (dict(item.facts), item.cameras) == ({"camera": "Sony A7"}, ())


def test_a_microphone_is_named_by_its_file_where_its_camera_has_no_name(listed, folder):
    (group,) = listed("video,group,microphone\na.mp4,g,\nb.mp4,g,1\n")
    assert group.microphone == str(folder / "b.mp4")


@pytest.mark.parametrize("mark", ["", "0", "no", "False"])
def test_what_is_not_marked_is_not_heard(listed, mark):
    (group,) = listed(f"video,group,microphone\na.mp4,g,{mark}\nb.mp4,g,\n")
    assert group.microphone == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("video,group\na.mp4,g\n", "csv:2: the group 'g' has one video"),
        ("video,group,offset\na.mp4,g,soon\nb.mp4,g,\n", "csv:2: offset is 'soon', which is no number of seconds"),
        ("video,group,offset\na.mp4,g,nan\nb.mp4,g,\n", "csv:2: offset is 'nan', which is no number"),
        ("video,group,offset\na.mp4,g,inf\nb.mp4,g,\n", "csv:2: offset is 'inf', which is no number"),
        ('video,group\na.mp4,"g\nh"\nb.mp4,g\n', "csv:2: group: .* holds what cannot be printed"),
        ('video,group,camera\na.mp4,g,"g\th"\nb.mp4,g,\n', "csv:2: camera: .* holds what cannot be printed"),
        ("video,group,start\na.mp4,g,\nb.mp4,g,3\n", "csv:3: the group 'g' has a start or an end"),
        ("video,group,id\na.mp4,g,\nb.mp4,g,x\n", "csv:3: the group 'g' has the id 'x'"),
        (
            "video,group,microphone\na.mp4,g,yes\nb.mp4,g,yes\n",
            "csv:3: the group 'g' has two microphones, the other is .*csv:2",
        ),
        ("video,group\na.mp4,g\na.mp4,g\n", "csv:3: .*a.mp4 is in the group 'g' already: .*csv:2"),
        (
            "video,group,camera\na.mp4,g,left\nb.mp4,g,left\n",
            "csv:3: the group 'g' has two cameras 'left', the other is .*csv:2",
        ),
        ("video,group,camera\na.mp4,g,Left\nb.mp4,g,left\n", "csv:3: the group 'g' has two cameras 'Left' and 'left'"),
        (
            f"video,group,camera\na.mp4,g,x/y\nb.mp4,g,{safe_name('x/y')}\n",
            "csv:3: the group 'g' has two cameras 'x/y' and 'x_y-",
        ),
        (
            "video,group,id\na.mp4,g,\nb.mp4,g,\nsolo.mp4,,g\n",
            "csv:4: two videos have the id 'g', the other is .*csv:2",
        ),
    ],
)
def test_what_contradicts_itself_is_named_with_file_and_line(folder, text, message):
    (folder / "videos.csv").write_text(text)
    with pytest.raises(UsageError, match=message) as raised:
        gather([], [], [], [folder / "videos.csv"])
    assert raised.value.hint
    assert "\n" not in raised.value.message


def test_one_group_in_two_lists_is_refused(listed, folder):
    text = "video,group\na.mp4,g\nb.mp4,g\n"
    listed(text, "one.csv")
    listed("video,group\nsolo.mp4,g\nsub/a.mp4,g\n", "two.csv")
    with pytest.raises(UsageError, match="two videos have the id 'g'"):
        gather([], [], [], [folder / "one.csv", folder / "two.csv"])
    gathered = gather([], [], [], [folder / "one.csv", folder / "one.csv"])
    assert len(gathered.items) == 1


def test_a_group_and_its_files_alone_are_different_things(listed, folder):
    group, *alone = listed("video,group\na.mp4,g\nb.mp4,g\na.mp4,\nb.mp4,\n")
    gathered = gather([], [], [], [folder / "videos.csv"])
    assert gathered.items == (group, *alone)
    assert sorted(assign_names(gathered.items, folder / "out")) == ["a", "b", "g"]


@pytest.fixture
def stands(folder):
    """Give a function that puts results of an item into the output folder."""

    def put(name, item):
        files = {str(path): "" for path in item.files} if item.cameras else {}
        group = {"group": {"name": item.id}} if item.cameras else {}
        stated = {"video": str(item.video), "report": {"provenance": group}, **({"files": files} if files else {})}
        (folder / "out" / name).mkdir(parents=True)
        (folder / "out" / name / "source.json").write_text(json.dumps(stated))

    return put


def test_a_group_that_is_called_as_one_of_its_files_and_that_file_alone_keep_their_names(listed, folder, stands):
    items = listed("video,group\na.mp4,a\nb.mp4,a\na.mp4,\n")
    out = folder / "out"
    names = assign_names(items, out)
    assert (names[0], len(set(names))) == ("a", 2)
    stands(names[0], items[0])
    assert assign_names(items, out) == names
    assert assign_names(items[1:], out) == names[1:]
    stands(names[1], items[1])
    assert assign_names(items, out) == names
    assert assign_names(items[:1], out) == names[:1]


def test_results_of_a_file_are_not_taken_for_those_of_a_group(folder, stands):
    stands("talk", Item(folder / "a.mp4", "talk"))
    (name,) = assign_names([of_command(folder, "a.mp4", "b.mp4")], folder / "out")
    assert name != "talk"


def test_a_group_keeps_its_name_with_another_camera_and_in_another_order(folder, stands):
    stands("talk", of_command(folder, "a.mp4", "b.mp4"))
    out = folder / "out"
    assert assign_names([of_command(folder, "a.mp4", "b.mp4", "solo.mp4")], out) == ["talk"]
    assert assign_names([of_command(folder, "b.mp4", "a.mp4")], out) == ["talk"]
    assert assign_names([of_command(folder, "c.wav", "solo.mp4")], out) != ["talk"]


def test_whose_views_are_cut_is_said_of_the_groups_of_lists_too(listed, folder):
    listed("video,group\na.mp4,g\nb.mp4,g\nsolo.mp4,\n")
    group, solo = gather([], lists=[folder / "videos.csv"], group=Wanted(views="all")).items
    assert (group.views, solo) == ("all", Item(folder / "solo.mp4"))
    with pytest.raises(UsageError, match="--views all: says something of groups, and there are none"):
        gather([folder / "a.mp4"], group=Wanted(views="all"))


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "a\tb", "a\x1b[31mb"])
def test_what_cannot_be_written_on_a_line_is_no_name(name):
    with pytest.raises(UsageError, match="--group: ") as raised:
        checked_name(name, "--group")
    assert raised.value.hint
    assert raised.value.message.isprintable()


def test_names_of_every_script_and_of_bytes_are_names():
    for name in ("Gespräch 'x' \"y\"", "..", "клуб", os.fsdecode(b"caf\xe9")):
        assert checked_name(f" {name} ", "--group") == name


def test_a_missing_file_is_known_with_its_line(listed):
    (group,) = listed("video,group\na.mp4,g\ngone.mp4,g\n")
    absences = dict(group.absences())
    (missing,) = [path for path in absences if path.name == "gone.mp4"]
    assert not missing.exists()


# Of a command ---------------------------------------------------------------------------------------------------------


def of_command(folder, *names, **wanted):
    (item,) = gather([folder / name for name in names], group=Wanted("talk", **wanted)).items
    return item


def test_the_videos_of_a_command_are_one_group(folder):
    item = of_command(
        folder, "a.mp4", "b.mp4", offsets=("b.mp4=-1.5", f"{folder}/a.mp4=0"), microphone="b", views="all"
    )
    assert (item.id, item.views, item.microphone) == ("talk", "all", str(folder / "b.mp4"))
    assert item.cameras == (Camera(folder / "a.mp4", "", 0.0), Camera(folder / "b.mp4", "", -1.5))


def test_files_are_named_as_they_were_written_whichever_way(folder, monkeypatch):
    monkeypatch.chdir(folder)
    group = Wanted("talk", ("./b.mp4=2", "a=0"))
    (item,) = gather(["./a.mp4", "./b.mp4"], group=group).items
    assert [camera.offset for camera in item.cameras] == [0.0, 2.0]


@pytest.mark.parametrize(
    ("names", "wanted", "message"),
    [
        (["a.mp4"], {}, "--group talk: a group takes two videos at least"),
        (["a.mp4", "a.mp4"], {}, "--group talk: a group takes two videos at least"),
        (["a.mp4", "b.mp4"], {"offsets": ("b.mp4",)}, "--offset b.mp4: is not of the form"),
        (["a.mp4", "b.mp4"], {"offsets": ("=3",)}, "--offset =3: is not of the form"),
        (["a.mp4", "b.mp4"], {"offsets": ("b.mp4=soon",)}, "--offset b.mp4=soon: 'soon' is no number of seconds"),
        (["a.mp4", "b.mp4"], {"offsets": ("b.mp4=nan",)}, "--offset b.mp4=nan: 'nan' is no number"),
        (["a.mp4", "b.mp4"], {"offsets": ("d.mp4=1",)}, "--offset d.mp4: is none of the files"),
        (["a.mp4", "b.mp4"], {"offsets": ("b=1", "b.mp4=2")}, "--offset b.mp4=2: .*b.mp4 has an offset already"),
        (["a.mp4", "sub/a.mp4"], {"offsets": ("a.mp4=1",)}, "--offset a.mp4: could be .*a.mp4 or .*sub/a.mp4"),
        (["a.mp4", "b.mp4"], {"microphone": "d.wav"}, "--microphone d.wav: is none of the files"),
        (["a.mp4", "sub/a.mp4"], {"microphone": "a"}, "--microphone a: could be "),
    ],
)
def test_what_a_command_cannot_mean_is_said_in_one_line(folder, names, wanted, message):
    with pytest.raises(UsageError, match=message) as raised:
        of_command(folder, *names, **wanted)
    assert raised.value.hint
    assert "\n" not in raised.value.message


# What is kept ---------------------------------------------------------------------------------------------------------


def test_a_group_survives_the_journal(listed):
    group, solo = listed(ROWS)
    assert item_from_json(json.loads(json.dumps(item_to_json(group)))) == group
    assert item_from_json(json.loads(json.dumps(item_to_json(solo)))) == solo


def test_what_is_heard_is_known_wherever_the_next_run_is_started(folder, monkeypatch):
    monkeypatch.chdir(folder)
    (group,) = gather(["a.mp4", "sub/a.mp4"], group=Wanted("talk", (), "sub/a.mp4")).items
    again = item_from_json(item_to_json(group))
    assert again.microphone == str(folder / "sub" / "a.mp4")
    assert again.microphone in [str(camera.video) for camera in again.cameras]
    assert ResultKey("shared").of(again) == ResultKey("shared").of(group)


def test_an_item_that_is_damaged_is_no_item(listed):
    data = item_to_json(listed(ROWS)[0])
    for broken in ({**data, "cameras": [{}]}, {**data, "cameras": 3}, {**data, "cameras": [{"video": "a", "x": 1}]}):
        with pytest.raises(ValueError, match="no item"):
            item_from_json(broken)


def test_a_single_video_is_written_down_as_before_there_were_groups(tmp_path):
    item = Item(tmp_path / "a.mp4", "x", ("Ada",), 1.0, 2.5, {"licence": "CC0"}, "2")
    assert item_to_json(item) == {
        "video": str(tmp_path / "a.mp4"),
        "id": "x",
        "poi": ["Ada"],
        "start": 1.0,
        "end": 2.5,
        "facts": {"licence": "CC0"},
        "audio_track": "2",
    }


def test_the_key_of_a_single_video_is_what_it_was_before_there_were_groups(tmp_path):
    """Worked out by the version before groups."""
    key = ResultKey("shared", ("Ada",))
    assert key.of(Item(tmp_path / "a.mp4")) == SINGLE[0]
    assert key.of(Item(tmp_path / "b.mp4", "x", ("Bo",), 1.0, 2.5, {"licence": "CC0"}, "2")) == SINGLE[1]


SINGLE = ("f11e81b0e2e5e5133ecab662f7ab4217", "7f249aad884766e904c3b671229a7858")


def test_whatever_of_a_group_decides_its_result_is_in_its_key(folder):
    group = of_command(folder, "a.mp4", "b.mp4")
    key = ResultKey("shared", ())
    others = [
        of_command(folder, "a.mp4", "b.mp4", offsets=("b=1",)),
        of_command(folder, "a.mp4", "b.mp4", microphone="b"),
        of_command(folder, "a.mp4", "b.mp4", views="all"),
        of_command(folder, "a.mp4", "b.mp4", "c.wav"),
        of_command(folder, "a.mp4", "solo.mp4"),
        Item(folder / "a.mp4", "talk"),
    ]
    keys = [key.of(item) for item in (group, *others)]
    assert len(set(keys)) == len(keys)
    assert key.of(of_command(folder, "a.mp4", "b.mp4")) == keys[0]


def test_the_files_of_a_group_are_one_to_whoever_asks_whether_it_changed(folder):
    group, solo = of_command(folder, "a.mp4", "b.mp4"), Item(folder / "a.mp4")
    prints = {folder / name: fingerprint(folder / name) for name in ("a.mp4", "b.mp4")}
    assert fingerprints_of(group) == prints
    assert fingerprint_of(group) == fingerprint_of_all(list(prints.values()))
    assert (fingerprint_of(solo), stamp_of(solo)) == (fingerprint(folder / "a.mp4"), Stamp.of(folder / "a.mp4"))
    before = stamp_of(group)
    os.utime(folder / "b.mp4", ns=(1, 1))
    assert stamp_of(group) not in (None, before)
    (folder / "b.mp4").unlink()
    assert stamp_of(group) is None
    with pytest.raises(VideoError):
        fingerprints_of(group)


def test_files_that_change_places_are_another_group(folder):
    one, other = of_command(folder, "a.mp4", "b.mp4"), of_command(folder, "b.mp4", "a.mp4")
    assert fingerprint_of(one) != fingerprint_of(other)


def test_results_of_a_group_do_not_come_in_when_one_of_its_files_was_removed(folder):
    group = of_command(folder, "a.mp4", "b.mp4")
    files = {str(path): known for path, known in fingerprints_of(group).items()}
    report = Report("talk", fingerprint=fingerprint_of(group), provenance={"files": files})
    (folder / "out").mkdir()
    refuse_report(folder / "out", group, report)
    write_removal(folder / "out", Removal("video", "a test").about([fingerprint(folder / "b.mp4")], None))
    with pytest.raises(OneVideoError, match=r"b\.mp4: this file was removed"):
        refuse_report(folder / "out", group, report)
    refuse_report(folder / "out", Item(folder / "a.mp4"), Report("a", fingerprint=fingerprint(folder / "a.mp4")))
