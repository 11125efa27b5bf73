"""Phantoms on which reconstructions are tested: few and coarse, made once a process and learnt from once a run."""

from __future__ import annotations

import fcntl
from functools import cache

import numpy as np

from reid_audit.defacers import Placement, ZeroDefacer
from reid_audit.phantom import ScanSettings, acquire, sample_identities
from reid_audit.reconstruct import learn_population, read_population, write_population
from reid_audit.types import Mask

SHARE = 0.8
"""Of the face that the rest of these heads tells: much, so that few people show whether it is learnt."""
N_LEARNT, N_ATTACKED = 8, 3
_ORIENTATIONS = ("RAS", "PIR", "LAS", "LPS")


@cache
def people():
    return sample_identities(N_LEARNT + N_ATTACKED, np.random.default_rng([101, 40]), predictable_share=SHARE)


@cache
def scan(index):
    """Original scan of a person, and its true pose."""
    rng = np.random.default_rng([101, 41, index])
    turn, shift = rng.normal(size=3) * (4.0, 2.0, 2.0), rng.normal(size=3) * 4.0
    how = ScanSettings(
        voxel_size=(3.0, 2.8, 3.0),
        pitch=float(turn[0]),
        yaw=float(turn[1]),
        roll=float(turn[2]),
        offset=tuple(map(float, shift)),
        oblique=(2.0, -3.0, 1.0),
        orientation=_ORIENTATIONS[index % 4],
    )
    made = acquire(people()[index], how, rng)
    return made.volume, made.to_head


def learnt_in(folder):
    """What was learnt from the first people: by whichever worker of the test run asks first, the others read it."""
    path = folder / "reconstruct" / "population.npz"
    path.parent.mkdir(exist_ok=True)
    with (path.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.is_file():
            write_population(learn_population([scan(k)[0] for k in range(N_LEARNT)]), path)
    return read_population(path)


@cache
def attacked(index):
    """Original and zeroed scan of a person nobody has learnt from, and the region."""
    volume, to_head = scan(N_LEARNT + index)
    defaced, meant = ZeroDefacer(place=lambda _volume: Placement(to_head)).deface(volume)
    return volume, defaced, Mask(meant.data, meant.affine, "region")
