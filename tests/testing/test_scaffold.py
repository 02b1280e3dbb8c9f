"""What ``slceleb plugins new`` writes installs, is found, and passes its own tests; ``plugins test`` tries it."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from slceleb_core.errors import UsageError
from slceleb_core.testing.scaffold import ROLES, Package, write

NAMES = {
    "detector": "skin",
    "recognizer": "tiny_one",
    "speaker": "my-mouth",
    "voice": "pitch",
    "generator": "jaw",
    "sink": "tabs",
    "runner": "solo",
}


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """The folders of a package of each role."""
    into = tmp_path_factory.mktemp("new")
    return [write(Package(role, NAMES[role]), into) for role in ROLES]


@pytest.fixture(scope="module")
def site(tmp_path_factory, packages):
    """A folder in which all of them are installed."""
    site = tmp_path_factory.mktemp("site")
    # Without isolation no index is needed, but the build backend has to be here.
    isolation = ["--no-build-isolation"] if importlib.util.find_spec("hatchling") else []
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", *isolation, "--target", site, *packages]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return site


@pytest.fixture
def python(site, tmp_path):
    """Return a function that runs Python where they are installed; it gives the exit code and what was said."""

    def run(*arguments):
        path = os.pathsep.join([str(site), *filter(None, sys.path)])
        environment = {**os.environ, "PYTHONPATH": path, "COLUMNS": "300"}
        command = [sys.executable, *map(str, arguments)]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    return run


@pytest.mark.slow
def test_a_new_package_of_each_role_passes_its_own_tests(python, packages):
    tests = [folder / "tests" for folder in packages]
    quiet = ["-q", "-rfE", "-p", "no:cacheprovider", "--import-mode=importlib", "-c", os.devnull]
    code, said = python("-m", "pytest", *quiet, *tests)
    assert code == 0, said


def test_new_packages_are_found_by_what_a_profile_calls_them(python):
    code, said = python("-m", "slceleb_core", "plugins", "list")
    assert code == 0
    for role, name in NAMES.items():
        line = [name, role, Package(role, name).distribution, "0.1.0", "ok"]
        assert line in [shown.split() for shown in said.splitlines()]


def test_an_installed_plugin_is_tested_by_its_name(python):
    code, said = python("-m", "slceleb_core", "plugins", "test", "tabs", "--option", "decimals=1")
    assert code == 0, said
    assert " passed" in said


def test_a_plugin_that_breaks_its_contract_fails_and_the_promise_is_named(python, site):
    module = site / "slceleb_sink_tabs" / "sink.py"
    text = module.read_text(encoding="utf-8")
    module.write_text(text.replace("self._job.folder /", "self._job.output_dir /"), encoding="utf-8")
    try:
        code, said = python("-m", "slceleb_core", "plugins", "test", "tabs")
    finally:
        module.write_text(text, encoding="utf-8")
    assert code == 1
    assert "FAILED" in said
    assert "test_writes_only_into_its_folder" in said


def test_files_are_whole_and_nothing_of_a_template_is_left(packages):
    for folder in packages:
        files = [path for path in folder.rglob("*") if path.is_file()]
        assert {path.name for path in files} >= {"pyproject.toml", "README.md", "noxfile.py", "py.typed"}
        for path in files:
            text = path.read_text(encoding="utf-8")
            assert "{{" not in text
            assert "{%" not in text
            assert path.suffix != ".py" or max(map(len, text.splitlines()), default=0) <= 120, path


def test_nothing_is_overwritten(tmp_path):
    folder = write(Package("sink", "tabs"), tmp_path)
    (folder / "README.md").write_text("mine")
    with pytest.raises(UsageError, match="is there already"):
        write(Package("sink", "tabs"), tmp_path)
    assert (folder / "README.md").read_text() == "mine"


@pytest.mark.parametrize("name", ["", "Yunet", "my net", "../net", "net-", "2net", "a--b", "n" + "é"])
def test_a_name_that_no_profile_could_call_is_refused(name):
    with pytest.raises(UsageError, match="cannot be the name of a plugin"):
        Package("sink", name)


def test_a_role_that_is_none_is_answered_with_the_nearest():
    with pytest.raises(UsageError, match="did you mean detector"):
        Package("detektor", "net")


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="is there already"):
        write(Package("sink", "tabs"), Path(tmp_path / "file"))
