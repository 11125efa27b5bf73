"""What an audit takes, told from headers."""

from __future__ import annotations

from reid_audit.enrolment.estimate import Estimate, estimate_enrolment, estimate_triage
from reid_audit.inputs.scan_header import ScanHeader
from reid_audit.settings import Settings

HEADERS = [ScanHeader((256, 256, 192), (1.0, 1.0, 1.0))] * 10


def enrolment(headers=HEADERS, **settings) -> Estimate:
    return estimate_enrolment(headers, 4, 10, Settings(**settings))


def test_workers_share_the_time_and_not_the_disk() -> None:
    one, four = enrolment(workers=1), enrolment(workers=4)
    assert one.seconds == 4 * four.seconds
    assert one.n_bytes == four.n_bytes


def test_more_renders_voxels_and_attackers_take_more() -> None:
    usual = enrolment()
    assert enrolment(yaws=(0.0,)).seconds < usual.seconds
    assert enrolment(yaws=(0.0,)).n_bytes < usual.n_bytes
    assert enrolment([ScanHeader((512, 512, 512), (0.5, 0.5, 0.5))] * 10).seconds > usual.seconds
    assert enrolment(attackers=("photo-nearest",)).seconds < usual.seconds
    assert (
        enrolment(attackers=("photo-nearest", "local-features")).seconds
        > enrolment(attackers=("photo-nearest",)).seconds
    )


def test_a_scan_takes_seconds_as_measured() -> None:
    """2.7 s a scan of 1 mm with 81 renders (docs/open-points.md), within a factor of two."""
    each = enrolment(attackers=("photo-set",)).seconds / 10
    assert 2.7 / 2 < each < 2 * 2.7


def test_the_triage_adds_to_it() -> None:
    triage = estimate_triage(10, 0, 10**9, Settings())
    assert (enrolment() + triage).seconds == enrolment().seconds + triage.seconds
    assert estimate_triage(0, 10, 10**9, Settings()).seconds > triage.seconds
