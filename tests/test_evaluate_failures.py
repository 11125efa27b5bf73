"""Who has no template, and why a comparison failed: as the attacker's table says, or as far as it can be told."""

from __future__ import annotations

import numpy as np
import pytest
from attackers_making import cohort_of, everyone, photos_of, run
from evaluate_tables import by_name, normal_table, table, with_templates

from reid_audit.attackers import holds_photos
from reid_audit.attackers.attack import _BY_PHOTO, _BY_SCAN
from reid_audit.evaluate import cmc_points, evaluate

NAN = np.nan
RATES = ("failure_to_acquire_rate", "failure_to_enrol_rate")


def found_in(scores):
    return by_name(evaluate(scores, rng=np.random.default_rng(3), resamples=50))


def rates(scores):
    found = found_in(scores)
    return tuple(found[name].value for name in RATES)


def nothing(people):
    names = [f"s{i}" for i in range(people)]
    return table(np.full((people, people), NAN), names, names)


@pytest.mark.parametrize(("probes", "references"), [(1, 0), (0, 1), (0, 0), (1, 1)])
def test_one_side_without_templates_does_not_make_the_other_fail(probes, references):
    found = rates(with_templates(nothing(6), [probes] * 6, [references] * 6))
    assert found == (1 - probes, 1 - references)


def test_each_side_is_counted_over_people():
    scores = normal_table(np.random.default_rng(0), people=4, probes=2)
    found = found_in(with_templates(scores, [1, 0, 1, 1, 1, 1, 0, 0], [81, 0, 0, 5]))
    assert found[RATES[0]].value == pytest.approx((0.5 + 0 + 0 + 1) / 4)
    assert found[RATES[1]].value == 0.5
    assert (found[RATES[0]].n_probes, found[RATES[1]].n_probes) == (8, 4)


def test_templates_stay_with_their_rows_whatever_their_order_and_what_is_left_out():
    """The first probe is compared with nobody; c's photo and b's scan have no template."""
    compared = np.array([[0, 0, 0], [1, 1, 1], [1, 1, 1], [1, 1, 1]], dtype=bool)
    scores = [[NAN] * 3, [NAN] * 3, [0.1, 0.9, NAN], [0.9, 0.2, NAN]]
    found = found_in(with_templates(table(scores, "dcba", "acb", compared=compared), [0, 0, 1, 1], [2, 2, 0]))
    assert [found[name].value for name in RATES] == pytest.approx([1 / 3, 1 / 3])
    assert found["rank", 1].value == pytest.approx(1 / 3)
    assert "2 of 3 searches failed for want of a template and count as misses" in found["rank", 1].note


def test_where_the_table_does_not_say_only_what_took_place_can_tell():
    found = found_in(nothing(6))
    for name in RATES:
        assert (found[name].value, found[name].n_subjects) == (None, 6)
        assert "which side failed cannot be told" in found[name].note
    assert "want of a template" not in found["auc"].note
    one = np.full((3, 3), NAN)
    one[0, 1] = 0.5
    assert rates(table(one, "abc", "abc")) == pytest.approx((2 / 3, 2 / 3))


def test_where_one_side_is_told_the_other_still_cannot_be():
    made = nothing(6)
    made.probes["n_templates"] = 1
    assert rates(made) == (0, None)


def test_a_matcher_without_scores_is_not_want_of_a_template():
    """All photos and one of four people have templates: nothing to be told apart."""
    found = found_in(with_templates(nothing(4), [1] * 4, [5, 0, 0, 0]))
    few = "although both sides have templates: fewer than two people of the gallery could be enrolled"
    assert f"1 of 4 searches got no score from the matcher and count as misses, {few}" in found["rank", 1].note
    assert "3 of 4 searches failed for want of a template" in found["rank", 1].note
    for name in ("auc", "accuracy", "comparisons_failed_share", "score_median_mated"):
        assert "4 of 16 comparisons got no score from the matcher" in found[name].note
        assert few in found[name].note
        assert "12 of 16 comparisons failed for want of a template" in found[name].note
    assert [found[name].value for name in RATES] == [0, 0.75]


def test_a_matcher_without_scores_for_an_enrolled_gallery_is_said_plainly():
    note = found_in(with_templates(nothing(4), [1] * 4, [5] * 4))["auc"].note
    assert "16 of 16 comparisons got no score from the matcher" in note
    assert "fewer than two" not in note
    assert "want of a template" not in note


@pytest.mark.parametrize("name", [*_BY_SCAN, *_BY_PHOTO])
def test_scans_without_faces_are_not_charged_to_photographs(name):
    """Six people, two sessions; no face in any scan but those of the first person."""
    lost = [f"{person}_{session}_original_T1w" for person in "12345" for session in "ab"]
    scans = cohort_of(everyone("012345", conditions=("original",)), lost=lost)
    for made in run(name, scans, photos_of("012345")):
        found = found_in(made)
        probes, references = (set(frame["subject"][at]) for frame, at in sides_of(made))
        without = 0 if holds_photos(name) else len(probes - {"0"}) / len(probes)
        assert found[RATES[0]].value == pytest.approx(without)
        assert found[RATES[1]].value == pytest.approx(len(references - {"0"}) / len(references))
        if name == "photo-svm":
            assert "fewer than two people of the gallery could be enrolled" in found["rank", 1].note


def sides_of(made):
    return (made.probes, made.compared.any(axis=1)), (made.references, made.compared.any(axis=0))


@pytest.mark.parametrize(
    ("n_enrolled", "said"), [(6, ""), (4, "4 of them have a template, and chance is"), (0, "none of them")]
)
def test_it_is_said_among_whom_chance_guesses(rng, n_enrolled, said):
    scores = normal_table(rng, people=6, probes=1)
    found = found_in(with_templates(scores, [1] * 6, np.arange(6) < n_enrolled))["rank", 1]
    assert found.chance == pytest.approx(1 / 6)  # 4 in 6 have a mate to be found, each one in 4
    assert said in found.note
    assert ("have a template, and" in found.note) == (0 < n_enrolled < 6)


def test_people_who_could_not_be_enrolled_make_no_attack_look_better_than_guessing():
    """Three people found in three; seventeen others, whom nobody searches, have no template."""
    scores = np.full((3, 20), np.nan)
    scores[:, :3] = np.eye(3)
    made = with_templates(table(scores, [0, 1, 2], range(20)), [1] * 3, np.arange(20) < 3)
    found = found_in(made)["rank", 1]
    assert found.value == 1
    assert found.chance == pytest.approx(1 / 3)
    assert found.control == pytest.approx(1 / 3, abs=0.1)
    assert found.low < found.chance
    assert cmc_points(made)["chance"].iloc[0] == found.chance
