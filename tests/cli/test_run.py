"""``slceleb run``: what it writes, what it says, and how it ends."""

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from slceleb_core import __version__
from slceleb_core.disk.lock import claimed
from slceleb_core.errors import OutputError
from slceleb_core.pipeline import Pipeline
from slceleb_core.testing import FakeDetector, MemorySink, Person, builders, write_video


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


@pytest.fixture
def run(slceleb, fakes, out):
    """Return a function that runs videos with the fakes."""
    return lambda *arguments: slceleb("run", "--profile", fakes, "--output-dir", out, *arguments)


@pytest.fixture
def breaking(monkeypatch):
    """Return a function that makes the pipeline fail on the video of a name."""
    process = Pipeline.process

    def install(name, error):
        def fail(self, video, *arguments, **options):
            if video.name == name:
                raise error
            return process(self, video, *arguments, **options)

        monkeypatch.setattr(Pipeline, "process", fail)

    return install


def lines(text):
    return [line for line in text.splitlines() if line.strip()]


def test_a_known_person_who_speaks_is_reported_and_written(run, talking, photos, out):
    said = run(talking, "--poi-dir", photos)
    assert said.code == 0
    assert "Red" in said.out
    assert "done" in said.out
    assert str(out / "talking") in said.out
    result = json.loads((out / "talking" / "result.json").read_text())
    assert {segment["person"] for segment in result["segments"]} == {"Red"}


def test_without_photos_faces_are_labelled_by_their_track(run, talking):
    said = run(talking)
    assert said.code == 0
    assert "track-" in said.out
    assert "every face is labelled by its track" in said.err


def test_what_was_chosen_is_said_before_the_work(run, talking, photos, fakes):
    said = run(talking, "--poi-dir", photos, "--poi", "Red")
    assert f"profile: {fakes}" in said.err
    for role in ("detector", "speaker", "recognizer"):
        assert f"{role}: fake (slceleb-fakes 2.0)" in said.err
    assert "looking for: Red" in lines(said.err)


def test_models_licences_and_devices_of_a_stages_report_are_said(run, talking, plugin):
    class Reporting(FakeDetector):
        def report(self):
            return {"models": [{"file": "a.onnx", "licence": "MIT"}], "providers": {"used": ["CPU"]}}

    plugin.detector = Reporting
    assert "detector: fake (slceleb-fakes 2.0); model a.onnx, licence: MIT; on CPU" in run(talking).err


def test_json_prints_one_object_on_stdout_and_says_nothing_else(run, talking, photos, out):
    said = run(talking, "--poi-dir", photos, "--json")
    found = json.loads(said.out)
    assert said.err == ""
    assert (found["exit_code"], found["output_dir"]) == (0, str(out))
    (video,) = found["videos"]
    assert video["status"] == "done"
    assert video["folder"] == str(out / "talking")
    assert video["segments"][0]["person"] == "Red"
    assert video["statistics"]["frames"] == 75
    assert video["provenance"]["stages"]["detector"]["name"] == "fake"


def test_the_time_of_each_stage_is_reported(run, talking, monkeypatch):
    monkeypatch.setattr("slceleb_core.cli.following.LEAST", 0.0)  # the fakes take next to none of a busy machine's time
    reported = run(talking).out.partition("time: ")[2]
    assert all(f"{stage} " in reported for stage in ("detect", "write"))


def test_a_run_stops_after_max_frames(run, talking):
    assert json.loads(run(talking, "--max-frames", 10, "--json").out)["videos"][0]["statistics"]["frames"] == 10


def test_values_of_the_profile_can_be_set(run, talking, out):
    assert run(talking, "--set", "segments.pad=0.25").code == 0
    result = json.loads((out / "talking" / "result.json").read_text())
    assert '"pad": 0.25' in json.dumps(result)


def test_a_video_that_fails_is_one_line_and_the_others_go_on(run, talking, tmp_path, out):
    said = run(tmp_path / "missing.mp4", talking)
    assert said.code == 1
    (error,) = [line for line in lines(said.err) if line.startswith("error: ")]
    assert "missing.mp4" in error
    assert "Traceback" not in said.err
    assert (out / "talking" / "result.json").is_file()
    assert "failed" in said.out


def test_a_failure_is_in_the_json_with_its_hint(run, tmp_path):
    said = run(tmp_path / "missing.mp4", "--json")
    found = json.loads(said.out)
    assert (said.code, found["exit_code"]) == (1, 1)
    assert found["videos"][0]["status"] == "failed"
    assert "missing.mp4" in found["videos"][0]["error"]["message"]


def test_a_folder_given_as_a_video_is_one_line(run, tmp_path):
    said = run(tmp_path)
    assert said.code == 1
    assert len([line for line in lines(said.err) if line.startswith("error: ")]) == 1


def test_a_file_that_is_no_video_is_one_line(run, tmp_path):
    (tmp_path / "notes.mp4").write_text("not a video")
    said = run(tmp_path / "notes.mp4")
    assert said.code == 1
    assert len([line for line in lines(said.err) if line.startswith("error: ")]) == 1


def test_a_full_disk_stops_the_run_and_is_said(run, talking, breaking, out):
    breaking("talking.mkv", OutputError("cannot write clips: no space left on device", "free some space"))
    said = run(talking)
    assert said.code == 2
    assert "error: cannot write clips: no space left on device\nhint: free some space" in said.err


def test_an_unexpected_error_is_one_line_and_its_traceback_is_in_the_log(run, talking, tmp_path, breaking, out):
    shutil.copy(talking, tmp_path / "other.mkv")
    breaking("other.mkv", ValueError("boom"))
    said = run(tmp_path / "other.mkv", talking)
    assert said.code == 1
    log = out / "slceleb.log"
    assert "error: other: unexpected error: ValueError: boom" in lines(said.err)
    assert "hint: the traceback is in slceleb.log" in lines(said.err)
    assert "Traceback" not in said.err
    assert "Traceback" in log.read_text()
    assert "boom" in log.read_text()
    assert (out / "talking" / "result.json").is_file()


def test_a_log_that_cannot_be_written_is_said_and_stops_nothing(run, talking, breaking, out):
    (out / "slceleb.log").mkdir(parents=True)
    breaking("talking.mkv", ValueError("boom"))
    said = run(talking)
    assert said.code == 1
    assert "warning: cannot write the log" in said.err
    assert "Traceback" not in said.err


def test_there_is_no_log_when_there_is_nothing_to_say(run, talking, out):
    assert run(talking).code == 0
    assert not (out / "slceleb.log").exists()


def test_the_log_is_added_to_by_the_next_run(run, tmp_path, out):
    run(tmp_path / "one.mp4")
    run(tmp_path / "two.mp4")
    text = (out / "slceleb.log").read_text()
    assert "one.mp4" in text
    assert "two.mp4" in text


def test_a_fault_of_every_video_ends_the_run(run, talking, breaking, out):
    from slceleb_core.errors import ModelError

    breaking("talking.mkv", ModelError("model file a.onnx is not on this machine", "fetch it"))
    said = run(talking)
    assert said.code == 2
    assert "error: model file a.onnx is not on this machine\nhint: fetch it" in said.err


def test_ctrl_c_keeps_what_is_done_and_leaves_nothing_of_the_rest(run, talking, tmp_path, plugin, out):
    class Interrupting(FakeDetector):
        def detect(self, frames):
            if self.video.name == "second.mkv":
                raise KeyboardInterrupt
            return super().detect(frames)

        def start(self, video):
            self.video = video.path

    plugin.detector = Interrupting
    for name in ("second.mkv", "third.mkv"):
        shutil.copy(talking, tmp_path / name)
    said = run(talking, tmp_path / "second.mkv", tmp_path / "third.mkv", "--json", "--no-artefacts")
    assert said.code == 130
    assert [video["status"] for video in json.loads(said.out)["videos"]] == ["done", "pending", "pending"]
    assert [path.name for path in out.iterdir() if path.is_dir() and path.name[0] != "."] == ["talking"]
    assert not list((out / ".partial").iterdir())


def test_ctrl_c_before_the_first_video_is_one_line(run, talking, plugin):
    class Slow(FakeDetector):
        def open(self):
            raise KeyboardInterrupt

    plugin.detector = Slow
    said = run(talking)
    assert said.code == 130
    assert "error: interrupted" in lines(said.err)
    assert "Traceback" not in said.err


def test_a_video_given_twice_is_processed_once_with_a_note(run, talking, tmp_path):
    link = tmp_path / "link.mkv"
    link.symlink_to(talking)
    said = run(talking, link, "--json")
    assert said.code == 0
    found = json.loads(said.out)
    assert [video["video"] for video in found["videos"]] == [str(talking)]
    assert found["repeated"] == [str(link)]
    assert f"note: {link} is given more than once; it is processed once" in said.err


def test_a_warning_of_a_video_is_in_the_summary(run, tmp_path):
    silent = write_video(tmp_path / "silent.mkv", [Person()], audio=None, duration=1.0)
    said = run(silent)
    assert said.code == 0
    assert "warning: silent.mkv: no sound" in said.err


def test_an_audio_track_that_is_not_there_fails_that_video_and_says_which_are(run, talking, tmp_path, out):
    other = write_video(tmp_path / "other.mkv", [Person()], audio=builders.audio(1.0), duration=1.0)
    said = run(talking, other, "--audio-track", "no")  # Norwegian, which YAML takes for false
    assert said.code == 1
    assert "listening to: the audio track no" in said.err
    assert f"{other}: there is no audio track 'no': it has 1 (" in said.out + said.err
    assert run(talking, other, "--audio-track", "1").code == 0
    told = json.loads((out / "other" / "result.json").read_text())["audio"]
    assert (told["asked"], told["track"]["number"], told["track"]["taken_as"]) == ("1", 1, "asked for")


def test_the_list_goes_before_the_option_that_says_which_sound_is_meant(run, talking, tmp_path):
    (tmp_path / "list.csv").write_text(f"video,audio_track\n{talking},1\n")
    assert run("--video-list", tmp_path / "list.csv", "--audio-track", "fra").code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--audio-track", "the first"], "audio.track: expected a number, counted from 1, or a language, such as eng"),
        (["--profile", "defualt"], "did you mean default?"),
        (["--profile", "missing.yaml"], "cannot read the profile missing.yaml"),
        (["--set", "segments.onst=0.5"], "did you mean onset?"),
        (["--set", "segments"], "expected path=value"),
        (["--set", "detect.use=faek"], "did you mean fake?"),
        (["--set", "speaker.use=lost"], "the plugin lost of slceleb-lost 0.3 is broken: ImportError: no libfoo"),
        (["--set", "detect.options.saturaton=3"], "detect.options.saturaton: unknown option; did you mean saturation?"),
        (["--poi", "Red"], "add --poi-dir DIR"),
        (["--poi-dir", "nowhere"], "cannot read the photo folder nowhere"),
        (["--max-frames", "0"], "--max-frames"),
        (["--nonsense"], "--nonsense"),
    ],
)
def test_what_cannot_work_is_a_usage_error(run, talking, arguments, message):
    said = run(talking, *arguments)
    assert said.code == 2
    assert message in said.err
    assert "Traceback" not in said.err
    assert said.out == ""


def test_an_output_folder_is_required(slceleb, talking):
    said = slceleb("run", talking)
    assert said.code == 2
    assert "--output-dir" in said.err


def test_an_output_folder_that_cannot_be_written_is_a_usage_error(run, talking, out):
    out.write_text("a file")
    said = run(talking)
    assert said.code == 2
    assert f"cannot write to the output folder {out}" in said.err


def test_a_machine_setting_that_cannot_be_is_a_usage_error(run, talking, monkeypatch):
    monkeypatch.setenv("SLCELEB_DEVICE", "tpu")
    said = run(talking)
    assert said.code == 2
    assert "SLCELEB_DEVICE" in said.err


def test_an_empty_photo_folder_is_a_usage_error(run, talking, tmp_path):
    (tmp_path / "empty").mkdir()
    said = run(talking, "--poi-dir", tmp_path / "empty")
    assert said.code == 2
    assert "error: no photo in" in said.err


def test_a_name_that_no_photo_has_is_a_usage_error(run, talking, photos):
    said = run(talking, "--poi-dir", photos, "--poi", "Rde")
    assert said.code == 2
    assert "did you mean Red?" in said.err


def test_a_photo_that_is_not_used_is_a_warning(run, talking, photos, photo):
    photo(photos / "Red" / "nobody.png")
    said = run(talking, "--poi-dir", photos)
    assert said.code == 0
    assert "warning: photo not used" in said.err
    assert "nobody.png" in said.err


def test_names_are_printed_as_they_are(run, talking, tmp_path, photos):
    video = tmp_path / "[bold]clip[red] :smile:.mkv"
    shutil.copy(talking, video)
    (photos / "Red.png").rename(photos / "<script>[red]Ünï.png")
    said = run(video, "--poi-dir", photos)
    assert said.code == 0
    assert "[bold]clip[red] :smile:.mkv" in said.out
    assert "<script>[red]Ünï" in said.out
    assert "<script>[red]Ünï" in said.err


def test_a_name_that_a_terminal_would_obey_is_escaped(run, tmp_path):
    said = run(tmp_path / "evil\x1b[2J\nerror: fake.mp4")
    assert said.code == 1
    assert "\x1b" not in said.err + said.out
    assert "evil\\x1b[2J" in said.err


def test_a_name_that_is_not_utf_8_is_printed_escaped(run, tmp_path):
    said = run(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.mp4"))
    assert said.code == 1
    assert "caf\\xe9.mp4" in said.err
    assert "Traceback" not in said.err


def test_a_video_whose_name_is_not_utf_8_does_not_crash_the_json(run, talking, tmp_path):
    video = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.mkv")
    shutil.copy(talking, video)
    said = run(video, "--json")
    assert json.loads(said.out)["videos"][0]["video"] == video


def test_the_version_is_shown(slceleb):
    said = slceleb("--version")
    assert (said.code, said.out) == (0, f"slceleb {__version__}\n")


def test_the_exit_codes_are_in_the_help(slceleb):
    said = slceleb("run", "--help")
    assert said.code == 0
    assert all(f" {code} " in said.out for code in (0, 1, 2, 130))


def test_a_full_disk_that_fails_a_sink_twice_leaves_nothing(run, talking, plugin, out):
    class Full(MemorySink):
        def frame(self, frame):
            raise OSError(errno.ENOSPC, "No space left on device")

        def abort(self):
            raise OSError(errno.ENOSPC, "No space left on device")

    plugin.sink = Full
    said = run(talking, "--set", "sinks.0.use=memory")
    assert said.code == 2
    assert f"error: cannot write the results of {talking}: No space left on device" in said.err
    assert "free some space" in said.err
    assert not list((out / ".partial").iterdir())


def test_the_same_command_again_touches_nothing(run, talking, photos, out):
    assert run(talking, "--poi-dir", photos).code == 0
    before = (out / "talking" / "result.json").stat()
    said = run(talking, "--poi-dir", photos, "--json")
    (video,) = json.loads(said.out)["videos"]
    assert (said.code, video["status"], video["segments"][0]["person"]) == (0, "done", "Red")
    assert (out / "talking" / "result.json").stat() == before
    assert not (out / ".earlier").exists()


def test_another_profile_redoes_only_the_last_steps_and_keeps_the_earlier_results(run, talking, photos, out):
    first = json.loads(run(talking, "--poi-dir", photos, "--json").out)["videos"][0]
    said = run(talking, "--poi-dir", photos, "--json", "--set", "segments.pad=0.25")
    second = json.loads(said.out)["videos"][0]
    assert said.code == 0
    assert '"pad": 0.25' in (out / "talking" / "result.json").read_text()
    assert not any(first["statistics"]["cache"].values())
    assert all(second["statistics"]["cache"].values())
    assert (out / ".earlier" / "talking.1" / "result.json").is_file()


def test_a_batch_is_resumed_without_its_inputs(run, slceleb, talking, tmp_path, out):
    shutil.copy(talking, tmp_path / "one.mkv")
    (tmp_path / "later.mkv").touch()
    assert run(tmp_path / "one.mkv", tmp_path / "later.mkv").code == 1
    shutil.copy(talking, tmp_path / "later.mkv")
    for arguments in (["--resume", "--output-dir", out], ["--resume", out / "batch_checkpoint.json"]):
        said = slceleb("run", *arguments, "--json")
        found = json.loads(said.out)["videos"]
        assert [(Path(video["video"]).name, video["status"]) for video in found] == [
            ("one.mkv", "done"),
            ("later.mkv", "done"),
        ]
    checkpoint = json.loads((out / "batch_checkpoint.json").read_text())
    assert len(checkpoint["completed_videos"]) == 2


def test_a_failure_is_tried_again_when_asked_to(run, tmp_path):
    broken = tmp_path / "broken.mkv"
    broken.write_text("no video")
    assert run(broken, "--json").code == 1
    again, asked = (json.loads(run(broken, *more, "--json").out) for more in ([], ["--retry-failed"]))
    assert [found["videos"][0]["attempts"] for found in (again, asked)] == [0, 1]


def test_how_many_workers_there_are_and_why_is_said(run, talking, tmp_path):
    second = tmp_path / "second.mkv"
    second.write_bytes(talking.read_bytes())
    assert "workers: 1 (one a video)" in run(talking, "--dry-run", "--runner", "pool").out
    assert "workers: 1 (this process)" in run(talking, second, "--dry-run", "--runner", "inline").out
    assert "workers: 2 (one a video)" in run(talking, second, "--dry-run", "--jobs", "7").out
    assert "workers: 1 (as asked for)" in run(talking, second, "--dry-run", "--jobs", "1").out
    found = json.loads(run(talking, "--dry-run", "--json").out)
    assert found["workers"] == {"workers": 1, "reason": "this process"}
    assert "workers: 1 (this process)" in run(talking).err
    assert "workers: 0 (there is nothing to do)" in run(talking, "--dry-run").out


def test_a_dry_run_says_what_would_be_done_and_does_nothing(run, talking, out):
    said = run(talking, "--dry-run")
    assert said.code == 0
    assert "new" in said.out
    assert not out.exists()
    assert run(talking).code == 0
    found = json.loads(run(talking, "--dry-run", "--json").out)
    assert [(video["status"], video["reason"]) for video in found["videos"]] == [("done", "done earlier")]
    found = json.loads(run(talking, "--dry-run", "--json", "--set", "segments.pad=0.2").out)
    assert [(video["status"], video["reason"]) for video in found["videos"]] == [
        ("pending", "profile, photos or range changed")
    ]


def test_videos_come_from_folders_and_lists_with_ranges_and_people_of_their_own(run, talking, tmp_path, photos, out):
    folder = tmp_path / "videos"
    folder.mkdir()
    shutil.copy(talking, folder / "a.mkv")
    listed = tmp_path / "list.csv"
    listed.write_text("video,poi,start,end,id,licence\nvideos/a.mkv,Blue,1,2,part,CC BY\n")
    said = run("--video-dir", folder, "--video-list", listed, "--poi-dir", photos, "--json")
    assert said.code == 0
    whole, part = json.loads(said.out)["videos"]
    assert (whole["statistics"]["frames"], part["statistics"]["frames"]) == (75, 25)
    assert {segment["person"] for segment in whole["segments"]} == {"Red"}
    assert part["segments"] == []
    stated = json.loads((out / "part" / "source.json").read_text())
    assert stated["source"] == {"licence": "CC BY"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--runner", "poool"], "did you mean pool?"),
        (["--runner-option", "x"], "expected name=value"),
        (["--runner-option", "x=1"], "--runner-option.x: unknown option"),
        (["--video-dir", "nowhere"], "it does not exist"),
        (["--video-list", "nowhere.csv"], "cannot read the video list nowhere.csv"),
        (["--jobs", "0"], "--jobs"),
    ],
)
def test_what_a_batch_cannot_work_with_is_a_usage_error(run, talking, arguments, message):
    said = run(talking, *arguments)
    assert said.code == 2
    assert message in said.err
    assert "Traceback" not in said.err


def test_a_second_process_is_kept_out(run, talking, out):
    with claimed(out):
        said = run(talking)
    assert said.code == 2
    assert "works in the output folder" in said.err


def test_a_second_process_that_is_refused_takes_nothing_from_the_first(run, talking, out, monkeypatch):
    """Nor does it where process ids say nothing: it may be in another container, or on another machine."""

    def no_process_is_known(pid, signal):
        raise ProcessLookupError(errno.ESRCH, "No such process")

    hold = "import sys; from pathlib import Path; from slceleb_core.disk.lock import claimed\n"
    hold += "from slceleb_core.disk.output import OutputFolder\n"
    hold += "with claimed(Path(sys.argv[1])):\n"
    hold += "    print(OutputFolder(Path(sys.argv[1]), Path('first.mkv')).folder, flush=True); sys.stdin.read()"
    first = subprocess.Popen(
        [sys.executable, "-c", hold, out], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    folder = Path(first.stdout.readline().strip())
    monkeypatch.setattr(os, "kill", no_process_is_known)
    assert run(talking).code == 2
    assert (folder / "source.json").is_file()
    monkeypatch.undo()
    first.kill()
    first.communicate()


def test_a_run_sweeps_what_killed_processes_left(run, talking, out):
    """Whatever its process id; in a container every run is process 1."""
    for name in (f"{os.getpid()}-talk", "talk"):
        (out / ".partial" / name).mkdir(parents=True)
    (out / ".segments.csv.4711").touch()
    assert run(talking, "--dry-run").code == 0
    assert len(list((out / ".partial").iterdir())) == 2
    assert run(talking).code == 0
    assert list((out / ".partial").iterdir()) == []
    assert not (out / ".segments.csv.4711").exists()


def test_a_sink_that_fails_at_the_end_takes_nothing_away(run, talking, out, monkeypatch):
    """What it writes is about all videos; the results of each stand by then, and so does the summary."""

    def fails(*_):
        raise RuntimeError("fell over")

    monkeypatch.setattr("slceleb_core.sinks.json_files.JsonSink.collect", fails, raising=False)
    said = run(talking)
    assert said.code == 1
    assert "what is about all videos could not be written" in said.err
    assert "Traceback" not in said.err
    assert "RuntimeError: fell over" in (out / "slceleb.log").read_text(encoding="utf-8")
    assert (out / "batch_summary.json").is_file()
    assert (out / "talking" / "result.json").is_file()
    assert run(talking, "--dry-run").code == 0
