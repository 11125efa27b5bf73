"""Phantoms and what defacers made of them: what is kept, what is tried again, and what counts as a failure."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from standins import head

from reid_audit.errors import MissingResourceError
from reid_audit.reproduce import age_groups, judged
from reid_audit.types import Mask, ModelSpec


class Double:
    """A defacer that counts its calls and raises what it is told to."""

    def __init__(self, name: str, error: BaseException | None = None, version: str = "1") -> None:
        self.spec = ModelSpec(name, version, "MIT")
        self.error, self.calls = error, 0

    def deface(self, volume):
        self.calls += 1
        if self.error is not None:
            raise self.error
        cut = np.array(volume.data)
        cut[:6] = 0
        return replace(volume, data=cut), Mask(cut != np.asarray(volume.data), volume.affine, "footprint")


@pytest.fixture
def made(monkeypatch, tmp_path):
    """Deface two heads that no phantom is made for; return what came and how many heads were made."""
    heads: list[str] = []

    def phantom(*_who, **_how):
        heads.append("made")
        return SimpleNamespace(age=7.0, sex="F"), SimpleNamespace(volume=head())

    monkeypatch.setattr(age_groups, "phantom_of", phantom)
    monkeypatch.setattr(age_groups, "_write_masks", lambda *_given: [])

    def deface(*doubles: Double) -> age_groups.Defaced:
        monkeypatch.setattr(age_groups, "DEFACERS", {each.spec.name: lambda each=each: each for each in doubles})
        asked = {"modalities": ("T1w",), "seed": 7, "groups": ("child",)}
        return age_groups.deface_age_groups(
            tmp_path / "out", subjects=2, defacers=[each.spec.name for each in doubles], **asked
        )

    return deface, heads


NOT_HERE = MissingResourceError("niimath is not here.", remedy="Install it.")


def test_what_failed_is_tried_again_and_what_succeeded_is_not(made):
    deface, heads = made
    a, b, c = Double("a"), Double("b", MemoryError()), Double("c", NOT_HERE)
    first = deface(a, b, c)
    assert set(first.unavailable) == {"c"}
    assert {each.condition for each in first.failures} == {"b"}
    b.error = c.error = None
    d = Double("d")
    second = deface(a, b, c, d)
    assert (second.unavailable, second.failures) == ({}, ())
    assert sorted(second.seconds) == ["a", "b", "c", "d"]
    assert ([each.calls for each in (a, b, c, d)], len(heads)) == ([2, 4, 4, 2], 2)
    assert second.seconds["a"] == first.seconds["a"]
    third = deface(Double("a", version="2"), b, c, d)
    assert third.cohort.scans["condition"].tolist().count("a") == 2
    assert [each.calls for each in (b, c, d)] == [4, 4, 2]


def test_another_version_makes_it_anew_and_so_does_a_file_that_is_gone(made, tmp_path):
    deface, heads = made
    deface(Double("a"), Double("b"))
    newer, same = Double("a", version="2"), Double("b")
    (tmp_path / "out/child/sub-child002/sub-child002_T1w_desc-b.nii.gz").unlink()
    deface(newer, same)
    assert (newer.calls, same.calls, len(heads)) == (2, 1, 2)
    (tmp_path / "out/child/sub-child001/sub-child001_T1w.json").write_text("damaged")
    deface(newer, same)
    assert (newer.calls, same.calls, len(heads)) == (3, 2, 3)


def test_software_that_is_missing_for_one_scan_alone_loses_that_scan(made):
    deface, _ = made
    some = Double("a")
    once = some.deface

    def second_is_missing(volume):
        if some.calls:
            raise NOT_HERE
        return once(volume)

    some.deface = second_is_missing
    came = deface(some)
    assert came.unavailable == {}
    assert [each.what for each in came.failures] == [str(NOT_HERE)]


@pytest.mark.parametrize("others", [False, True])
def test_a_defacer_that_gave_nothing_at_all_counts_as_no_success(made, tmp_path, monkeypatch, others):
    deface, _ = made
    came = deface(Double("b", MemoryError()), Double("c", NOT_HERE), *([Double("a")] if others else []))
    monkeypatch.setattr(judged, "deface_age_groups", lambda *_place, **_how: came)
    verdicts = judged.verdict_table([judged.ScanQuality("s", f"child00{n}", "", "a", "T1w") for n in (1, 2)])
    measures = came.cohort.scans.iloc[:0].assign(measure="", value=0.0, unit="")
    others_judged = judged.JudgedCohort(judged.checked_verdicts(verdicts), measures, (), ())
    monkeypatch.setattr(judged, "judge_cohort", lambda *_cohort, **_how: others_judged)
    how = {"modalities": ("T1w",), "seed": 1, "voxel_size": 3.0, "tumours": False, "defacers": None}
    study = judged.judge_age_groups(
        tmp_path / "out", population="main", subjects=2, groups=("child",), workers=1, progress=None, **how
    )
    rows = study.rate_rows("success", "well", {"b": "50 %"})
    (row,) = [each for each in rows if (each.condition, each.method) == ("b", "well, all ages")]
    assert (row.value, row.n_subjects, row.metric, row.published) == (0.0, 2, "success_rate", "50 %")
    (absent,) = study.missing_rows("face_removed", "face removed", {})
    assert (absent.condition, absent.value, absent.metric) == ("c", None, "face_removed_rate")
    (paper,) = study.paper_rows({"measure": "0.9"}, condition="b")
    assert paper.note == "it failed on every scan: the defacer raised MemoryError"
    assert len(study.failures) == 2
