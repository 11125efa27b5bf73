"""Detection rates by head and by render, and the grid of cameras and lights."""

from __future__ import annotations

import numpy as np
import pytest
from evaluate_tables import templates

from reid_audit.evaluate import detection
from reid_audit.statistics import clopper_pearson

NAN = np.nan
LOST_HEAD = (None, None, None)


def heads(pattern, condition="original"):
    """One scan a person, three views; ``pattern`` holds whether each view shows a face."""
    return [
        (f"s{person}", f"{condition}{person}", condition, "scan", yaw, found)
        for person, views in enumerate(pattern)
        for yaw, found in zip((-30.0, 0.0, 30.0), views, strict=True)
    ]


def rates(rows, **more):
    grid, results = detection(templates(rows), **more)
    return grid, {(r.condition, r.metric): r for r in results}


def test_heads_and_renders_by_hand():
    _, found = rates(heads([(1, 1, 0), (0, 1, 0), (0, 0, 0), (1, 1, 1)]))
    head, render = found["original", "detection_rate"], found["original", "render_detection_rate"]
    assert head.value == 0.75
    assert (head.low, head.high) == clopper_pearson(3, 4)
    assert (head.n_subjects, head.n_probes) == (4, 4)
    assert render.value == pytest.approx(6 / 12)
    assert (render.n_subjects, render.n_probes) == (4, 12)
    assert render.low < 0.5 < render.high
    assert (head.attacker, head.matcher, head.embedder) == (None, None, "dlib")


def test_the_grid_counts_heads_at_each_view():
    grid, _ = rates(heads([(1, 1, 0), (0, 1, 0)]) + heads([(0, 0, 0), (0, 1, 0)], "zero"))
    assert list(grid.columns[:5]) == ["condition", "yaw", "pitch", "light_azimuth", "light_elevation"]
    assert grid["condition"].tolist() == ["original"] * 3 + ["zero"] * 3
    assert grid["yaw"].tolist() == [-30, 0, 30] * 2
    assert grid["n_heads"].tolist() == [2] * 6
    assert grid["n_detected"].tolist() == [1, 2, 0, 0, 1, 0]


def test_the_original_comes_first_and_photos_stand_apart():
    rows = heads([(1, 1, 1)], "zero") + heads([(1, 1, 1)])
    rows += [(f"s{i}", f"photo{i}", "photo", "photo", NAN, i > 0) for i in range(4)]
    grid, found = rates(rows)
    assert [key for key in found if key[1] == "detection_rate"] == [
        ("original", "detection_rate"),
        ("zero", "detection_rate"),
        ("photo", "detection_rate"),
    ]
    assert found["photo", "detection_rate"].value == 0.75
    assert ("photo", "render_detection_rate") not in found
    assert set(grid["condition"]) == {"original", "zero"}


def test_no_face_anywhere_is_zero_with_an_upper_limit_and_a_warning():
    _, found = rates(heads([(0, 0, 0)] * 7, "zero"))
    head = found["zero", "detection_rate"]
    assert head.value == 0
    assert head.high == pytest.approx(clopper_pearson(0, 7)[1])
    assert "no protection" in head.note
    assert found["zero", "render_detection_rate"].high == head.high


def test_a_lost_scan_is_no_head_without_a_face():
    """Three people with two sessions each; two scans of three people were lost, one person has lost both."""
    first, again = heads([(1, 1, 1), (0, 0, 0), LOST_HEAD]), heads([(1, 0, 1), LOST_HEAD, LOST_HEAD])
    again = [(subject, f"again{sample}", *rest) for subject, sample, *rest in again]
    grid, found = rates([*first, *again])
    head, render = found["original", "detection_rate"], found["original", "render_detection_rate"]
    assert (head.value, head.n_subjects, head.n_probes) == (0.5, 2, 3)
    assert render.value == pytest.approx((5 / 6 + 0) / 2)
    assert (render.n_subjects, render.n_probes) == (2, 9)
    assert grid["n_heads"].tolist() == [3, 3, 3]
    assert grid["n_detected"].tolist() == [2, 1, 2]
    for result in (head, render):
        assert "3 of 6 scans were lost and left out" in result.note


def test_lost_photographs_are_left_out_and_said():
    rows = [(f"s{i}", f"photo{i}", "", "photo", NAN, found) for i, found in enumerate((True, None, False, True))]
    _, found = rates(rows)
    assert found["photo", "detection_rate"].value == pytest.approx(2 / 3)
    assert "1 of 4 photographs was lost and left out" in found["photo", "detection_rate"].note


@pytest.mark.parametrize(("source", "what"), [("scan", "scans"), ("photo", "photographs")])
def test_where_everything_was_lost_there_is_no_rate(source, what):
    grid, found = rates([(f"s{i}", f"x{i}", "zero", source, 0.0, None) for i in range(3)])
    for result in found.values():
        assert (result.value, result.n_subjects, result.n_probes) == (None, 0, 0)
        assert f"3 of 3 {what} were lost" in result.note
        assert "no face was found" not in result.note
    assert not len(grid)
    assert len(found) == (2 if source == "scan" else 1)


def test_uneven_sessions_leave_everyone_the_same_weight():
    rows = heads([(1, 1, 1)]) + [("s1", f"again{i}", "original", "scan", 0.0, False) for i in range(5)]
    _, found = rates(rows)
    assert found["original", "detection_rate"].value == 0.5
    assert "each person counts the same" in found["original", "detection_rate"].note


@pytest.mark.parametrize("nothing", [None, templates([])])
def test_nothing_in_nothing_out(nothing):
    grid, found = detection(nothing)
    assert found == ()
    assert list(grid.columns[-2:]) == ["n_heads", "n_detected"]
