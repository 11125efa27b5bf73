"""Raters who are made up, beside the automatic verdict: agreement that is known, and found by another library too."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.metrics import cohen_kappa_score

from benchmarks.evidence.runner import Claim
from reid_audit.quality.agreement import agreement_results

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reid_audit.types import Result

__all__ = ["raters_agree"]

Row = dict[str, Any]

SEED = 7_504
_ERRORS = {"careful": 0.02, "usual": 0.08, "hasty": 0.15}
"""Rater to the share of the answers that are wrong."""


def raters_agree(rows: Sequence[Row]) -> list[Claim]:
    """Let three raters err on planted cases, and compare what ``reid-audit quality --ratings`` finds.

    Parameters
    ----------
    rows : sequence of mapping
        ``person, case``, and by name ``truth`` and ``verdict``, of planted failures.

    Returns
    -------
    list of Claim
    """
    joined = _ratings(rows)
    results = agreement_results(joined, np.random.default_rng(SEED))
    return [claim for question in ("face", "brain") for claim in _of_question(question, joined, results)]


def _ratings(rows: Sequence[Row]) -> pd.DataFrame:
    """Return the ratings as they are joined with the verdicts: truth with each rater's errors."""
    rng = np.random.default_rng(SEED)
    table = []
    for rater, error in _ERRORS.items():
        for number, row in enumerate(rows):
            answers = {
                f"{name}_pass": float((row["truth"][name] == "pass") != (rng.random() < error))
                for name in ("face", "brain")
            }
            verdicts = {name: row["verdict"][name] for name in ("face", "brain")}
            table.append({"rater": rater, "scan": f"{number}", "subject": f"{row['person']}", **answers, **verdicts})
    return pd.DataFrame(table)


def _of_question(question: str, joined: pd.DataFrame, results: Sequence[Result]) -> list[Claim]:
    wide = joined.pivot_table(index="scan", columns="rater", values=f"{question}_pass")
    expected = {
        f"raters: {one} and {two}": float(cohen_kappa_score(wide[one], wide[two]))
        for one, two in combinations(sorted(_ERRORS), 2)
    }
    found = {each.group: each.value for each in results if each.metric == f"cohen_kappa_{question}"}
    apart = max(abs((found.get(group) or np.inf) - value) for group, value in expected.items())
    claims = [
        Claim(
            f"Cohen's kappa of three raters about the {question} differs from scikit-learn's by at most",
            float(apart) if np.isfinite(apart) else None,
            "1e-9",
            apart <= 1e-9,
            "; ".join(f"{group} {value:.3f}" for group, value in expected.items()),
        )
    ]
    majority = wide.mean(axis=1) > 0.5
    verdict = joined.drop_duplicates("scan").set_index("scan")[question].reindex(wide.index)
    for metric, asked, word in (("sensitivity", ~majority, "fail"), ("specificity", majority, "pass")):
        claims.append(_of_verdict(f"{metric}_{question}", word, verdict[asked] == word, results))
    (fleiss,) = [each for each in results if each.metric == f"fleiss_kappa_{question}"]
    stated = f"{fleiss.n_subjects} people, {fleiss.n_probes} scans, three raters who err in 2, 8 and 15 %"
    claims.append(
        Claim(
            f"Fleiss' kappa of three raters about the {question}",
            fleiss.value,
            "stated with its interval, or why there is none",
            fleiss.value is not None and (fleiss.low is not None or bool(fleiss.note)),
            "; ".join(filter(None, (stated, fleiss.note))),
            fleiss.low,
            fleiss.high,
        )
    )
    return claims


def _of_verdict(metric: str, word: str, hits: pd.Series[Any], results: Sequence[Result]) -> Claim:
    """State how the verdict agrees with most raters, beside the plain share of scans."""
    (found,) = [each for each in results if each.metric == metric]
    kind, _, question = metric.partition("_")
    plain = f"{int(hits.sum())} of {len(hits)} scans, people counted once each; {found.note}"
    return Claim(
        f"{kind.capitalize()} of the verdict on the {question} against most of three raters ({word})",
        found.value,
        "stated with its interval, or why there is none",
        found.value is not None or bool(found.note),
        plain,
        found.low,
        found.high,
    )
