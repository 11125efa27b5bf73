"""What the comparison with the naive loop says of people."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd

from benchmarks.vs_naive import _hits


def test_a_persons_photographs_count_each_and_together() -> None:
    table = SimpleNamespace(
        references=pd.DataFrame({"subject": ["ann", "bob", "eve"]}),
        probes=pd.DataFrame({"subject": ["ann", "ann", "bob", "bob", "eve", "eve"]}),
        scores=np.array(
            [
                [0.9, 0.1, 0.2],  # right, and the best of both
                [0.3, 0.8, 0.2],  # wrong
                [0.7, 0.6, 0.1],  # wrong, and the best of both
                [0.2, 0.5, 0.1],  # right
                [np.nan, np.nan, np.nan],  # no face found
                [np.nan, np.nan, np.nan],
            ]
        ),
    )
    assert _hits(table) == {
        "photographs": {"ann": 1, "bob": 1, "eve": 0},
        "people": {"ann": True, "bob": False, "eve": False},
    }
