"""Ratings of people: reading them, joining them, and how far the verdict agrees."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from reid_audit.errors import ManifestError, UsageError
from reid_audit.quality.agreement import agreement_results
from reid_audit.quality.ratings import join_ratings, read_ratings
from reid_audit.types import FACE_PARTS, BrainVerdict, RegionVerdict, ScanQuality


def _scan(name, face="pass", brain="pass"):
    regions = tuple(RegionVerdict(part, face, "") for part in (*FACE_PARTS, "ears"))
    return ScanQuality(name, subject=name.split("_")[0], regions=regions, brain=BrainVerdict(brain, ""))


def _file(tmp_path, rows, header="rater,scan,face_pass,brain_pass"):
    path = tmp_path / "ratings.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def test_answers_in_words_and_numbers(tmp_path):
    table = read_ratings(_file(tmp_path, ["a,s1,yes,1", "b,s1,FAIL,n/a", "a,s2,0,"]))
    assert table["face_pass"].tolist() == [1.0, 0.0, 0.0]
    assert table["brain_pass"].iloc[0] == 1.0
    assert table["brain_pass"].iloc[1:].isna().all()


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        (["a,s1,maybe,1"], "no yes or no in the column 'face_pass'"),
        (["a,s1,1,1", "a,s1,0,1"], "Line 3 .* repeats"),
        ([",s1,1,1"], "names no rater"),
        (["a,,1,1"], "names no scan"),
    ],
)
def test_what_is_no_rating_is_told_with_its_line(tmp_path, rows, what):
    with pytest.raises(ManifestError, match=what):
        read_ratings(_file(tmp_path, rows))


def test_a_missing_column_is_told(tmp_path):
    with pytest.raises(ManifestError, match="The table of ratings lacks the column 'brain_pass'"):
        read_ratings(_file(tmp_path, ["a,s1,1"], header="rater,scan,face_pass"))
    with pytest.raises(ManifestError, match="The table of ratings has an unknown column 'note'"):
        read_ratings(_file(tmp_path, ["a,s1,1,1,x"], header="rater,scan,face_pass,brain_pass,note"))


def test_scans_are_found_by_sample_or_file_name(tmp_path):
    table = read_ratings(_file(tmp_path, ["a,p1_x,1,1", "a,derivatives/p2_x.nii.gz,0,1", "a,unknown,1,1"]))
    judged = [_scan("p1_x"), _scan("sub-2_T1w_x", "fail")]
    joined, strangers = join_ratings(table, judged, ["any/p1.nii.gz", "derivatives/p2_x.nii.gz"])
    assert strangers == 1
    assert dict(zip(joined["scan"], joined["face"], strict=True)) == {"p1_x": "pass", "sub-2_T1w_x": "fail"}
    with pytest.raises(UsageError, match="among those that were judged"):
        join_ratings(table, [_scan("elsewhere")])


def test_a_file_that_deface_wrote_is_found_by_its_name(tmp_path):
    table = read_ratings(_file(tmp_path, ["a,sub-01_run-1_desc-defaced_T1w.nii.gz,1,1"]))
    path = "/out/sub-01/anat/sub-01_run-1_desc-defaced_T1w.nii.gz"
    joined, strangers = join_ratings(table, [_scan("sub-01_run-1_T1w_defaced")], [path])
    assert (joined["scan"].tolist(), strangers) == (["sub-01_run-1_T1w_defaced"], 0)


@pytest.mark.parametrize("samples", [["sub-{k}", "sub-{k}"], ["py/sub-{k}", "qs/sub-{k}"]])
def test_two_tools_outputs_keep_their_own_verdicts(tmp_path, rng, samples):
    first = [0] * 5 + [1] * 10 + [0, 0, 1, 1, 1]
    second = [0] * 5 + [1] * 10 + [1, 1, 0, 0, 0]
    places = [(f"/x/{tool}/sub-{k}.nii.gz", sample.format(k=k)) for k in range(10) for tool, sample in
              zip(("py", "qs"), samples, strict=True)]  # fmt: skip
    judged = [_scan(sample, "fail" if n % 2 else "pass") for n, (_, sample) in enumerate(places)]
    rows = [
        f"{rater},{path[3:-7]},{answer},n/a"
        for rater, answers in (("a", first), ("b", second))
        for (path, _), answer in zip(places, answers, strict=True)
    ]
    joined, strangers = join_ratings(read_ratings(_file(tmp_path, rows)), judged, [path for path, _ in places])
    assert strangers == 0
    assert joined["scan"].nunique() == 20
    assert joined[joined["rater"] == "a"]["face"].tolist() == ["pass", "fail"] * 10
    (kappa,) = [r for r in agreement_results(joined, rng) if r.metric == "cohen_kappa_face"]
    agreed, share = 15 / 20, (7 / 20, 8 / 20)
    chance = share[0] * share[1] + (1 - share[0]) * (1 - share[1])
    assert kappa.value == pytest.approx((agreed - chance) / (1 - chance))
    assert kappa.n_probes == 20


def test_a_name_that_fits_several_scans_is_refused_with_its_line(tmp_path):
    judged, files = [_scan("py/sub-1"), _scan("qs/sub-1")], ["/x/py/sub-1.nii.gz", "/x/qs/sub-1.nii.gz"]
    table = read_ratings(_file(tmp_path, ["a,py/sub-1,1,1", "a,sub-1.nii.gz,1,1"]))
    with pytest.raises(ManifestError, match="in line 3 of the ratings fits several scans"):
        join_ratings(table, judged, files)
    table = read_ratings(_file(tmp_path, ["a,py/sub-1,1,1", "a,/x/py/sub-1.nii.gz,0,1"]))
    with pytest.raises(ManifestError, match="a line above, under another name"):
        join_ratings(table, judged, files)


def _joined(answers, verdicts):
    """One row a rater and scan; answers: rater to list of face answers."""
    rows = [
        {
            "rater": rater,
            "scan": f"p{k}_x",
            "subject": f"p{k}",
            "face_pass": float(answer),
            "brain_pass": np.nan,
            "face": verdicts[k],
            "brain": "pass",
        }
        for rater, given in answers.items()
        for k, answer in enumerate(given)
    ]
    return pd.DataFrame(rows)


def test_sensitivity_and_specificity_by_hand(rng):
    # Most raters fail scans 0, 1, 2; scan 5 is tied and left out.
    answers = {"a": [0, 0, 0, 1, 1, 1], "b": [0, 0, 1, 1, 1, 0], "c": [0, 0, 0, 1, 1, np.nan]}
    verdicts = ["fail", "fail", "pass", "pass", "not assessed", "fail"]
    joined = _joined(answers, verdicts)
    results = {(r.metric, r.group): r for r in agreement_results(joined, rng)}
    sensitivity, specificity = results["sensitivity_face", ""], results["specificity_face", ""]
    assert sensitivity.value == pytest.approx(2 / 3)
    assert specificity.value == pytest.approx(1 / 2)
    assert (sensitivity.n_subjects, specificity.n_subjects) == (3, 2)
    assert sensitivity.low < 2 / 3 < sensitivity.high
    assert "1 scans with as many raters" in sensitivity.note
    assert "1 not assessed" in sensitivity.note
    assert results["fleiss_kappa_brain", ""].value is None


def test_kappa_of_pairs_and_of_all_with_intervals_over_people(rng):
    truth = rng.integers(0, 2, 60)
    answers = {name: np.where(rng.random(60) < 0.9, truth, 1 - truth) for name in "abc"}
    joined = _joined(answers, ["pass"] * 60)
    results = {(r.metric, r.group): r for r in agreement_results(joined, rng)}
    kappas = [results["cohen_kappa_face", f"raters: {pair}"] for pair in ("a and b", "a and c", "b and c")]
    for one in [*kappas, results["fleiss_kappa_face", "raters: all 3"]]:
        assert one.low < one.value < one.high <= 1.0
        assert one.n_subjects == 60
        assert one.chance == 0.0
    assert 0.3 < np.mean([one.value for one in kappas]) < 0.9


def test_scans_of_one_person_are_resampled_together(rng):
    truth = rng.integers(0, 2, 12)
    one, two = (np.where(rng.random(12) < 0.8, truth, 1 - truth) for _ in range(2))
    alone = _joined({"a": np.repeat(one, 5), "b": np.repeat(two, 5)}, ["pass"] * 60)
    people = alone.assign(subject=[f"p{int(scan[1:-2]) // 5}" for scan in alone["scan"]])

    def width(table):
        result = next(r for r in agreement_results(table, np.random.default_rng(1)) if r.metric == "cohen_kappa_face")
        return result.high - result.low

    assert width(people) > 1.5 * width(alone)


def test_one_rater_and_one_answer_give_a_note_and_no_number(rng):
    lonely = {r.metric: r for r in agreement_results(_joined({"a": [1, 0, 1]}, ["pass"] * 3), rng)}
    assert lonely["fleiss_kappa_face"].value is None
    assert "nobody to agree with" in lonely["fleiss_kappa_face"].note
    same = {r.metric: r for r in agreement_results(_joined({"a": [1, 1], "b": [1, 1]}, ["pass"] * 2), rng)}
    assert same["cohen_kappa_face"].value is None
    assert "every answer is the same" in same["cohen_kappa_face"].note
