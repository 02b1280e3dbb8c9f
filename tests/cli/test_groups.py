"""``slceleb profiles``, ``plugins``, ``models``, ``poi`` and ``doctor``."""

import hashlib
import io
import json
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest
import yaml
from rich.console import Console

from slceleb_core.cli import session
from slceleb_core.models import Download, ModelFile
from slceleb_core.profile import load_profile
from slceleb_core.testing import GREEN, RED, FakeDetector

CONTENT = b"weights"


def weights(name="weights.onnx", url=None):
    downloads = (Download(url),) if url else ()
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    return ModelFile(name, sha256, len(CONTENT), "Apache-2.0", "finds faces", downloads=downloads)


@pytest.fixture
def with_model(plugin):
    """Let the fake detector need two model files."""

    class Needy(FakeDetector):
        model_files: ClassVar = (weights(), weights("other.onnx"))

    plugin.detector = Needy


@pytest.fixture
def cached(tmp_path):
    """Return a function that puts a file into the cache."""

    def put(name="weights.onnx", content=CONTENT):
        (tmp_path / "cache").mkdir(exist_ok=True)
        (tmp_path / "cache" / name).write_bytes(content)
        return tmp_path / "cache" / name

    return put


def test_the_shipped_profiles_are_listed(slceleb):
    said = slceleb("profiles", "list")
    assert said.code == 0
    assert "default" in said.out


def test_a_profile_is_shown_as_it_was_written(slceleb, fakes):
    assert slceleb("profiles", "show", fakes).out.strip() == fakes.read_text().strip()


def test_a_resolved_profile_has_every_default_and_is_valid(slceleb, fakes, tmp_path):
    said = slceleb("profiles", "show", fakes, "--resolved", "--set", "segments.pad=0.2")
    assert yaml.safe_load(said.out)["detect"]["options"]["min_side"] == 8
    (tmp_path / "again.yaml").write_text(said.out)
    assert load_profile(tmp_path / "again.yaml").segments.pad == 0.2


def test_a_profile_is_shown_with_values_set_and_no_defaults(slceleb, fakes):
    shown = yaml.safe_load(slceleb("profiles", "show", fakes, "--set", "segments.pad=0.2").out)
    assert shown["segments"] == {"pad": 0.2}
    assert "tracking" not in shown


def test_options_of_a_plugin_that_is_replaced_are_dropped_and_that_is_said(slceleb, fakes):
    fakes.write_text(fakes.read_text().replace("detect: {use: fake}", "detect: {use: fake, options: {min_side: 9}}"))
    said = slceleb("profiles", "show", fakes, "--set", "detect.use=other")
    assert yaml.safe_load(said.out)["detect"] == {"use": "other", "options": {}}
    assert said.err == "warning: --set detect.use=other: the options of fake are dropped: min_side\n"


def test_an_unknown_profile_is_not_shown(slceleb):
    said = slceleb("profiles", "show", "defualt")
    assert said.code == 2
    assert "did you mean default?" in said.err


def test_valid_profiles_are_told(slceleb, fakes):
    assert slceleb("profiles", "validate", fakes).out == f"{fakes}: ok\n"
    changed = slceleb("profiles", "validate", fakes, "--set", "speaker.options.window=-1")
    assert changed.code == 1
    assert "speaker.options.window" in changed.err


def test_every_invalid_profile_is_told_with_its_name(slceleb, fakes, tmp_path):
    (tmp_path / "key.yaml").write_text(fakes.read_text() + "segmnts: {}\n")
    (tmp_path / "option.yaml").write_text(fakes.read_text().replace("{use: fake}", "{use: fake, options: {x: 1}}", 1))
    (tmp_path / "text.yaml").write_text("a: [")
    said = slceleb("profiles", "validate", fakes, *(tmp_path / f"{name}.yaml" for name in ("key", "option", "text")))
    assert said.code == 1
    assert said.out == f"{fakes}: ok\n"
    assert all(f"{tmp_path / name}.yaml" in said.err for name in ("key", "option", "text"))
    assert "did you mean segments?" in said.err


def test_the_schema_holds_the_options_of_installed_plugins(slceleb):
    schema = json.loads(slceleb("profiles", "schema").out)
    assert "saturation" in json.dumps(schema["properties"]["detect"])


def test_a_profile_to_start_from_is_written(slceleb, tmp_path):
    said = slceleb("profiles", "init", tmp_path / "mine.yaml", "--from", "default")
    assert said.code == 0
    assert load_profile(tmp_path / "mine.yaml") == load_profile("default")


def test_a_profile_is_never_overwritten_unless_forced(slceleb, fakes):
    before = fakes.read_text()
    said = slceleb("profiles", "init", fakes)
    assert said.code == 2
    assert "hint: add --force" in said.err
    assert fakes.read_text() == before
    assert slceleb("profiles", "init", fakes, "--force").code == 0
    assert fakes.read_text() != before


def test_a_profile_that_cannot_be_written_is_one_line(slceleb, tmp_path):
    said = slceleb("profiles", "init", tmp_path / "nowhere" / "mine.yaml")
    assert said.code == 2
    assert "error: cannot write" in said.err


def test_plugins_are_listed_and_broken_ones_with_the_reason(slceleb):
    said = slceleb("plugins", "list")
    assert said.code == 0
    (fake,) = [line for line in said.out.splitlines() if "detector" in line]
    assert fake.split() == ["fake", "detector", "slceleb-fakes", "2.0", "ok"]
    assert "broken: ImportError: no libfoo" in said.out


def test_a_plugin_is_shown_with_its_options(slceleb):
    said = slceleb("plugins", "show", "fake")
    assert said.code == 0
    assert "saturation: integer, default 110, ≥ 1, ≤ 255" in said.out
    assert "Saturation (0..255) from which on a pixel is a face's." in said.out
    assert "fake: speaker, from slceleb-fakes 2.0" in said.out


def test_a_broken_plugin_is_shown_with_its_traceback(slceleb):
    said = slceleb("plugins", "show", "lost")
    assert said.code == 0
    assert "Traceback" in said.out
    assert "ImportError: no libfoo" in said.out


def test_an_unknown_plugin_is_not_shown(slceleb):
    said = slceleb("plugins", "show", "fakee")
    assert said.code == 2
    assert "hint: did you mean fake?" in said.err


def test_models_are_listed_with_licence_use_and_place(slceleb, with_model, cached):
    path = cached()
    said = slceleb("models", "list")
    assert said.code == 0
    here, absent = (line for line in said.out.splitlines() if ".onnx" in line)
    assert all(part in here for part in ("Apache-2.0", "detector fake", " ok ", f"cache: {path}"))
    assert "missing" in absent


def test_a_wrong_model_is_listed_as_wrong(slceleb, with_model, cached):
    cached(content=b"others")
    assert "wrong" in slceleb("models", "list").out


def test_models_that_are_here_are_verified(slceleb, with_model, cached):
    cached()
    said = slceleb("models", "verify")
    assert said.code == 0
    assert "weights.onnx: ok" in said.out
    assert "other.onnx: not on this machine" in said.out


def test_a_wrong_model_fails_the_verification(slceleb, with_model, cached):
    cached(content=b"others")
    said = slceleb("models", "verify")
    assert said.code == 1
    assert "weights.onnx" in said.err


def test_a_model_that_is_named_has_to_be_here(slceleb, with_model):
    assert slceleb("models", "verify", "other.onnx").code == 1


def test_the_path_of_a_model_is_printed(slceleb, with_model, cached):
    path = cached()
    assert slceleb("models", "where", "weights.onnx").out == f"{path}\n"


def test_the_path_of_a_model_that_is_not_here_is_an_error_with_ways_out(slceleb, with_model):
    said = slceleb("models", "where", "weights.onnx")
    assert (said.code, said.out) == (2, "")
    assert "hint: " in said.err


@pytest.mark.parametrize("command", ["where", "fetch", "verify"])
def test_an_unknown_model_is_an_error_with_a_suggestion(slceleb, with_model, command):
    said = slceleb("models", command, "weihgts.onnx")
    assert said.code == 2
    assert "did you mean weights.onnx?" in said.err


def test_a_model_that_is_here_is_not_fetched_again(slceleb, with_model, cached):
    path = cached()
    said = slceleb("models", "fetch", "weights.onnx")
    assert said.code == 0
    assert str(path) in said.out


def test_a_model_that_cannot_be_fetched_is_one_error(slceleb, with_model):
    said = slceleb("models", "fetch", "weights.onnx")
    assert said.code == 2
    assert "error: cannot fetch weights.onnx" in said.err


@pytest.fixture
def on_a_server(plugin, tmp_path):
    """Let the fake detector need a model file that lies on a server of this machine."""
    (tmp_path / "www").mkdir()
    (tmp_path / "www" / "weights.onnx").write_bytes(CONTENT)
    handler = type("Quiet", (SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=tmp_path / "www")) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}/weights.onnx"
        plugin.detector = type("Needy", (FakeDetector,), {"model_files": (weights(url=url),)})
        yield url
        server.shutdown()


def test_a_download_is_said_with_its_licence_and_address(slceleb, on_a_server, tmp_path):
    said = slceleb("models", "fetch", "weights.onnx")
    assert said.code == 0
    assert f"licence: Apache-2.0) from {on_a_server}" in said.err
    assert str(tmp_path / "cache" / "weights.onnx") in said.out
    assert (tmp_path / "cache" / "weights.onnx").read_bytes() == CONTENT


def test_a_download_has_a_bar_on_a_terminal(slceleb, on_a_server, monkeypatch):
    written = io.StringIO()
    monkeypatch.setattr(session, "err", Console(file=written, force_terminal=True, width=200))
    assert slceleb("models", "fetch", "weights.onnx").code == 0
    assert "weights.onnx" in written.getvalue()
    assert "7/7 bytes" in written.getvalue()


def test_good_photos_pass(slceleb, fakes, photos):
    said = slceleb("poi", "check", photos, "--profile", fakes)
    assert said.code == 0
    assert "persons: 2, photos: 2, errors: 0, warnings: 0" in said.out


@pytest.mark.parametrize(
    ("colours", "side", "problem"),
    [((), 60, "no face found"), ((RED, GREEN), 60, "2 faces found"), ((RED,), 20, "the face is too small")],
)
def test_photos_that_cannot_be_used_fail(slceleb, fakes, photos, photo, colours, side, problem):
    photo(photos / "Red" / "odd.png", *colours, side=side)
    said = slceleb("poi", "check", photos, "--profile", fakes)
    assert said.code == 1
    (line,) = [line for line in said.out.splitlines() if "odd.png" in line]
    assert f"error: {problem}" in line


def test_an_unreadable_photo_fails(slceleb, fakes, photos):
    (photos / "Blue" / "broken.jpg").write_text("no picture")
    said = slceleb("poi", "check", photos, "--profile", fakes)
    assert said.code == 1
    assert "broken.jpg" in said.out


def test_duplicates_and_strangers_are_warnings(slceleb, fakes, photos, photo):
    photo(photos / "Red" / "copy.png", RED)
    photo(photos / "Blue" / "other.png", GREEN)
    said = slceleb("poi", "check", photos, "--profile", fakes)
    assert said.code == 0
    assert "warning: is the same picture as" in said.out
    assert "warning: does not look like the other photos of Blue" in said.out


def test_photos_are_judged_by_the_threshold_of_the_profile(slceleb, fakes, photos, photo):
    photo(photos / "Blue" / "other.png", GREEN)
    said = slceleb("poi", "check", photos, "--profile", fakes, "--set", "identity.threshold=0.0")
    assert "does not look like" not in said.out


def test_the_photo_check_speaks_json(slceleb, fakes, photos, photo):
    odd = photo(photos / "Red" / "odd.png")
    said = slceleb("poi", "check", photos, "--profile", fakes, "--json")
    assert said.code == 1
    found = json.loads(said.out)
    assert [entry["usable"] for entry in found["photos"] if entry["path"] == str(odd)] == [False]
    assert [finding["path"] for finding in found["findings"]] == [str(odd)]


def test_a_photo_folder_that_is_not_there_is_a_usage_error(slceleb, fakes, tmp_path):
    assert slceleb("poi", "check", tmp_path / "nowhere", "--profile", fakes).code == 2


def test_the_doctor_names_plugins_that_do_not_load(slceleb, monkeypatch):
    said = slceleb("doctor")
    assert said.code == 1
    assert "plugin lost" in said.out
    assert "slceleb plugins show lost" in said.out


def test_the_doctor_is_content_with_a_good_machine(slceleb, monkeypatch):
    from slceleb_core.doctor import checks as doctor
    from slceleb_core.registry import Registry
    from slceleb_core.testing import FakePlugin

    monkeypatch.setattr(Registry, "discover", lambda: Registry.of(FakePlugin()))
    monkeypatch.setattr(doctor, "check", lambda stages, settings: [doctor.Finding("ok", "python", "3.11")])
    said = slceleb("doctor")
    assert (said.code, said.out.split()) == (0, ["ok", "python:", "3.11"])


def test_the_doctor_speaks_json(slceleb):
    found = json.loads(slceleb("doctor", "--json").out)["findings"]
    assert {"level": "error", "subject": "plugin lost"}.items() <= found[0].items()


def test_a_new_plugin_is_written_and_what_to_do_next_is_said(slceleb, tmp_path):
    said = slceleb("plugins", "new", "sink", "tabs", "--into", tmp_path / "made")
    assert said.code == 0
    folder = tmp_path / "made" / "slceleb-sink-tabs"
    assert said.out.splitlines() == [
        f"wrote {folder}: a sink that works, and its tests",
        f"next: cd {folder} && pip install -e '.[testing]' && pytest",
    ]
    assert (folder / "src" / "slceleb_sink_tabs" / "sink.py").is_file()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("sinkk", "tabs"), "there is no role 'sinkk'"),
        (("sink", "My Tabs"), "'My Tabs' cannot be the name of a plugin"),
        (("detector", "fake"), "slceleb-fakes 2.0 provides a detector named 'fake' already"),
    ],
)
def test_a_plugin_that_cannot_be_new_is_one_error(slceleb, tmp_path, words, message):
    said = slceleb("plugins", "new", *words, "--into", tmp_path / "made")
    assert said.code == 2
    assert said.err.startswith(f"error: {message}")
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("fakee",), "no plugin named 'fakee' is installed"),
        (("lost",), "the plugin lost is broken: ImportError: no libfoo"),
        (("memory", "--clip", "nowhere.mp4"), "--clip: no such file: nowhere.mp4"),
        (("memory", "--option", "x"), "--option x: expected name=value"),
        (("memory", "--option", "x=1"), "sink.options.x: unknown option"),
    ],
)
def test_what_cannot_be_tested_is_one_error(slceleb, words, message):
    said = slceleb("plugins", "test", *words)
    assert said.code == 2
    assert said.err.startswith(f"error: {message}")


def test_without_pytest_it_is_said_how_to_get_it(slceleb, monkeypatch):
    monkeypatch.setitem(sys.modules, "pytest", None)
    said = slceleb("plugins", "test", "memory")
    assert (said.code, said.err.count("\n")) == (2, 2)
    assert "pip install 'slceleb-core[testing]'" in said.err
