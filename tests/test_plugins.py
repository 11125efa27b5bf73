from __future__ import annotations

import importlib
import sys
import textwrap

import pytest

from reid_audit import plugins
from reid_audit.errors import MissingResourceError, UsageError
from reid_audit.protocols import Detector, Embedder, Matcher
from reid_audit.settings import Settings

SOURCE = """
    from reid_audit.errors import SettingsError

    class Matcher:
        name = "mine"
        def score(self, probes, references, rng):
            return None

    class Nothing:
        pass

    def fails():
        raise RuntimeError("no licence")

    def unset():
        raise SettingsError("A setting is wrong.")
"""


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Another distribution, with entry points."""

    def install(*lines: str, name: str = "made-up-plugin") -> None:
        (tmp_path / "made_up_plugin.py").write_text(textwrap.dedent(SOURCE))
        info = tmp_path / f"{name.replace('-', '_')}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("[reid_audit.matchers]\n" + "\n".join(lines) + "\n")
        importlib.invalidate_caches()

    monkeypatch.syspath_prepend(str(tmp_path))
    yield install
    sys.modules.pop("made_up_plugin", None)


def test_the_package_brings_its_own():
    assert isinstance(plugins.load_detector("dlib"), Detector)
    assert isinstance(plugins.load_embedder("dlib"), Embedder)
    assert plugins.load_embedder(Settings().embedder).spec.name == "dlib-onnx"
    assert isinstance(plugins.load_matcher("svm"), Matcher)
    assert plugins.available("matchers")[:6] == ("nearest", "mean", "topk", "svm", "svm-rbf", "cosine")


def test_a_plugin_is_listed_without_being_imported_and_loaded_by_name(installed):
    installed("mine = made_up_plugin:Matcher")
    assert plugins.available("matchers")[6:] == ("mine",)
    assert "made_up_plugin" not in sys.modules
    assert plugins.load_matcher("mine").name == "mine"


def test_an_unknown_name_says_which_there_are():
    with pytest.raises(UsageError, match=r"no embedder 'other'\. Known: dlib") as caught:
        plugins.load_embedder("other")
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("value", "error", "what"),
    [
        ("made_up_plugin:absent", MissingResourceError, "could not be imported: AttributeError"),
        ("no_such_package:Thing", MissingResourceError, "could not be imported: ModuleNotFoundError"),
        ("made_up_plugin:fails", MissingResourceError, "could not be made: RuntimeError: no licence"),
        ("made_up_plugin:unset", UsageError, "A setting is wrong"),
        ("made_up_plugin:Nothing", UsageError, "is none: it made a Nothing"),
    ],
)
def test_a_broken_plugin_is_a_clear_error(installed, value, error, what):
    installed(f"mine = {value}")
    with pytest.raises(error, match=what) as caught:
        plugins.load_matcher("mine")
    assert what.startswith("A setting") or caught.value.remedy


def test_a_name_that_two_packages_offer_is_refused(installed):
    installed("mine = made_up_plugin:Matcher")
    installed("mine = made_up_plugin:Nothing", name="second-plugin")
    with pytest.raises(UsageError, match="offered 2 times"):
        plugins.load_matcher("mine")


def test_no_package_can_take_the_name_of_a_part_of_this_one(installed):
    installed("nearest = made_up_plugin:Matcher")
    assert type(plugins.load_matcher("nearest")).__module__ == "reid_audit.match.nearest"
    assert plugins.available("matchers").count("nearest") == 1
