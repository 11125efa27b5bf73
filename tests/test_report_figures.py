"""Figures hold the numbers they are given and survive what names can be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure
from report_samples import findings

from reid_audit.report import (
    figure_cmc,
    figure_densities,
    figure_det,
    figure_detection,
    figure_gallery,
    figure_open_set,
    figure_rates,
    figure_roc,
)
from reid_audit.report.density import density
from reid_audit.report.gallery import figure_images
from reid_audit.report.panels import key_inside
from reid_audit.report.style import panel_grid, printable, stroke_of, svg

FIGURES = [
    figure_cmc,
    figure_densities,
    figure_det,
    figure_detection,
    figure_gallery,
    figure_rates,
    figure_roc,
]


def searched_by_strangers(**changes: object):
    """Findings in which the searches of one attacker are those of an open set."""
    base = findings()
    scores = tuple(replace(table, attacker="open-set") for table in base.scores if table.attacker == "photo-nearest")
    return findings(scores=scores, **changes)


def texts(figure: Figure) -> str:
    parts = [text.get_text() for axes in figure.axes for text in (*axes.texts, axes.title)]
    parts += [axes.get_title(loc="left") for axes in figure.axes]
    return " | ".join(parts)


@pytest.mark.parametrize("draw", FIGURES)
def test_a_figure_is_drawn_with_its_n(draw) -> None:
    figure = draw(findings())
    assert isinstance(figure, Figure)
    assert "n = 16" in texts(figure)
    content = svg(figure)
    assert content.startswith(b"<?xml")
    assert svg(draw(findings())) == content


@pytest.mark.parametrize("draw", FIGURES)
def test_nothing_to_draw_is_said(draw) -> None:
    base = findings()
    assert "No " in texts(draw(findings(scores=(), results=(), detection=base.detection.iloc[:0])))


@pytest.mark.parametrize("draw", FIGURES)
def test_names_from_outside_are_drawn_as_text(draw) -> None:
    name = "$x^{ 脱顔 \u200f\n<b>" + "x" * 300
    base = findings()

    def renamed(values):
        return tuple(
            v.__class__(**{**vars(v), "condition": name if v.condition == "zero" else v.condition}) for v in values
        )

    detection = base.detection.replace({"condition": {"zero": name}})
    assert svg(draw(findings(results=renamed(base.results), scores=renamed(base.scores), detection=detection)))


def test_a_panel_without_a_curve_has_no_key() -> None:
    figure, ((axes,),) = panel_grid(1, 1)
    key_inside(axes)
    assert axes.get_legend() is None
    axes.plot([0, 1], [0, 1], label="chance")
    key_inside(axes)
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["chance"]
    assert svg(figure)


def test_panels_of_two_embedders_are_told_apart() -> None:
    table = next(table for table in findings().scores if table.attacker == "photo-nearest")
    drawn = texts(figure_densities(findings(scores=(table, replace(table, embedder="other")))))
    assert "photo-nearest, dlib" in drawn
    assert "photo-nearest, other" in drawn


def spoken(**more: object) -> dict[str, str]:
    return {figure.title: figure.alt for figure in figure_images(findings(**more))}


def test_scores_that_are_no_cosines_have_spoken_numbers() -> None:
    base = next(result for result in findings().results if result.metric == "rank")
    numbers = tuple(
        replace(base, metric=f"{kind}_median_{pair}", k=None, value=value)
        for kind, pair, value in (("cosine", "mated", 0.71), ("score", "mated", 1.25), ("score", "nonmated", -0.5))
    )
    said = spoken(results=numbers)["Score densities"]
    assert "cosine_median_mated 0.71, n = 16" in said
    assert "score_median_mated 1.25, n = 16" in said
    assert "score_median_nonmated -0.50, n = 16" in said


def test_spoken_numbers_that_are_cut_are_counted() -> None:
    base = next(result for result in findings().results if result.metric == "auc" and result.value)
    assert "; 6 more stand in the tables." in spoken(results=(base,) * 30)["Receiver operating characteristics"]
    assert "more stand" not in spoken(results=(base,) * 24)["Receiver operating characteristics"]


def test_figures_leave_no_global_state() -> None:
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    svg(figure_cmc(findings()))
    assert dict(mpl.rcParams) == before


def test_the_heat_map_shows_the_shares() -> None:
    figure = figure_detection(findings())
    table = findings().detection
    for axes, condition in zip(figure.axes, ("original", "meanface", "zero"), strict=True):
        part = table[table["condition"] == condition]
        shown = np.asarray(axes.images[0].get_array())
        assert shown.shape == (9, 9)
        assert shown.mean() == pytest.approx((part["n_detected"] / part["n_heads"]).mean())
        top_left = part[
            (part["pitch"] == 15)
            & (part["yaw"] == -20)
            & (part["light_azimuth"] == -40)
            & (part["light_elevation"] == -10)
        ]
        assert shown[0, 0] == pytest.approx(float(top_left["n_detected"].iloc[0]) / 16)


def test_conditions_are_told_apart_without_colour() -> None:
    names = ["original", "a", "b", "c"]
    assert len({str(stroke_of(name, names)[1]) for name in names}) == 4


def test_a_label_is_never_mathematics() -> None:
    assert printable("$a$") == r"\$a\$"


def test_density_integrates_to_one_and_peaks_at_the_scores(rng: np.random.Generator) -> None:
    grid = np.linspace(-8, 10, 901)
    curve = density(rng.normal(1.0, 1.0, 20_000), grid)
    assert curve.sum() * (grid[1] - grid[0]) == pytest.approx(1.0, abs=1e-3)
    assert grid[curve.argmax()] == pytest.approx(1.0, abs=0.4)
    assert curve.max() == pytest.approx(0.3989, rel=0.06)


def test_density_of_nothing_and_of_one_value() -> None:
    grid = np.linspace(0, 1, 101)
    assert not density([], grid).any()
    single = density([0.5], grid)
    assert grid[single.argmax()] == pytest.approx(0.5)
    assert single.sum() * 0.01 == pytest.approx(1.0, abs=1e-2)


def test_the_open_set_is_drawn_where_it_was_searched_and_only_there() -> None:
    assert "No open set was searched." in texts(figure_open_set(findings()))
    figure = figure_open_set(searched_by_strangers())
    (axes,) = [each for each in figure.axes if each.lines]
    assert len(axes.lines) == 3  # one a condition
    for line in axes.lines:
        assert np.all(np.diff(line.get_ydata()) >= 0)
    titles = {image.title for image in figure_images(searched_by_strangers())}
    assert "Searches for people who may not be there" in titles
    assert "Searches for people who may not be there" not in {image.title for image in figure_images(findings())}


@pytest.mark.parametrize(
    ("people", "ticks", "marks"), [(2, ["2"], False), (16, ["2", "5", "10", "16"], False), (60, None, True)]
)
def test_marks_are_promised_where_some_are_drawn_and_the_axes_end_with_the_lines(
    people: int, ticks: list[str] | None, marks: bool
) -> None:
    from evaluate_tables import table

    names = [f"s{number:02}" for number in range(people)]
    scores = np.random.default_rng(3).normal(size=(people, people)) + 2 * np.eye(people)
    known = findings(scores=(replace(table(scores, names, names), condition="original"),), results=())
    (among,) = (image for image in figure_images(known) if image.title == "Among more people")
    assert ("Marks: extrapolated" in among.caption) is marks
    assert ("nothing was extrapolated" in among.caption) is not marks
    axes = next(each for each in figure_gallery(known).axes if each.lines)
    end = max(max(line.get_xdata()) for line in axes.lines)
    assert axes.get_xticks()[-1] == end
    assert axes.get_xlim()[1] == max(end, 2.5)
    assert axes.get_ylim()[1] <= 1.05
    assert ("one size searched: no curve" in [text.get_text() for text in axes.texts]) is (people == 2)
    assert ticks is None or [label.get_text() for label in axes.get_xticklabels()] == ticks


def test_a_panel_of_densities_without_scores_says_so() -> None:
    base = findings()
    gone = tuple(replace(t, scores=np.full_like(t.scores, np.nan)) if t.condition == "zero" else t for t in base.scores)
    panels = [axes for axes in figure_densities(findings(scores=gone)).axes if axes.texts and not axes.lines]
    assert len(panels) == 4
    assert all("no comparison" in [text.get_text() for text in axes.texts] for axes in panels)


def test_the_gallery_curve_is_what_was_measured_and_marks_extrapolations_apart() -> None:
    from evaluate_tables import table

    from reid_audit.evaluate import gallery_points

    people = [f"s{number:02}" for number in range(60)]
    scores = np.random.default_rng(3).normal(size=(60, 60)) + 2 * np.eye(60)
    searched = replace(table(scores, people, people), condition="original")
    points = gallery_points(searched)
    beyond = points["extrapolated"].astype(bool)
    axes = next(each for each in figure_gallery(findings(scores=(searched,), results=())).axes if each.lines)
    np.testing.assert_allclose(axes.lines[0].get_ydata(), points[~beyond]["rate"].to_numpy(dtype=float))
    marked = {line.get_marker(): line.get_ydata() for line in axes.lines if line.get_linestyle() == "None"}
    assert len(marked) == points[beyond]["model"].nunique() >= 2
    np.testing.assert_allclose(
        np.sort(np.concatenate(list(marked.values()))), np.sort(points[beyond]["rate"].to_numpy(dtype=float))
    )


def test_the_error_tradeoff_has_the_rates_of_its_points() -> None:
    from scipy.special import ndtr

    figure = figure_det(findings())
    axes = next(each for each in figure.axes if len(each.lines) > 1)
    x, y = (ndtr(values) for values in axes.lines[0].get_data())
    assert np.all((x > 0) & (x < 1) & (y > 0) & (y < 1))
    assert np.all(np.diff(x) >= 0)
    assert np.all(np.diff(y) <= 0)
