"""Lists as Windows, Macs and scripts write them, and what people write where a file is meant."""

import json
import os
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from slceleb_core.batch.inputs import gather
from slceleb_core.batch.path_spelling import MOUNTS, existing_path, is_missing, resolve_path
from slceleb_core.batch.video_lists import read_list
from slceleb_core.errors import UsageError
from slceleb_core.jobs import Item

COMPOSED, APART = "Zo\u00eb.mpg", "Zoe\u0308.mpg"


@pytest.fixture
def videos(tmp_path):
    """Return a folder with some files, one of them with an accent."""
    for name in ("a.mpg", "b c.mpg", COMPOSED, "it's.mpg", "100%.mpg"):
        (tmp_path / "vids" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "vids" / name).touch()
    return tmp_path


def read(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return [row.item for row in read_list(path)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('"vids/a.mpg"', "a.mpg"),
        ("'vids/b c.mpg'", "b c.mpg"),
        ("\u201cvids/b c.mpg\u201d", "b c.mpg"),
        ("vids/b\\ c.mpg", "b c.mpg"),
        ("vids/it\\'s.mpg", "it's.mpg"),
        ("vids\\a.mpg", "a.mpg"),
        (".\\vids\\b c.mpg", "b c.mpg"),
        ("  vids/a.mpg\t", "a.mpg"),
        ("\u202avids/a.mpg\u202c", "a.mpg"),
        (f"vids/{APART}", COMPOSED),
        ("vids/100%.mpg", "100%.mpg"),
        ("file://{folder}/vids/b%20c.mpg", "b c.mpg"),
        ("file:{folder}/vids/a.mpg", "a.mpg"),
        ("vids/b%20c.mpg", "b c.mpg"),
        ('"vids/a.mpg",', "a.mpg"),
        ("\\\\wsl$\\Debian{backslashed}\\vids\\a.mpg", "a.mpg"),
        ("\\\\wsl.localhost\\Debian{backslashed}\\vids\\b c.mpg", "b c.mpg"),
        ("FILE://localhost{folder}/vids/Zo%C3%AB.mpg", COMPOSED),
        ("file://{folder}/vids/Zoe%CC%88.mpg", COMPOSED),
        ("file://{folder}/vids/100%25.mpg", "100%.mpg"),
    ],
)
def test_what_means_a_file_is_that_file(videos, text, name):
    places = {"{folder}": str(videos), "{backslashed}": str(videos).replace("/", "\\")}
    for name_of_place, place in places.items():
        text = text.replace(name_of_place, place)
    found = resolve_path(text, videos)
    assert found.absence is None
    assert found.path.name == name
    assert found.path.exists()


@pytest.mark.parametrize(
    "name", ['"quoted".mpg', "C:\\Users\\me\\a.mpg", "https:", "b\\ c.mpg", " a ", "~", "file:", APART, "'a'"]
)
def test_a_file_of_exactly_that_name_goes_before(videos, name):
    (videos / name).touch()
    assert resolve_path(name, videos).path == videos / name


def test_what_is_there_in_both_ways_is_taken_as_it_is_written(videos):
    if os.path.lexists(videos / "vids" / APART):
        pytest.skip("this file system does not tell the two apart")
    (videos / "vids" / APART).touch()
    for name in (COMPOSED, APART):
        assert resolve_path(f"vids/{name}", videos).path.name == name


def test_each_folder_may_be_written_in_its_own_way(tmp_path):
    place = tmp_path / "Ame\u0301lie" / "caf\u00e9"
    place.mkdir(parents=True)
    (place / COMPOSED).touch()
    assert existing_path(tmp_path / "Am\u00e9lie" / "cafe\u0301" / APART) == place / COMPOSED
    assert existing_path(tmp_path / "Am\u00e9lie" / "nowhere") is None


def test_home_is_what_a_shell_makes_of_it(videos, monkeypatch):
    monkeypatch.setenv("HOME", str(videos))
    assert resolve_path("~/vids/a.mpg", Path("elsewhere")).path == videos / "vids" / "a.mpg"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("https://www.youtube.com/watch?v=abc", "an address, not a file"),
        ('"http://example.org//a/./b.mp4"', "an address, not a file"),
        ("www.youtube.com/watch?v=abc", "an address, not a file"),
        ("smb://nas/films/a.mpg", "an address, not a file"),
        ("file://nas/films/a.mpg", "a file of another machine"),
        ("C:\\Users\\me\\a.mpg", "a Windows path, and this machine has none"),
        ("d:/films/a.mpg", "a Windows path, and this machine has none"),
        ("\\\\server\\films\\a.mpg", "a Windows path, and this machine has none"),
        ("\\films\\a.mpg", "a Windows path, and this machine has none"),
        ("%USERPROFILE%\\Videos\\a.mpg", "a Windows path, and this machine has none"),
        ("file://C:/films/a.mpg", "a Windows path, and this machine has none"),
        ("\\\\?\\C:\\a.mpg", "a Windows path, and this machine has none"),
        ("file:///C:/films/a%20b.mpg", "a Windows path, and this machine has none"),
        ("file:///nowhere/a.mpg", "no such file"),
        ("vids/nothing.mpg", "no such file"),
        ("http:", "no such file"),
        ("x" * 300, "no such file"),
        ("file://[/a.mpg", "a file of another machine"),
        ("file:///vids/%00.mpg", "no such file"),
        ("vids/%00.mpg", "no such file"),
    ],
)
def test_what_means_no_file_here_is_named_as_what_it_is(videos, text, reason):
    absence = resolve_path(text, videos, "list.txt:3").absence
    assert (absence.written, absence.reason) == (text.strip('"'), reason)
    assert absence.message == f"list.txt:3: {text.strip(chr(34))}: {reason}"


def test_linux_under_windows_is_told_where_its_drives_are(videos, monkeypatch):
    (videos / "c").mkdir()
    monkeypatch.setattr("slceleb_core.batch.path_spelling.MOUNTS", videos)
    assert resolve_path("C:\\Users\\me\\a b.mpg", videos).absence.hint.endswith(f"{videos}/c/Users/me/a b.mpg")
    assert resolve_path("D:\\a.mpg", videos).absence.hint == "name the file as this machine calls it"
    assert Path("/mnt") == MOUNTS


@given(some.text(max_size=30))
def test_whatever_is_written_means_something_or_is_refused(text):
    try:
        found = resolve_path(text, Path("/nowhere"))
    except UsageError:
        assert "\0" in text or not text.isprintable()
    else:
        assert found.absence is not None or not text.strip() or os.path.lexists(found.path)


def test_what_may_not_be_looked_at_is_not_called_missing(videos, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "lstat", refuse)
    assert resolve_path("vids/nothing.mpg", videos).absence is None
    assert not is_missing(videos / "nothing.mpg")


@pytest.mark.parametrize(("text", "fault"), [("a\\u0000b", "a zero character"), ("a\\ud800b", "the encoding utf-8")])
def test_a_name_that_no_file_can_have_is_refused_with_its_line(videos, text, fault):
    with pytest.raises(UsageError, match=f"list.json:2: .*names no file: it holds .*{fault}"):
        read(videos / "list.json", f'\n["{text}"]')


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lists_of_all_systems_are_read(videos, encoding, end):
    text = end.join(["# names", "", "vids/a.mpg", f"vids/{APART}", ""])
    found = read(videos / "list.txt", text.encode(encoding))
    assert [item.video.name for item in found] == ["a.mpg", COMPOSED]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a.mpg\rcaf\xe9.mpg\r", r"list.txt:2: not UTF-8 text"),
        (b"\xff\xfea\0\n\0\x00\xd8\n\0", r"list.txt:2: not UTF-16 text"),
        ("a.mpg\n".encode("utf-16-le"), r"list.txt:1: not text: it holds a zero byte"),
    ],
)
def test_another_encoding_is_named(videos, content, message):
    with pytest.raises(UsageError, match=message):
        read(videos / "list.txt", content)


@pytest.mark.parametrize(
    "content",
    [
        '["vids/a.mpg", {"video": "vids/b c.mpg", "poi": ["Ada"], "start": 1.50, "consent": true, "url": null}]',
        '"vids/a.mpg"\n{"Video": "vids/b c.mpg", "poi": "Ada", "start": "0:01.5", "consent": "true"}\n',
        '[\n  "vids/a.mpg",\n  {"path": "vids/b c.mpg",\n "poi": ["Ada"], "start": 1.5, "consent": true}\n]\n',
    ],
)
@pytest.mark.parametrize("name", ["list.json", "list.jsonl"])
def test_json_may_be_an_array_or_lines(videos, name, content):
    first, second = read(videos / name, content)
    assert first == Item(videos / "vids" / "a.mpg")
    assert second == Item(videos / "vids" / "b c.mpg", poi=("Ada",), start=1.5, facts={"consent": "true"})


def test_json_is_known_by_what_it_holds(videos):
    (videos / "[2024] talk.mpg").touch()
    assert [item.video.name for item in read(videos / "list.txt", '["vids/a.mpg"]')] == ["a.mpg"]
    assert [item.video.name for item in read(videos / "list.txt", '{"video": "vids/a.mpg"}\n')] == ["a.mpg"]
    assert [item.video.name for item in read(videos / "list.txt", "[2024] talk.mpg\n")] == ["[2024] talk.mpg"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('["a.mpg"\n"b.mpg"]', "list.json:2: not JSON: a comma or ] is missing"),
        ('["a.mpg",\n{"video": }]', "list.json:2: not JSON: Expecting value"),
        ('["a.mpg"] x', "list.json:1: not JSON: something follows"),
        ('"a.mpg"\nnull\n', "list.json:2: neither a path nor an object"),
        ('{"videos": ["a.mpg"]}', "list.json:1: no video is named"),
        ('\n{"video": "a.mpg", "poi": [["Ada"]]}', "list.json:2: poi: expected a text, or a list of texts"),
        ('{"video": "a.mpg", "Video": "b.mpg"}', "list.json:1: video is given twice"),
        ("[" * 100_000, r"list.json:1: "),
        ("[]", "names no video"),
        ("", "names no video"),
    ],
)
def test_a_json_entry_that_does_not_hold_is_named(videos, content, message):
    with pytest.raises(UsageError, match=message):
        read(videos / "list.json", content)


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("first", ["", "sep={mark}\n", "\n", "# made by hand\n"])
def test_tables_have_commas_semicolons_or_tabs(videos, mark, first):
    text = first.replace("{mark}", mark) + f'Video{mark}poi\n"vids\\a.mpg"{mark}"Ada;Grace"\n'
    assert read(videos / "list.csv", text) == [Item(videos / "vids" / "a.mpg", poi=("Ada", "Grace"))]


def test_files_that_are_not_there_say_where_they_are_named(videos):
    (videos / "list.csv").write_text("video;poi\nvids/a.mpg;\n\nhttps://example.org/b.mpg;\n")
    first, second, third = gather([f"{videos}/nothing.mpg"], lists=[videos / "list.csv"]).items
    assert first.absence.message == f"{videos}/nothing.mpg: no such file"
    assert second.absence is None
    assert third.absence.message == f"{videos}/list.csv:4: https://example.org/b.mpg: an address, not a file"


def test_a_file_that_is_named_in_several_ways_is_one(videos):
    lines = ["vids/a.mpg", '"vids/a.mpg"', f"file://{videos}/vids/a.mpg", f"vids/{COMPOSED}", f"vids/{APART}"]
    (videos / "list.txt").write_text("\n".join(lines))
    found = gather([], lists=[videos / "list.txt"])
    assert [unicodedata.normalize("NFC", item.video.name) for item in found.items] == ["a.mpg", COMPOSED]
    assert len(found.repeated) == 3


def test_a_long_json_list_is_read_soon(videos):
    entries = [{"video": f"vids/{number}.mpg"} for number in range(20_000)]
    found = read(videos / "list.json", json.dumps(entries, indent=1))
    assert found[-1].absence.where == f"{videos}/list.json:{2 + 3 * 19_999}"
