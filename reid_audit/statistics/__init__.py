"""Intervals and resampling, with the person as the unit.

Exact intervals for a share of people, the bootstrap over people for a mean of rates, the bootstrap over people
for anything that depends on the scores of pairs of people; error rates and linkability of such scores; biometric
information of templates; agreement of two measurements; and exact counts of more scores than memory holds. Nothing
here knows what a face or an attacker is.
"""

from __future__ import annotations

from reid_audit.statistics.agreement import cohen_kappa, fleiss_kappa
from reid_audit.statistics.correlations import SpearmanDifference, spearman_difference
from reid_audit.statistics.counts import ScoreCounts, count_scores
from reid_audit.statistics.information import principal_scores, relative_entropies
from reid_audit.statistics.intervals import Side, check_confidence, clopper_pearson
from reid_audit.statistics.limits import (
    RELEASE_THRESHOLD,
    most_hits,
    people_needed,
    probability_below,
    sample_size,
)
from reid_audit.statistics.linked import even_bins, linkability, linkability_bins, linkability_of_counts
from reid_audit.statistics.matched import CochranQ, cochran_q
from reid_audit.statistics.measurements import (
    Limits,
    bland_altman,
    check_margin,
    equivalence,
    intraclass_correlation,
    mean_interval,
    spearman,
)
from reid_audit.statistics.operating import (
    d_prime_of_counts,
    eer_of_counts,
    equal_error,
    strict_levels,
    thresholds_at,
    weight_above,
)
from reid_audit.statistics.paired import holm, mcnemar, paired_interval
from reid_audit.statistics.pairs import (
    MOST_LEVELS,
    PairCounts,
    auc_of_counts,
    count_pairs,
    pair_rows,
    quantile_of_counts,
    resample_groups,
    resample_pairs,
    score_levels,
    shuffle_pairs,
)
from reid_audit.statistics.resampling import (
    FEWEST_PEOPLE,
    Interval,
    jackknife_interval,
    percentile_interval,
    person_weights,
    rate_interval,
    share_interval,
)
from reid_audit.statistics.tails import Tail, fit_tail

__all__ = [
    "FEWEST_PEOPLE",
    "MOST_LEVELS",
    "RELEASE_THRESHOLD",
    "CochranQ",
    "Interval",
    "Limits",
    "PairCounts",
    "ScoreCounts",
    "Side",
    "SpearmanDifference",
    "Tail",
    "auc_of_counts",
    "bland_altman",
    "check_confidence",
    "check_margin",
    "clopper_pearson",
    "cochran_q",
    "cohen_kappa",
    "count_pairs",
    "count_scores",
    "d_prime_of_counts",
    "eer_of_counts",
    "equal_error",
    "equivalence",
    "even_bins",
    "fit_tail",
    "fleiss_kappa",
    "holm",
    "intraclass_correlation",
    "jackknife_interval",
    "linkability",
    "linkability_bins",
    "linkability_of_counts",
    "mcnemar",
    "mean_interval",
    "most_hits",
    "pair_rows",
    "paired_interval",
    "people_needed",
    "percentile_interval",
    "person_weights",
    "principal_scores",
    "probability_below",
    "quantile_of_counts",
    "rate_interval",
    "relative_entropies",
    "resample_groups",
    "resample_pairs",
    "sample_size",
    "score_levels",
    "share_interval",
    "shuffle_pairs",
    "spearman",
    "spearman_difference",
    "strict_levels",
    "thresholds_at",
    "weight_above",
]
