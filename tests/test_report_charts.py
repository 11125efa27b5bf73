"""Charts show what the pictures show: same lines, same places, nothing from outside that Plotly would read."""

from __future__ import annotations

import base64
import hashlib
import json

import numpy as np
import pytest
from report_samples import CONDITIONS, findings

from reid_audit.report import figure_cmc, figure_densities, figure_detection, figure_gallery, figure_rates, figure_roc
from reid_audit.report.chart import chart_of
from reid_audit.report.panels import curve
from reid_audit.report.scripts import page_scripts
from reid_audit.report.style import empty, panel_grid
from reid_audit.report.told import said_by_pointer, told_of

FIGURES = [figure_cmc, figure_densities, figure_detection, figure_gallery, figure_rates, figure_roc]


@pytest.mark.parametrize("draw", FIGURES)
def test_a_chart_has_every_line_of_its_picture(draw) -> None:
    figure = draw(findings())
    chart = chart_of(figure)
    json.dumps(chart, allow_nan=False)
    lines = sum(len(axes.lines) + len(axes.collections) + len(axes.images) for axes in figure.axes if axes.axison)
    assert len(chart["data"]) == lines > 0
    panels = [axes for axes in figure.axes if axes.axison]
    assert sum(name.startswith("xaxis") for name in chart["layout"]) == len(panels)
    words = " ".join(each["text"] for each in chart["layout"]["annotations"])
    assert "n = 16" in words


def test_points_and_ticks_are_the_picture_s() -> None:
    figure = figure_cmc(findings())
    chart = chart_of(figure)
    axes = figure.axes[0]
    line = axes.lines[0]
    np.testing.assert_allclose(chart["data"][0]["y"], line.get_ydata(), rtol=1e-3)
    assert chart["data"][0]["line"]["shape"] == "hv"
    assert chart["data"][0]["name"] == "original"
    assert chart["layout"]["yaxis"]["ticktext"] == ["0", "50 %", "100 %"]
    assert chart["data"][0]["meta"]["y"] == {"of": "Mate among the k best", "percent": True}
    dashes = {trace["name"]: trace["line"]["dash"] for trace in chart["data"][:4]}
    assert dashes["original"] == "solid"
    assert len({dashes[name] for name in CONDITIONS}) == 3
    assert {trace["legendgroup"] for trace in chart["data"]} == {*CONDITIONS, "chance"}


def test_every_mark_of_a_rate_tells_the_whole_number() -> None:
    chart = chart_of(figure_rates(findings()))
    told = [trace["meta"]["words"] for trace in chart["data"] if "meta" in trace]
    assert len(told) == len(chart["data"])
    assert all("interval" in words and "chance" in words for words in told)
    assert chart["layout"]["xaxis"]["fixedrange"] is True


def test_shares_are_where_the_picture_has_them() -> None:
    figure = figure_detection(findings())
    chart = chart_of(figure)
    np.testing.assert_allclose(chart["data"][0]["z"], figure.axes[0].images[0].get_array(), atol=1e-4)
    assert chart["data"][0]["meta"]["rows"][0] == "yaw −20°, pitch 15°"
    assert chart["data"][0]["meta"]["columns"][0] == "−40°, −10°"
    low, high = chart["layout"]["yaxis"]["range"]
    assert low > high  # the first row is on top


def test_a_long_curve_keeps_its_ends_and_its_steps() -> None:
    figure, ((axes,),) = panel_grid(1, 1)
    x = np.linspace(0, 1, 20_000)
    curve(axes, x, np.where(x < 0.3, 0.0, 0.9), "zero", ["zero"])
    (trace,) = chart_of(figure)["data"]
    assert len(trace["x"]) <= 402
    assert (trace["x"][0], trace["x"][-1]) == (0.0, 1.0)
    before = max(place for place, height in zip(trace["x"], trace["y"], strict=True) if height < 0.5)
    after = min(place for place, height in zip(trace["x"], trace["y"], strict=True) if height > 0.5)
    assert 0.28 < before < after < 0.32


def test_what_is_no_number_is_a_gap() -> None:
    figure, ((axes,),) = panel_grid(1, 1)
    axes.plot([0, 1, 2], [0.5, np.nan, 0.7], label="zero")
    (trace,) = chart_of(figure)["data"]
    assert trace["y"] == [0.5, None, 0.7]


def test_nothing_drawn_is_no_chart() -> None:
    assert chart_of(empty("No attacker was run.")) is None


def test_names_are_words_and_no_marks() -> None:
    figure, ((axes,),) = panel_grid(1, 1)
    name = "<a href='x'>$y$&"
    curve(axes, [0, 1], [0, 1], name, [name])
    (trace,) = chart_of(figure)["data"]
    assert trace["name"] == "&lt;a href='x'&gt;$y$&amp;"


def test_what_the_pointer_says_is_no_entry_of_the_key() -> None:
    label = said_by_pointer("zero", "45 %")
    assert label.startswith("_")
    told = told_of(label)
    assert (told.group, told.words) == ("zero", "45 %")
    assert told_of("_child3") is None
    assert told_of("zero").group == "zero"


def test_scripts_are_allowed_by_their_hash_alone() -> None:
    scripts = page_scripts()
    digest = base64.b64encode(hashlib.sha256(scripts.own.encode()).digest()).decode()
    assert scripts.allowed[0] == f"sha256-{digest}"
    assert len(scripts.allowed) == 2
    assert "</script" not in scripts.own
    assert "eval(" not in scripts.own
    assert "innerHTML" not in scripts.own
    assert len(scripts.library) < 2_500_000
