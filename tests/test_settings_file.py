"""Settings in a file: what is read, what is refused, and that nothing is a setting behind the back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import reid_audit
from reid_audit.errors import SettingsError
from reid_audit.settings import Settings, make_settings
from reid_audit.settings_file import MAX_BYTES, read_settings_file, settings_text


def written(folder, text):
    (folder / "settings.yaml").write_text(text, encoding="utf-8")
    return folder / "settings.yaml"


def test_what_is_written_reads_back(tmp_path) -> None:
    settings = Settings(seed=7, yaws=(-5.0, 0.0), groups=("sex",), mixed_folds=True, triangles=20_000)
    assert make_settings(read_settings_file(written(tmp_path, settings_text(settings)))) == settings


def test_all_triangles_have_a_word(tmp_path) -> None:
    assert make_settings(read_settings_file(written(tmp_path, "triangles: all"))).triangles is None
    assert make_settings({"triangles": "9000"}).triangles == 9000


def test_every_setting_is_written(tmp_path) -> None:
    assert set(read_settings_file(written(tmp_path, settings_text(Settings())))) == set(Settings.model_fields)


def test_an_empty_file_leaves_the_defaults(tmp_path) -> None:
    assert read_settings_file(written(tmp_path, "# nothing\n")) == {}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("seed: !!python/object/apply:os.system ['true']", "tag"),
        ("seed: !!int 3", "tag"),
        ("yaws: &a [0, 1]\npitches: *a", "anchor or alias"),
        ("seed: 1\nseed: 2", "stands twice"),
        ("yaws: [[[[[[0]]]]]]", "nested deeper"),
        ("seed: 1\n---\nseed: 2", "second document"),
        ("- seed", "no mapping"),
        ("1: 2", "no mapping"),
        ("seed: [", "no YAML in line"),
        ("seed: 'x", "no YAML"),
        (f"seed: {'1' * MAX_BYTES}", "more than"),
    ],
)
def test_what_is_refused(tmp_path, text, what) -> None:
    with pytest.raises(SettingsError, match=what):
        read_settings_file(written(tmp_path, text))


def test_bytes_that_are_no_text_and_files_that_are_none(tmp_path) -> None:
    (tmp_path / "settings.yaml").write_bytes(b"\xff\xfe\x00seed")
    with pytest.raises(SettingsError, match="no YAML"):
        read_settings_file(tmp_path / "settings.yaml")
    with pytest.raises(SettingsError, match="does not exist"):
        read_settings_file(tmp_path)
    with pytest.raises(SettingsError, match="does not exist"):
        read_settings_file(tmp_path / "nothing.yaml")


@pytest.mark.parametrize("text", ["sed: 1", "seed: -1", "svm_c: .inf", "attackers: photo-nearest", "yaws: [91]"])
def test_values_are_checked_as_flags_are(tmp_path, text) -> None:
    with pytest.raises(SettingsError, match=re.escape(text.split(":")[0])):
        make_settings(read_settings_file(written(tmp_path, text)))


def test_every_setting_is_a_flag_and_none_an_environment_variable() -> None:
    from typer.main import get_command

    from reid_audit.cli.app import app

    command = get_command(app).commands["run"]
    flags = {option for known in command.params for option in known.opts}
    spelled = {"attackers": "--attacker", "groups": "--by", "svm_kernels": "--svm-kernel"}
    missing = [name for name in Settings.model_fields if spelled.get(name, f"--{name.replace('_', '-')}") not in flags]
    assert missing == []
    assert [known.name for each in get_command(app).commands.values() for known in each.params if known.envvar] == []
    assert command.context_settings.get("auto_envvar_prefix") is None


def test_the_environment_names_places_and_no_settings() -> None:
    read = set()
    for file in Path(reid_audit.__file__).parent.rglob("*.py"):
        read |= set(re.findall(r"\"(REID_[A-Z_]+)\"", file.read_text(encoding="utf-8")))
    assert read == {"REID_AUDIT_CACHE", "REID_AUDIT_MODELS"}


def test_each_place_is_a_flag_of_every_command(tmp_path, monkeypatch) -> None:
    from typer.testing import CliRunner

    from reid_audit.cli.app import app
    from reid_audit.faces.folders import cache_folder

    monkeypatch.delenv("REID_AUDIT_MODELS", raising=False)
    before = cache_folder()
    said = CliRunner().invoke(app, ["--models", str(tmp_path / "mine"), "weights", "list"]).output
    assert said.startswith(f"Models folder: {tmp_path / 'mine'}\n")
    said = CliRunner().invoke(app, ["--cache", str(tmp_path / "kept"), "weights", "list"]).output
    assert said.startswith(f"Models folder: {tmp_path / 'kept' / 'models'}\n")
    assert cache_folder() == before


def test_workers_know_the_places(tmp_path) -> None:
    from reid_audit.faces.folders import folders_named, models_folder
    from reid_audit.workers import run_tasks

    with folders_named(models=tmp_path / "mine"):
        found = dict(run_tasks(_models_of_a_worker, [1, 2], workers=2))
    assert set(found.values()) == {str(tmp_path / "mine")}
    assert models_folder() != tmp_path / "mine"


def _models_of_a_worker(_task: int) -> str:
    from reid_audit.faces.folders import models_folder

    return str(models_folder())
