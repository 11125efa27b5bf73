"""The mean head bent onto the skin of one scan: its regions must lie where the person's are."""

from __future__ import annotations

import numpy as np

from reid_audit.anatomy import REGIONS, load_head_model
from reid_audit.phantom import ScanSettings, acquire, head_mesh, sample_identities
from reid_audit.quality.fitting import bent_head
from reid_audit.quality.posing import posed_surface


def test_lips_and_nose_lie_where_they_are_though_cheeks_do_not_say_how_high():
    """A woman of 71 whose mouth lay 8 mm off when one start was bent."""
    rng = np.random.default_rng([9001, 5])
    who = sample_identities(1, rng, population="main", ages=(18.0, 80.0))[0]
    scan = acquire(who, ScanSettings("T2w", voxel_size=(2.5, 2.5, 2.5)), rng)
    bent = bent_head(posed_surface(scan.volume))
    back = np.linalg.inv(scan.to_head)
    true = head_mesh(who, expression={"blink": 1.0}).points @ back[:3, :3].T + back[:3, 3]
    labels = load_head_model().labels
    for region in ("lips", "nose"):
        own = labels == REGIONS[region]
        off = np.linalg.norm((bent[own] - true[own]).mean(axis=0))
        assert off < 3.0, f"{region}: {off:.1f} mm"
