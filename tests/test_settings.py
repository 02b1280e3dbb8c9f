"""Settings: what the environment may say, and what is said about it when it is wrong."""

import logging
from pathlib import Path

import platformdirs
import pytest
from pydantic import ValidationError

from slceleb_core.errors import UsageError
from slceleb_core.settings import PREFIX, Settings, load_settings


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch):
    for name in Settings.model_fields:
        monkeypatch.delenv(PREFIX + name.upper(), raising=False)


def test_an_empty_environment_gives_the_defaults():
    settings = load_settings()
    assert settings.cache == platformdirs.user_cache_path("slceleb")
    assert (settings.models, settings.device, settings.offline) == (None, "auto", False)
    assert isinstance(logging.getLevelName(settings.log_level), int)


def test_every_variable_is_read(monkeypatch, tmp_path):
    monkeypatch.setenv("SLCELEB_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("SLCELEB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("SLCELEB_DEVICE", "cuda")
    monkeypatch.setenv("SLCELEB_DECODER", "nvdec")
    monkeypatch.setenv("SLCELEB_LOG_LEVEL", "debug")
    monkeypatch.setenv("SLCELEB_OFFLINE", "1")
    settings = load_settings()
    assert settings == Settings.model_construct(
        models=tmp_path / "models",
        cache=tmp_path / "cache",
        device="cuda",
        decoder="nvdec",
        log_level="DEBUG",
        offline=True,
    )


def test_empty_variables_count_as_unset(monkeypatch):
    unset = load_settings()
    for name in Settings.model_fields:
        monkeypatch.setenv(PREFIX + name.upper(), "")
    assert load_settings() == unset


def test_a_home_folder_is_resolved(monkeypatch):
    monkeypatch.setenv("SLCELEB_MODELS", "~/models")
    assert load_settings().models == Path.home() / "models"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SLCELEB_DEVICE", "gpu"),
        ("SLCELEB_LOG_LEVEL", "loud"),
        ("SLCELEB_OFFLINE", "perhaps"),
        ("SLCELEB_CACHE", "~nobody-of-this-name/x"),
    ],
)
def test_a_bad_value_is_one_line_naming_the_variable_and_the_value(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(UsageError) as error:
        load_settings()
    text = str(error.value)
    assert f"{name}='{value}'" in text
    assert "\n" not in text
    assert "pydantic" not in text


def test_two_bad_values_are_named_in_one_line(monkeypatch):
    monkeypatch.setenv("SLCELEB_DEVICE", "gpu")
    monkeypatch.setenv("SLCELEB_OFFLINE", "perhaps")
    with pytest.raises(UsageError, match=r"SLCELEB_DEVICE.*SLCELEB_OFFLINE"):
        load_settings()


def test_settings_cannot_be_changed():
    settings = load_settings()
    with pytest.raises(ValidationError):
        settings.device = "cpu"


def test_every_field_is_described():
    assert all(field.description for field in Settings.model_fields.values())


def test_the_store_and_the_context_carry_the_settings(monkeypatch, tmp_path):
    monkeypatch.setenv("SLCELEB_MODELS", str(tmp_path))
    monkeypatch.setenv("SLCELEB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("SLCELEB_DEVICE", "cpu")
    monkeypatch.setenv("SLCELEB_DECODER", "nvdec")
    monkeypatch.setenv("SLCELEB_OFFLINE", "true")
    settings = load_settings()
    store = settings.model_store()
    assert (store.folder, store.cache, store.offline) == (tmp_path, tmp_path / "cache", True)
    context = settings.stage_context()
    assert (context.models, context.device, context.decoder) == (store, "cpu", "nvdec")
