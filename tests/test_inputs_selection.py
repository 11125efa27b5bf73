"""Which scans are taken, and a release whose originals lie in another tree."""

from __future__ import annotations

import json

import pytest

from reid_audit.errors import ManifestError, UsageError
from reid_audit.inputs import make_selection, read_cohort
from reid_audit.inputs.selection import Selection

NAMES = (
    "sub-01/ses-a/anat/sub-01_ses-a_T1w.nii.gz",
    "sub-01/ses-b/anat/sub-01_ses-b_T1w.nii.gz",
    "sub-01/ses-b/anat/sub-01_ses-b_acq-x_T2w.nii.gz",
    "sub-02/ses-a/anat/sub-02_ses-a_run-1_T1w.nii.gz",
    "sub-02/ses-a/anat/sub-02_ses-a_run-2_T1w.nii.gz",
)


def tree(root, names=NAMES, **description):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")
    content = {"Name": root.name, "BIDSVersion": "1.10.0", **description}
    (root / "dataset_description.json").write_text(json.dumps(content))
    return root


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ((), 5),
        ((("01",),), 3),
        ((("sub-01",),), 3),
        ((("01,02",),), 5),
        ((("01 02",), ("ses-a",)), 3),
        (((), ("b",)), 2),
        (((), (), ("acq=x",)), 1),
        (((), (), ("run=1", "run=2")), 2),
        (((), (), ("suffix=t1w",)), 4),
        (((), (), ("modality=T2w",)), 1),
        (((), (), ("condition=original", "run=2")), 1),
    ],
)
def test_what_is_asked_for_is_taken(tmp_path, asked, count) -> None:
    cohort, _ = read_cohort(tree(tmp_path / "raw"), selection=make_selection(*asked))
    assert len(cohort.scans) == count
    assert any("left out because they were not asked for" in note for note in cohort.notes) == (count < 5)


def test_photos_of_others_are_left_out(tmp_path) -> None:
    for name in ("sub-01.jpg", "sub-02.jpg"):
        (tmp_path / "photos").mkdir(exist_ok=True)
        (tmp_path / "photos" / name).write_bytes(b"x")
    raw = tree(tmp_path / "raw")
    cohort, _ = read_cohort(raw, tmp_path / "photos", selection=make_selection(("01",)))
    assert list(cohort.photos["subject"]) == ["01"]


@pytest.mark.parametrize("asked", [(("03",),), ((), ("c",)), ((), (), ("acq=y",)), (("01",), (), ("run=1",))])
def test_what_is_not_there_is_an_error(tmp_path, asked) -> None:
    with pytest.raises(ManifestError):
        read_cohort(tree(tmp_path / "raw"), selection=make_selection(*asked))


@pytest.mark.parametrize("word", ["acq", "=x", "acq=", ""])
def test_an_entity_has_a_value(word) -> None:
    with pytest.raises(UsageError, match="entity"):
        make_selection((), (), (word,))


def test_nothing_asked_is_no_selection() -> None:
    assert not Selection()
    assert make_selection(("01",))


def test_a_release_in_one_tree_and_its_originals_in_another(tmp_path) -> None:
    released, originals = tree(tmp_path / "release"), tree(tmp_path / "raw")
    cohort, _ = read_cohort(released, originals=originals)
    assert dict(cohort.scans["condition"].value_counts()) == {"original": 5, "defaced": 5}
    assert set(cohort.scans[cohort.scans["condition"] == "original"]["path"]) == {
        str(originals / name) for name in NAMES
    }
    assert cohort.scans["sample"].is_unique


def test_a_release_held_as_a_derivative(tmp_path) -> None:
    raw = tree(tmp_path / "raw")
    names = [name.replace("_T", "_desc-defaced_T") for name in NAMES]
    made = {"DatasetType": "derivative", "GeneratedBy": [{"Name": "pydeface"}]}
    released = tree(raw / "derivatives" / "pydeface", names, **made)
    cohort, _ = read_cohort(released, originals=raw)
    assert dict(cohort.scans["condition"].value_counts()) == {"original": 5, "pydeface": 5}


def test_the_sourcedata_of_a_release_are_no_part_of_the_audit(tmp_path) -> None:
    leaked = [f"sourcedata/pre-deface/{name}" for name in NAMES]
    released, originals = tree(tmp_path / "release", [*NAMES, *leaked]), tree(tmp_path / "raw")
    cohort, _ = read_cohort(released, originals=originals)
    assert len(cohort.scans) == 10
    assert not any("sourcedata/" in path for path in cohort.scans["path"])
    assert any("sourcedata of the release" in note for note in cohort.notes)


def test_originals_that_would_be_released_or_are_of_others_are_refused(tmp_path) -> None:
    released = tree(tmp_path / "release")
    inner = tree(released / "sourcedata" / "raw")
    with pytest.raises(UsageError, match="lie in what is to be released"):
        read_cohort(released, originals=inner)
    others = tree(tmp_path / "others", ["sub-77/anat/sub-77_T1w.nii.gz"])
    with pytest.raises(ManifestError, match="No original scan is of a person"):
        read_cohort(tree(tmp_path / "clean"), originals=others)
    made = {"DatasetType": "derivative", "GeneratedBy": [{"Name": "pydeface"}]}
    with pytest.raises(ManifestError, match="nobody altered"):
        read_cohort(tree(tmp_path / "clean"), originals=tree(tmp_path / "derived", **made))
