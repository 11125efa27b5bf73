"""One row a defacer: risk, face, ears, brain and utility side by side."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from reid_audit.comparison.risk import Risk, risk_of
from reid_audit.types import ORIGINAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from reid_audit.types import Findings, Result
    from reid_audit.utility import Agreement

__all__ = ["Brain", "ConditionRow", "Utility", "condition_rows"]

_RATES = ("success", "face_removed", "ears_removed", "brain_kept")


@dataclass(frozen=True)
class Brain:
    """How much of the brain a condition cost.

    Parameters
    ----------
    n_scans : int
        With a known loss.
    median_ml, most_ml : float or None
    """

    n_scans: int
    median_ml: float | None
    most_ml: float | None


@dataclass(frozen=True)
class Utility:
    """What later analysis keeps, over all measures of a condition.

    Parameters
    ----------
    n_measures : int
        Measures by sequence with a rank correlation or a relative difference.
    spearman, spearman_least : float or None
        Median over measures, and the lowest.
    least_measure : str
        Whose that is.
    absolute_relative : float or None
        Median over measures of the mean difference without sign, as a share of the original.
    usual : float or None
        The same of the yardstick, over the measures that it has.
    n_within_usual, n_with_usual : int
        Measures that differ no more than usual, of those with a yardstick.
    n_equivalent, n_tested : int
        Measures shown to be equivalent at the margin, of those tested.
    """

    n_measures: int
    spearman: float | None = None
    spearman_least: float | None = None
    least_measure: str = ""
    absolute_relative: float | None = None
    usual: float | None = None
    n_within_usual: int = 0
    n_with_usual: int = 0
    n_equivalent: int = 0
    n_tested: int = 0


@dataclass(frozen=True)
class ConditionRow:
    """One condition of a comparison.

    Parameters
    ----------
    condition : str
    n_subjects, n_scans, n_lost : int
        People and original scans that should have a defaced form, and scans without a usable one.
    risk : Risk
    success, face_removed, ears_removed, brain_kept : Result or None
        None for the originals, which nobody defaced.
    brain : Brain
    utility : Utility
    note : str
        Why a number is missing.
    """

    condition: str
    n_subjects: int
    n_scans: int
    n_lost: int
    risk: Risk
    success: Result | None
    face_removed: Result | None
    ears_removed: Result | None
    brain_kept: Result | None
    brain: Brain
    utility: Utility
    note: str = ""

    def flat(self) -> dict[str, Any]:
        """Return the row as plain columns for a table."""
        made: dict[str, Any] = {
            "condition": self.condition,
            "n_subjects": self.n_subjects,
            "n_scans": self.n_scans,
            "n_lost": self.n_lost,
        }
        made |= {f"risk_{name}": value for name, value in vars(self.risk).items() if name not in {"condition", "note"}}
        for name in _RATES:
            result: Result | None = getattr(self, name)
            made |= {
                name: result.value if result else None,
                f"{name}_low": result.low if result else None,
                f"{name}_high": result.high if result else None,
                f"{name}_n": result.n_subjects if result else 0,
            }
        made |= {f"brain_lost_{name}": value for name, value in vars(self.brain).items()}
        made |= {f"utility_{name}": value for name, value in vars(self.utility).items()}
        return made | {"note": self.note}


def condition_rows(
    findings: Findings, verdicts: pd.DataFrame, rates: Sequence[Result], agreements: Sequence[Agreement]
) -> tuple[ConditionRow, ...]:
    """Put what was found about each condition into one row, the original first.

    Parameters
    ----------
    findings : Findings
        Of the audit.
    verdicts : pandas.DataFrame
        As :func:`~reid_audit.comparison.verdicts.checked_verdicts` returns it, with ``brain_lost_ml``.
    rates : sequence of Result
        Of :func:`~reid_audit.comparison.success.success_rates`, of which those without a group enter.
    agreements : sequence of Agreement

    Returns
    -------
    tuple of ConditionRow
    """
    scans = findings.cohort.scans
    names = dict.fromkeys([ORIGINAL, *scans["condition"], *verdicts["condition"]])
    by_rate = {(result.condition, result.metric): result for result in rates if not result.group}
    rows = []
    for name in map(str, names):
        own = verdicts[verdicts["condition"] == name]
        present = scans[scans["condition"] == name]
        risk = risk_of(findings, name)
        brain = _brain(own)
        utility = utility_of([each for each in agreements if each.condition == name])
        asked = own if len(own) else present
        results = {rate: by_rate.get((name, f"{rate}_rate")) for rate in _RATES}
        rows.append(
            ConditionRow(
                name,
                int(asked["subject"].nunique()),
                len(asked),
                int(own["lost"].sum()) if len(own) else 0,
                risk,
                brain=brain,
                utility=utility,
                note=_note(name, risk, results, brain, utility),
                **results,
            )
        )
    return tuple(rows)


def _brain(own: pd.DataFrame) -> Brain:
    known = [float(each) for each in own["brain_lost_ml"].dropna()] if "brain_lost_ml" in own.columns else []
    return Brain(len(known), median(known) if known else None, max(known, default=None))


def utility_of(agreements: Sequence[Agreement]) -> Utility:
    """Summarise the measures of one condition."""
    ranks = [(each.spearman, each) for each in agreements if each.spearman is not None]
    sizes = [each.absolute_relative for each in agreements if each.absolute_relative is not None]
    ruled = [each for each in agreements if each.times_usual is not None and each.usual is not None]
    tested = [each for each in agreements if each.equivalent is not None]
    least = min(ranks, key=lambda pair: pair[0]) if ranks else None
    return Utility(
        sum(each.spearman is not None or each.absolute_relative is not None for each in agreements),
        spearman=median(value for value, _ in ranks) if ranks else None,
        spearman_least=least[0] if least else None,
        least_measure=_label(least[1]) if least else "",
        absolute_relative=median(sizes) if sizes else None,
        usual=median(each.usual for each in ruled if each.usual is not None) if ruled else None,
        n_within_usual=sum((each.times_usual or 0.0) <= 1 for each in ruled),
        n_with_usual=len(ruled),
        n_equivalent=sum(bool(each.equivalent) for each in tested),
        n_tested=len(tested),
    )


def _label(each: Agreement) -> str:
    return f"{each.measure} ({each.modality})" if each.modality else each.measure


def _note(name: str, risk: Risk, results: dict[str, Result | None], brain: Brain, utility: Utility) -> str:
    """Say of every number that is missing why it is."""
    notes = [f"risk: {risk.note}" if risk.upper is None else ""]
    if name != ORIGINAL:
        notes += [f"{rate.replace('_', ' ')}: {r.note}" for rate, r in results.items() if r and r.value is None]
        notes.append("no verdict on any scan" if all(result is None for result in results.values()) else "")
        notes.append("brain lost: not known of any scan" if not brain.n_scans else "")
        notes.append("utility: no measure in both conditions" if not utility.n_measures else "")
    return "; ".join(filter(None, notes))
