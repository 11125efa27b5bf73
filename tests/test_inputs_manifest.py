"""Manifests and tables of photos: what is taken, what is refused and in which words."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from reid_audit.errors import ManifestError
from reid_audit.inputs import draft_manifest, read_cohort

GOOD = """subject,session,condition,modality,path,age,sex,site
sub-01,1,original,T1w,a.nii.gz,34,F,A
01,1,pydeface,T1w,b.nii.gz,34,F,A
02,,original,t2w,c.nii.gz,89+,male,
"""


@pytest.fixture
def folder(tmp_path):
    for name in "abc":
        (tmp_path / f"{name}.nii.gz").write_bytes(b"x")
    return tmp_path


def manifest(folder, text, name="manifest.csv", encoding="utf-8"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


def refusal(path, *photos):
    with pytest.raises(ManifestError) as caught:
        read_cohort(path, *photos)
    assert caught.value.remedy
    assert str(path.parent) not in str(caught.value)
    return str(caught.value)


def test_manifest(folder):
    cohort, failures = read_cohort(manifest(folder, GOOD))
    assert failures == ()
    assert cohort.scans["sample"].tolist() == [
        "sub-01_ses-1_T1w_original",
        "sub-01_ses-1_T1w_pydeface",
        "sub-02_T2w_original",
    ]
    assert cohort.scans["path"].tolist() == [str(folder / f"{name}.nii.gz") for name in "abc"]
    assert cohort.scans["age"].tolist() == [34, 34, 89]
    assert cohort.scans["sex"].tolist() == ["F", "F", "M"]
    assert cohort.scans["site"].tolist() == ["A", "A", ""]
    assert cohort.scans["session"].tolist() == ["1", "1", ""]


def test_the_cohort_that_a_person_is_of_comes_from_manifest_or_participants(folder):
    lines = GOOD.splitlines()
    text = "\n".join([f"{lines[0]},cohort", f"{lines[1]},PING", f"{lines[2]},PING", f"{lines[3]},n/a"])
    assert read_cohort(manifest(folder, text))[0].scans["cohort"].tolist() == ["PING", "PING", ""]
    for label in ("01", "02"):
        place = folder / "bids" / f"sub-{label}" / "anat"
        place.mkdir(parents=True)
        (place / f"sub-{label}_T1w.nii.gz").write_bytes(b"x")
    (folder / "bids" / "participants.tsv").write_text("participant_id\tcohort\nsub-01\tPING\nsub-02\tn/a\n")
    assert read_cohort(folder / "bids")[0].scans["cohort"].tolist() == ["PING", ""]
    assert draft_manifest(folder / "bids")["cohort"].tolist() == ["PING", ""]


@pytest.mark.parametrize("separator", [";", "\t"])
def test_other_separators_byte_order_marks_and_blank_lines(folder, separator):
    text = "\ufeff" + GOOD.replace(",", separator).replace("\n", "\r\n\r\n")
    assert len(read_cohort(manifest(folder, text))[0].scans) == 3


def test_tsv_and_parquet_say_the_same(folder):
    first, _ = read_cohort(manifest(folder, GOOD))
    tsv, _ = read_cohort(manifest(folder, GOOD.replace(",", "\t"), "manifest.tsv"))
    table = pd.read_csv(folder / "manifest.csv", dtype={"subject": str})
    table.to_parquet(folder / "manifest.parquet")
    parquet, _ = read_cohort(folder / "manifest.parquet")
    pd.testing.assert_frame_equal(first.scans, tsv.scans)
    pd.testing.assert_frame_equal(first.scans, parquet.scans)


def test_least_columns(folder):
    cohort, _ = read_cohort(manifest(folder, "Subject , condition,path\n01,Original,a.nii.gz\n"))
    row = cohort.scans.iloc[0]
    assert (row["condition"], row["session"], row["modality"], row["sex"]) == ("original", "", "unknown", "n/a")


def test_missing_file_stays_in_the_cohort_and_is_noted(folder):
    whole, _ = read_cohort(manifest(folder, GOOD))
    (folder / "b.nii.gz").unlink()
    cohort, failures = read_cohort(manifest(folder, GOOD))
    pd.testing.assert_frame_equal(cohort.scans, whole.scans)
    assert failures == (), "whoever enrols the scan lists it as lost, once"
    assert not any("do not exist" in note for note in whole.notes)
    (note,) = [note for note in cohort.notes if "do not exist" in note]
    assert "1 of the 3 scans" in note
    assert "count as lost; correct their paths" in note


def test_no_file_at_all(folder):
    for name in "abc":
        (folder / f"{name}.nii.gz").unlink()
    assert "None of the 3 scans" in refusal(manifest(folder, GOOD))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (GOOD.replace("modality", "modalty"), "unknown column 'modalty'; allowed are subject, session"),
        (GOOD.replace("modality", "modalty"), "Did you mean 'modality'?"),
        (GOOD.replace("subject", "participant_id"), "Did you mean 'subject'?"),
        (GOOD.replace("site", "colour_of_hair"), "Remove or rename it"),
        (
            GOOD.replace("condition,", "").replace("original,", "").replace("pydeface,", ""),
            "lacks the column 'condition'",
        ),
        (GOOD.replace("site", "sex"), "column 'sex' more than once"),
        ("subject,condition,path\n", "no rows"),
        ("", "empty"),
        ("\n \n", "empty"),
        (GOOD.encode("utf-16"), "UTF-8"),
        (GOOD.replace("A", "Köln").encode("latin-1"), "UTF-8"),
        (b"PK\x03\x04\0\0\0\0", "binary"),
        (GOOD + "03,1,original\n", "Line 5"),
        (GOOD.replace("02,,original", ",,original"), "'subject' is empty in line 4"),
        (GOOD.replace("02,,original", "02,,"), "'condition' is empty in line 4"),
        (GOOD.replace("c.nii.gz", ""), "'path' is empty in line 4"),
        (GOOD.replace("02,,original", "02,,orignal"), "another spelling of 'original'"),
        (GOOD.replace("02,,original", "02,,raw"), "another spelling of 'original'"),
        (GOOD.replace("02,,original", "02,,Py-Deface"), "'pydeface' and 'Py-Deface' differ only in spelling"),
        (GOOD.replace("02,,original", "02,,a/b"), "no name"),
        (GOOD.replace("pydeface", "photo"), "The condition of 1 scan is 'photo', a name kept for results about"),
        (GOOD + "02,,original,T2w,c.nii.gz,1,M,\n", "Lines 4 and 5 of the manifest list the same scan twice"),
        (GOOD + "03,,original,T2w,./c.nii.gz,1,M,\n", "Lines 4 and 5 of the manifest give one file to two"),
        (GOOD + "\n\n02,,original,T2w,c.nii.gz,1,M,\n", "Lines 4 and 7"),
    ],
)
def test_bad_manifest(folder, text, words):
    assert words in refusal(manifest(folder, text))


def test_a_name_that_only_holds_the_reserved_one_is_taken(folder):
    cohort, _ = read_cohort(manifest(folder, GOOD.replace("pydeface", "photo-realistic")))
    assert set(cohort.scans["condition"]) == {"original", "photo-realistic"}


def test_bad_parquet(folder):
    assert "Parquet" in refusal(manifest(folder, b"PAR1 nothing", "manifest.parquet"))


def test_unreadable_ages_are_missing_and_counted(folder):
    cohort, _ = read_cohort(manifest(folder, GOOD.replace("89+", "ninety").replace("male", "1")))
    assert cohort.scans["age"].isna().tolist() == [False, False, True]
    assert cohort.scans["sex"].tolist() == ["F", "F", "n/a"]
    assert any("cells of the column 'age'" in note and note.endswith(": 1") for note in cohort.notes)


def test_unequal_numbers_of_scans_are_noted_for_the_conditions_that_have_them(folder):
    rows = "01,original,a.nii.gz,1\n01,original,b.nii.gz,2\n02,original,c.nii.gz,1\n01,zero,d.nii.gz,1\n"
    cohort, _ = read_cohort(manifest(folder, "subject,condition,path,session\n" + rows))
    (note,) = [note for note in cohort.notes if "equally many of each person" in note]
    assert note.startswith("people have 1 to 2 scans of condition 'original'")


@pytest.mark.parametrize(
    ("first", "second", "doubted"),
    [
        ("1,34,F", "1,34,M", True),
        ("1,34,F", "2,34,M", True),
        ("1,34,F", "1,36,F", True),
        ("1,34,F", "2,36,F", False),
        ("1,34,F", "1,35,F", False),
        ("1,34,F", "1,,n/a", False),
    ],
)
def test_a_label_that_seems_to_stand_for_two_people_is_noted(folder, first, second, doubted):
    rows = f"01,original,a.nii.gz,{first}\n01,zero,b.nii.gz,{second}\n02,original,c.nii.gz,1,80,M\n"
    cohort, _ = read_cohort(manifest(folder, "subject,condition,path,session,age,sex\n" + rows))
    doubts = [note for note in cohort.notes if "check the labels" in note]
    assert len(doubts) == doubted
    assert all(note.startswith("1 label stands for scans of two sexes, or of ages") for note in doubts)


def test_ids_are_unique_and_follow_the_paths(folder):
    text = "subject,condition,path\n01,original,b.nii.gz\n01,original,a.nii.gz\n0 1,original,c.nii.gz\n"
    cohort, _ = read_cohort(manifest(folder, text))
    assert cohort.scans["sample"].tolist() == [
        "sub-01_unknown_original_2",
        "sub-01_unknown_original",
        "sub-0-1_unknown_original",
    ]


def test_subjects_whose_ids_would_collide(folder):
    text = "subject,condition,path\na b,original,b.nii.gz\na-b,original,a.nii.gz\nA-b,original,c.nii.gz\n"
    samples = read_cohort(manifest(folder, text))[0].scans["sample"]
    assert samples.str.lower().is_unique


@pytest.mark.parametrize(
    ("cells", "phantom"),
    [(("true",) * 3, True), (("1", "yes", "TRUE"), True), (("true", "true", "false"), False), (("", "", ""), False)],
)
def test_phantom_column(folder, cells, phantom):
    lines = GOOD.strip().split("\n")
    text = "\n".join([f"{lines[0]},phantom", *(f"{line},{cell}" for line, cell in zip(lines[1:], cells, strict=True))])
    assert read_cohort(manifest(folder, text))[0].phantom is phantom


def test_phantom_column_with_something_else(folder):
    lines = GOOD.strip().split("\n")
    assert "line 2" in refusal(manifest(folder, "\n".join([f"{lines[0]},phantom", f"{lines[1]},perhaps"])))


def test_manifest_inside_a_phantom_data_set(folder):
    (folder / "dataset_description.json").write_text(
        json.dumps({"Name": "x", "GeneratedBy": [{"Name": "reid_audit phantom"}]})
    )
    (folder / "lists").mkdir()
    inside = manifest(folder, "subject,condition,path\n01,original,../a.nii.gz\n", "lists/m.csv")
    assert read_cohort(inside)[0].phantom
    outside = folder.parent / f"{folder.name}-other.nii.gz"
    outside.write_bytes(b"x")
    beyond = manifest(folder, f"subject,condition,path\n01,original,../../{outside.name}\n", "lists/n.csv")
    assert not read_cohort(beyond)[0].phantom


def test_manifest_elsewhere_of_scans_in_a_phantom_data_set(folder, tmp_path_factory):
    describe = {"Name": "x", "GeneratedBy": [{"Name": "reid_audit phantom"}]}
    (folder / "dataset_description.json").write_text(json.dumps(describe))
    made = folder / "derivatives" / "tool"
    made.mkdir(parents=True)
    (made / "d.nii.gz").write_bytes(b"x")
    (made / "dataset_description.json").write_text(
        json.dumps({"Name": "t", "DatasetType": "derivative", "GeneratedBy": [{"Name": "tool"}]})
    )
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    rows = [f"01,original,{folder}/a.nii.gz", f"01,tool,{made}/d.nii.gz"]
    table = manifest(elsewhere, "\n".join(["subject,condition,path", *rows]))
    assert read_cohort(table)[0].phantom
    (elsewhere / "real.nii.gz").write_bytes(b"x")
    mixed = manifest(elsewhere, "\n".join(["subject,condition,path", *rows, "02,original,real.nii.gz"]), "mixed.csv")
    assert not read_cohort(mixed)[0].phantom
    (made / "dataset_description.json").write_text(json.dumps({"Name": "t", "DatasetType": "raw"}))
    assert not read_cohort(table)[0].phantom


@pytest.mark.parametrize(("cells", "phantom"), [(("true", "yes"), True), (("true", "no"), False)])
def test_a_table_of_photos_says_that_nobody_in_them_exists(folder, cells, phantom):
    lines = GOOD.strip().split("\n")
    table = manifest(folder, "\n".join([f"{lines[0]},phantom", *(f"{line},true" for line in lines[1:])]))
    place = photo_folder(folder, "one.jpg", "two.jpg")
    rows = [
        f"{subject},{name},{cell}"
        for subject, name, cell in zip(("01", "02"), ("one.jpg", "two.jpg"), cells, strict=True)
    ]
    (place / "photos.csv").write_text("\n".join(["subject,path,phantom", *rows]))
    cohort, _ = read_cohort(table, place)
    assert cohort.phantom is phantom
    assert not any("not used" in note for note in cohort.notes)
    assert any("column 'phantom'" in note for note in cohort.notes) is not phantom


def photo_folder(folder, *names):
    place = folder / "photos"
    for name in names:
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(b"x")
    return place


def test_photos_by_name(folder):
    place = photo_folder(
        folder, "sub-01_b.jpg", "sub-01_a.JPG", "sub-02/front.png", "sub-77.heic", "me.jpg", "sub-02.txt"
    )
    cohort, failures = read_cohort(manifest(folder, GOOD), place)
    assert failures == ()
    assert cohort.photos[["subject", "sample"]].to_numpy().tolist() == [
        ["01", "sub-01_photo-1"],
        ["01", "sub-01_photo-2"],
        ["02", "sub-02_photo-1"],
        ["77", "sub-77_photo-1"],
    ]
    assert any("1 person has photos but no scan" in note for note in cohort.notes)
    assert any("pictures left out whose names do not begin with sub-<label>: 1" in note for note in cohort.notes)


def test_labels_with_odd_characters_in_photo_names(folder):
    place = photo_folder(folder, "sub-A_1_front.jpg", "sub-A_1.jpg", "sub-A_12.jpg")
    text = "subject,condition,path\nA_1,original,a.nii.gz\nA_12,original,b.nii.gz\nA,original,c.nii.gz\n"
    cohort, _ = read_cohort(manifest(folder, text), place)
    assert cohort.photos["subject"].tolist() == ["A_1", "A_12", "A_1"]


@pytest.mark.parametrize("header", ["subject,path", "subject,file", "participant_id,filename"])
def test_table_of_photos(folder, header):
    place = photo_folder(folder, "x.jpg", "y.jpg")
    (place / "photos.csv").write_text(f"{header},colour\nsub-02,x.jpg,red\n01,y.jpg,blue\n")
    for given in (place, place / "photos.csv"):
        cohort, _ = read_cohort(manifest(folder, GOOD), given)
        assert cohort.photos["subject"].tolist() == ["02", "01"]
        assert cohort.photos["path"].tolist() == [str(place / "x.jpg"), str(place / "y.jpg")]
        assert any("not used: colour" in note for note in cohort.notes)


def test_missing_photo_stays_in_the_cohort_and_is_noted(folder):
    place = photo_folder(folder, "x.jpg")
    (place / "photos.tsv").write_text("subject\tpath\n01\tx.jpg\n02\ty.jpg\n")
    cohort, failures = read_cohort(manifest(folder, GOOD), place)
    assert failures == ()
    assert cohort.photos["sample"].tolist() == ["sub-01_photo-1", "sub-02_photo-1"]
    assert any("1 of the 2 photos do not exist" in note for note in cohort.notes)


def test_photo_labels_that_differ_by_zeros_are_noted(folder):
    place = photo_folder(folder, "sub-1.jpg")
    cohort, _ = read_cohort(manifest(folder, GOOD), place)
    assert any("leading zeros" in note for note in cohort.notes)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("who,path\n01,x.jpg\n", "columns subject and path"),
        ("subject,path\n01,\n", "line 2"),
        ("subject,path\n01,x.jpg\n02,./x.jpg\n", "Lines 2 and 3"),
        ("subject,path\n", "no rows"),
        ("subject,path\n01,z.jpg\n", "None of the 1 photos"),
    ],
)
def test_bad_table_of_photos(folder, table, words):
    place = photo_folder(folder, "x.jpg")
    (place / "photos.csv").write_text(table)
    assert words in refusal(manifest(folder, GOOD), place)


def test_photos_nowhere_and_nameless(folder):
    path = manifest(folder, GOOD)
    assert "does not exist" in refusal(path, folder / "nowhere")
    assert "None of the 2 pictures" in refusal(path, photo_folder(folder, "x.jpg", "y.jpg"))
    assert "extension '.gz'" in refusal(path, folder / "a.nii.gz")
