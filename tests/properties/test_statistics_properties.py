"""What must hold for every set of scores that is counted."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from reid_audit.statistics import count_scores

often = settings(max_examples=150, deadline=None)
scores = st.lists(st.one_of(st.integers(-3, 3).map(float), st.just(np.nan)), max_size=20).map(np.array)


@given(scores, st.lists(scores, max_size=4))
@often
def test_counted_scores_give_the_area_curve_and_rates_of_scores_that_are_held(mated, blocks):
    counts = count_scores(mated, blocks)
    nonmated = np.concatenate([*blocks, []])
    mated, nonmated = (kind[~np.isnan(kind)] for kind in (mated, nonmated))
    if not len(mated) or not len(nonmated):
        assert counts.auc is None
        return
    truth = np.repeat([1, 0], [len(mated), len(nonmated)])
    assert np.isclose(counts.auc, roc_auc_score(truth, np.concatenate([mated, nonmated])), rtol=0, atol=1e-14)
    fmr, tmr = counts.roc()
    assert np.isclose(np.trapezoid(tmr, fmr), counts.auc, rtol=0, atol=1e-14)
    assert (np.diff(fmr) >= 0).all()
    assert (np.diff(tmr) >= 0).all()
    for share in (0.0, 0.1, 0.5, 1.0):
        thresholds = [at for at in (-4, *mated, *(mated - 0.5), 4) if (nonmated >= at).mean() <= share]
        best = max((mated >= at).mean() for at in thresholds)
        found = counts.threshold_at(share)
        assert best == (0 if found is None else found[1])
        assert found is None or (nonmated >= found[0]).mean() <= share
