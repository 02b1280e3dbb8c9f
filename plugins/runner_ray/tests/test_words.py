"""Options that cannot be, and Ray's errors in a few words."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

pytest.importorskip("ray", reason="Ray is not installed: it has no wheel for this Python or this system")

from ray.exceptions import ActorUnavailableError, OutOfMemoryError, RaySystemError

from slceleb_core.testing.conformance.common import imported_with
from slceleb_runner_ray.config import RayConfig
from slceleb_runner_ray.probe import Requirements
from slceleb_runner_ray.wording import why


def test_results_are_put_under_a_url():
    with pytest.raises(ValidationError, match="is no URL"):
        RayConfig(results="bucket/folder")


def test_what_a_worker_takes():
    config = RayConfig(num_cpus=2, num_gpus=0.5, memory=3, resources={"reader": 1})
    assert config.demand() == {"CPU": 2, "GPU": 0.5, "memory": 3 * 2**20, "reader": 1}
    assert RayConfig().demand() == {"CPU": 1}


FACTS = {"python": "3.11", "versions": {"slceleb-core": "0.1.0"}, "seen": "token", "unseen": ""}


@pytest.mark.parametrize(
    ("theirs", "objection"),
    [
        ({}, ""),
        ({"python": "3.10"}, "Python is 3.10 there, 3.11 here"),
        ({"versions": {"slceleb-core": "0.2.0"}}, "slceleb-core is 0.2.0 there, 0.1.0 here"),
        ({"versions": {"slceleb-core": None}}, "slceleb-core is missing there, 0.1.0 here"),
        ({"seen": "", "unseen": "FileNotFoundError"}, "it does not see /shared/token (FileNotFoundError)"),
        ({"seen": "other"}, "it does not see /shared/token (what is there is another one)"),
    ],
)
def test_what_speaks_against_a_node(theirs, objection):
    assert Requirements(FACTS, "token", "/shared/token").objection({**FACTS, **theirs}) == objection


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ActorUnavailableError("socket closed", None), "its node cannot be reached"),
        (OutOfMemoryError("a page of text"), "the worker was killed because its node ran out of memory"),
        (RaySystemError("no\n  such luck"), "System error: no such luck"),
    ],
)
def test_errors_in_a_few_words(error, words):
    assert why(error) == words


def test_importing_the_plugin_does_not_import_ray():
    """`slceleb --help` imports every plugin, and Ray takes a second."""
    assert not imported_with("slceleb_runner_ray.runner") & {"ray", "fsspec", "grpc"}
