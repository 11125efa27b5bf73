"""What the page and the terminal say of many verdicts."""

from __future__ import annotations

import pytest

from reid_audit.report.quality import quality_in_words, write_quality
from reid_audit.types import QUALITY_REGIONS, BrainVerdict, RegionVerdict, ScanQuality


def judged(sample, *, verdict="pass", subject="", found=0):
    regions = tuple(
        RegionVerdict(name, verdict, f"{name}: {verdict}", 900.0, 9.0, 0.01, 0.1, 0.0, 0.0) for name in QUALITY_REGIONS
    )
    return ScanQuality(
        sample,
        subject,
        "",
        "peeled",
        "T1w",
        regions=regions,
        brain=BrainVerdict("pass", "brain is kept"),
        n_views=9,
        n_detected=found,
        notes=("a note", "a note"),
    )


@pytest.mark.parametrize(("found", "said"), [((9, 5, 0), "2 of 3 scans"), ((5,), "1 of 1 scan"), ((4, 0), "")])
def test_a_face_in_the_renders_of_what_passed_is_said(found, said):
    lines = quality_in_words([judged(f"s{k}", found=count) for k, count in enumerate(found)])
    told = [line for line in lines if "A face is found" in line]
    assert ([said in line for line in told] == [True]) if said else not told


def test_a_face_in_the_renders_of_what_failed_says_nothing_new():
    assert "A face is found" not in " ".join(quality_in_words([judged("s", verdict="fail", found=9)]))


def test_the_share_on_the_page_is_over_people_with_its_interval(tmp_path):
    one = [judged(f"a{k}", subject="a", verdict="fail") for k in range(3)]
    page = write_quality([*one, judged("b", subject="b")], tmp_path).read_text().replace("\u00a0", " ")
    assert '<p class="big">50 %</p>' in page, "one of two people, not one of four scans"
    assert "2 people; what is not assessed counts as no" in page
    assert page.count("<li>a note</li>") == 4, "each scan says a note once"
