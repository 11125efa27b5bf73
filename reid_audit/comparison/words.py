"""The tables of a comparison in words: what stands in a cell, the same on the page, in LaTeX and on a terminal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reid_audit.report.changes import p_value
from reid_audit.report.numbers import MISSING, format_interval, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reid_audit.comparison.failure_risk import FailureRisk
    from reid_audit.comparison.rows import ConditionRow
    from reid_audit.comparison.success_tests import SuccessTests
    from reid_audit.types import Result
    from reid_audit.utility import Agreement

__all__ = [
    "WordTable",
    "agreement_words",
    "comparison_words",
    "difference_words",
    "failure_words",
    "success_words",
]


@dataclass(frozen=True)
class WordTable:
    """A table of text.

    Parameters
    ----------
    title, caption : str
    columns : tuple of str
    rows : tuple of tuple of str
    numeric : frozenset of int
        Columns set flush right.
    """

    title: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[int] = frozenset()


def _share(value: float | None, low: float | None, high: float | None) -> str:
    if value is None:
        return MISSING
    limits = format_interval("x_rate", low, high)
    return f"{percent(value)} ({limits.removesuffix(' %')})" if limits != MISSING else percent(value)


def _rate(result: Result | None) -> str:
    return MISSING if result is None else _share(result.value, result.low, result.high)


def _number(value: float | None, digits: int = 2) -> str:
    return MISSING if value is None else f"{value:.{digits}f}"


def comparison_words(rows: Sequence[ConditionRow], confidence: float) -> WordTable:
    """Return the one table: a row a condition; ``confidence`` is that of its intervals."""
    columns = (
        "Condition",
        "Risk, upper limit",
        "Rank 1 (interval)",
        "Chance",
        "n searched",
        "Face found",
        "Success (interval)",
        "n judged",
        "Face removed",
        "Ears removed",
        "Brain kept",
        "Brain lost ml, median (most)",
        "Spearman, median (least)",
        "Change, median",
        "Equivalent",
        "Lost",
    )
    cells = tuple(
        (
            row.condition,
            MISSING if row.risk.upper is None else f"{percent(row.risk.upper)} ({row.risk.attacker})",
            _share(row.risk.rank, row.risk.low, row.risk.high),
            percent(row.risk.chance),
            str(row.risk.n_subjects),
            percent(row.risk.detection),
            _rate(row.success),
            MISSING if row.success is None else str(row.success.n_subjects),
            _rate(row.face_removed),
            _rate(row.ears_removed),
            _rate(row.brain_kept),
            _pair(row.brain.median_ml, row.brain.most_ml),
            _pair(row.utility.spearman, row.utility.spearman_least),
            percent(row.utility.absolute_relative),
            f"{row.utility.n_equivalent} of {row.utility.n_tested}" if row.utility.n_tested else MISSING,
            str(row.n_lost),
        )
        for row in rows
    )
    caption = (
        "Risk: the one-sided 95 % limit of rank 1 under the attack that can exclude least, and rank 1 of the same "
        "attack. Success: face removed and no brain lost; ears apart. Spearman, change (mean difference without sign "
        "as a share of the original) and equivalence: over all measures, original against defaced. Intervals: "
        f"{100 * confidence:g} %, over people. Lost: scans without a usable result."
    )
    return WordTable("Defacers side by side", caption, columns, cells, frozenset(range(1, len(columns))))


def _pair(first: float | None, second: float | None) -> str:
    return MISSING if first is None else f"{_number(first)} ({_number(second)})"


def success_words(rates: Sequence[Result]) -> WordTable:
    """Return success by condition and group."""
    names = {
        "success_rate": "Success",
        "face_removed_rate": "Face removed",
        "ears_removed_rate": "Ears removed",
        "brain_kept_rate": "Brain kept",
    }
    cells = tuple(
        (
            result.condition,
            result.group or "everybody",
            names.get(result.metric, result.metric),
            _rate(result),
            str(result.n_subjects),
            str(result.n_probes),
            result.note,
        )
        for result in rates
    )
    caption = (
        "Share of scans; each person counts once. Intervals are exact where each person has one scan. Small groups "
        "are hidden."
    )
    columns = ("Condition", "Group", "What", "Share (interval)", "People", "Scans", "Note")
    return WordTable("Success by defacer and group", caption, columns, cells, frozenset({3, 4, 5}))


def difference_words(tests: Sequence[SuccessTests]) -> WordTable:
    """Return the tests between defacers."""
    cells: list[tuple[str, ...]] = []
    for test in tests:
        what = test.outcome.replace("_", " ")
        q = test.overall
        cells.append(
            (
                what,
                f"all {len(test.conditions)}",
                MISSING if q is None else f"Q = {q.statistic:.2f}, df {q.freedom}",
                MISSING if q is None else str(q.n_people),
                MISSING,
                p_value(None if q is None else q.p_value),
                "; ".join(filter(None, (test.note, q.note if q else ""))),
            )
        )
        cells += [
            (
                what,
                f"{pair.first} / {pair.second}",
                f"{pair.first_only} / {pair.second_only}",
                str(pair.n_subjects),
                _points(pair.difference, pair.low, pair.high),
                p_value(pair.p_adjusted),
                pair.note,
            )
            for pair in test.pairs
        ]
    caption = (
        "All at once: Cochran's Q. Two by two: people for whom only the first, and only the second, did well in all "
        "scans; difference: second less first, in points, with its interval; p: McNemar's exact test, corrected by "
        "Holm over the pairs of one outcome."
    )
    columns = ("Outcome", "Defacers", "Statistic", "People", "Difference", "p", "Note")
    return WordTable("Do defacers differ on the same people?", caption, columns, tuple(cells), frozenset({2, 3, 4, 5}))


def _points(value: float | None, low: float | None, high: float | None) -> str:
    def signed(number: float) -> str:
        return f"{100 * number:+.0f}".replace("-", "−")

    if value is None:
        return MISSING
    return signed(value) if low is None or high is None else f"{signed(value)} ({signed(low)} to {signed(high)})"


def failure_words(risks: Sequence[FailureRisk]) -> WordTable:
    """Return which failures go with being found."""
    columns = (
        "Attacker",
        "What failed",
        "People",
        "Forms",
        "Where it failed",
        "Where it passed",
        "Difference",
        "Shuffled",
        "Note",
    )
    cells = tuple(
        (
            "/".join(filter(None, (each.attacker, each.matcher, each.relation))),
            each.part,
            str(each.n_subjects),
            str(each.n_forms),
            percent(each.found_failed),
            percent(each.found_passed),
            _points(each.difference, each.low, each.high),
            _points(each.control, None, None),
            each.note,
        )
        for each in risks
        if each.difference is not None
    )
    without = sum(each.difference is None for each in risks)
    more = (
        f" {without} without a number stand in tables/failures_and_risk.csv alone, each with its reason."
        if without
        else ""
    )
    caption = (
        "The same people: found first where a defacer left the region (or altered brain), less found where another "
        "removed it, in points with its interval over people; shuffled: verdicts dealt anew over each person's forms. "
        f"Regions are left together: what goes with being found need not be its cause.{more}"
    )
    return WordTable("Which failures go with being found?", caption, columns, cells, frozenset(range(2, 8)))


def agreement_words(agreements: Sequence[Agreement]) -> WordTable:
    """Return the measures of original against defaced."""
    columns = (
        "Condition",
        "Sequence",
        "Measure",
        "n",
        "Spearman (interval)",
        "ICC (interval)",
        "Bias",
        "Limits of agreement",
        "Change",
        "Without sign",
        "Times usual",
        "Equivalent (p)",
        "Note",
    )
    cells = tuple(
        (
            each.condition,
            each.modality or MISSING,
            f"{each.measure} [{each.unit}]" if each.unit else each.measure,
            str(each.n_subjects),
            _with_limits(each.spearman, each.spearman_low, each.spearman_high),
            _with_limits(each.icc, each.icc_low, each.icc_high),
            _plain(each.bias),
            MISSING if each.limit_low is None else f"{_plain(each.limit_low)} to {_plain(each.limit_high)}",
            _relative(each.relative),
            _relative(each.absolute_relative, sign=False),
            _number(each.times_usual),
            _equivalent(each),
            each.note,
        )
        for each in agreements
    )
    margin = percent(agreements[0].margin) if agreements else MISSING
    caption = (
        "Original against defaced, over people. Bias and limits (Bland and Altman) in the unit of the measure; change "
        f"as a share of the original; equivalence: two one-sided tests at a margin of {margin}, each for itself; times "
        "usual: change without sign over that of the yardstick."
    )
    return WordTable("What later analysis keeps", caption, columns, cells, frozenset(range(3, 12)))


def _with_limits(value: float | None, low: float | None, high: float | None) -> str:
    if value is None:
        return MISSING
    return f"{value:.3f}" if low is None or high is None else f"{value:.3f} ({low:.3f} to {high:.3f})"


def _plain(value: float | None) -> str:
    return MISSING if value is None else f"{value:.3g}".replace("-", "−")


def _relative(value: float | None, *, sign: bool = True) -> str:
    return MISSING if value is None else f"{100 * value:{'+' if sign else ''}.2f} %".replace("-", "−")


def _equivalent(each: Agreement) -> str:
    if each.equivalent is None:
        return MISSING
    return f"{'yes' if each.equivalent else 'not shown'} ({p_value(each.equivalence_p)})"
