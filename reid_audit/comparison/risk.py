"""The risk of each condition, from an audit: the attack that can exclude least, and its spread over seeds."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from reid_audit.report import assessed
from reid_audit.report.wording import SAME_SCAN, attack_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from reid_audit.types import Difference, Findings, Result

__all__ = ["Risk", "results_by_seed", "risk_of", "spread_over_seeds"]

_LIMIT = "rank_upper_limit"
_KEY = ("attacker", "matcher", "embedder", "condition", "metric", "k", "relation", "group")


@dataclass(frozen=True)
class Risk:
    """What an audit found about one condition.

    Parameters
    ----------
    condition : str
    attacker : str
        Of the attack with the highest upper limit; empty where no search took place.
    upper : float or None
        One-sided 95 % limit of rank 1 under it.
    rank, low, high, chance, control : float or None
        Rank 1 of the same attack.
    n_subjects : int
    change, change_low, change_high, change_p : float or None
        Rank 1 less that of the originals, the same people, p corrected over conditions.
    detection : float or None
        Share of heads in which a face was found.
    note : str
        Why there is no number, or what belongs to it.
    """

    condition: str
    attacker: str = ""
    upper: float | None = None
    rank: float | None = None
    low: float | None = None
    high: float | None = None
    chance: float | None = None
    control: float | None = None
    n_subjects: int = 0
    change: float | None = None
    change_low: float | None = None
    change_high: float | None = None
    change_p: float | None = None
    detection: float | None = None
    note: str = ""


def risk_of(findings: Findings, condition: str) -> Risk:
    """Return the risk of a condition under the attack whose one-sided upper limit is highest.

    Attacks on pairs of one scan are upper bounds, and are taken only where there is no other.

    Parameters
    ----------
    findings : Findings
    condition : str

    Returns
    -------
    Risk
    """
    here = [result for result in assessed(findings) if result.condition == condition and not result.group]
    found = next((r.value for r in here if r.metric == "detection_rate"), None)
    limits = [r for r in here if r.metric == _LIMIT and r.value is not None]
    apart = [r for r in limits if r.relation != SAME_SCAN] or limits
    if not apart:
        whys = dict.fromkeys(r.note for r in here if r.metric == "rank" and r.k == 1 and r.note)
        return Risk(condition, detection=found, note="; ".join(whys) or "no attacker searched for anybody")
    lead = max(apart, key=lambda r: r.value or 0.0)
    rank = next((r for r in here if (r.metric, r.k) == ("rank", 1) and attack_of(r) == attack_of(lead)), None)
    same = "pairs of one scan, an upper bound; " if lead.relation == SAME_SCAN else ""
    return Risk(
        condition,
        attacker="/".join(part for part in dict.fromkeys((lead.attacker, lead.matcher)) if part),
        upper=lead.value,
        n_subjects=lead.n_subjects,
        detection=found,
        note=f"{same}highest of {len(apart)} attacks",
        **_of_rank(rank),
        **_of_change(findings.differences, lead),
    )


def _of_rank(rank: Result | None) -> dict[str, Any]:
    if rank is None:
        return {}
    return {"rank": rank.value, "low": rank.low, "high": rank.high, "chance": rank.chance, "control": rank.control}


def _of_change(differences: tuple[Difference, ...], lead: Result) -> dict[str, Any]:
    for each in differences:
        if each.condition == lead.condition and each.metric == "rank" and attack_of(each) == attack_of(lead):
            return {
                "change": each.value,
                "change_low": each.low,
                "change_high": each.high,
                "change_p": each.p_adjusted,
            }
    return {}


def results_by_seed(audits: Mapping[int, Findings]) -> pd.DataFrame:
    """Return every result of every seed.

    Parameters
    ----------
    audits : mapping of int to Findings
        Seed to what the audit found with it.

    Returns
    -------
    pandas.DataFrame
        ``seed`` and the fields of a result.
    """
    import pandas as pd

    rows = [{"seed": seed, **asdict(result)} for seed, found in audits.items() for result in assessed(found)]
    table = pd.DataFrame(rows)
    return table.assign(k=table["k"].astype("Int64")) if len(table) else table


def spread_over_seeds(audits: Mapping[int, Findings]) -> pd.DataFrame:
    """Return how far each number differs between seeds.

    Parameters
    ----------
    audits : mapping of int to Findings

    Returns
    -------
    pandas.DataFrame
        What the number is, ``n_seeds``, and ``mean, sd, least, greatest`` of its value over seeds that gave one; the
        seeds share people, scans and photographs, so that this is no interval.
    """
    import pandas as pd

    table = results_by_seed(audits)
    columns = [*_KEY, "n_seeds", "mean", "sd", "least", "greatest"]
    if not len(table):
        return pd.DataFrame(columns=columns)
    values = table.dropna(subset=["value"]).groupby(list(_KEY), dropna=False, sort=False)["value"]
    made = values.agg(n_seeds="count", mean="mean", sd="std", least="min", greatest="max").reset_index()
    return made[columns]
