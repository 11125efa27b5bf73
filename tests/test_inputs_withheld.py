"""Names that came with the data, and what a page or a terminal would obey: neither gets into what is shared."""

from __future__ import annotations

import json
import re
import struct
from dataclasses import replace

import pandas as pd
import pytest
from report_samples import LABELS, findings

from reid_audit import Settings, audit
from reid_audit.errors import UsageError, VolumeError
from reid_audit.inputs import check_names, read_cohort, read_volume, without_labels
from reid_audit.inputs.printable import in_one_line, printable
from reid_audit.inputs.scan_header import read_scan_header
from reid_audit.inputs.withheld import OWN_WORDS, WITHHELD
from reid_audit.plugins import BUILT_IN
from reid_audit.report import write_report
from reid_audit.types import Cohort

HOSTILE = "Study\x1b[2J\u202e of\u2028ZEBRA1"


def cohort(subjects=("Zebra1", "Yak2"), *, name="x", **columns) -> Cohort:
    rows = {
        "session": "",
        "condition": "original",
        "modality": "T1w",
        "path": [f"/data/{number}.nii.gz" for number in range(len(subjects))],
        "age": 40.0,
        "sex": "F",
        "site": "",
        "cohort": "",
        "sample": [f"scan-{number}" for number in range(len(subjects))],
    }
    photos = pd.DataFrame({"subject": [], "path": [], "sample": []}, dtype=str)
    return Cohort(pd.DataFrame({"subject": subjects, **(rows | columns)}), photos, name=name)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Zebra1-defacer", "withheld-defacer"),
        ("defaced_by_zebra1", "defaced_by_withheld"),
        ("sub-Zebra1", "withheld"),
        ("Zebra12-defacer", "Zebra12-defacer"),
        ("pydeface-2.0.1", "pydeface-2.0.1"),
        ("sub-01", "withheld"),
        ("Anna-Schmidt-tool", "withheld-tool"),
        ("tool of Anna Schmidt", "tool of withheld"),
        ("zero", "zero"),
        ("T1w", "T1w"),
    ],
)
@pytest.mark.parametrize("column", ["condition", "modality", "site", "cohort"])
def test_a_label_in_a_name_is_withheld(column, name, shown) -> None:
    people = ("Zebra1", "Anna Schmidt", "01", "zero", "T1w")
    done = without_labels(cohort(people, **{column: [name, *["x"] * 4]}))
    assert next(iter(done.scans[column])) == shown
    assert any(WITHHELD in note for note in done.notes) == (name != shown)


def test_names_that_become_alike_stay_apart() -> None:
    done = without_labels(cohort(condition=["Zebra1-defacer", "yak2-defacer"]))
    assert sorted(done.scans["condition"]) == ["withheld-defacer", "withheld-defacer-2"]
    assert without_labels(done) is done


def test_the_words_of_the_library_are_those_of_its_defacers() -> None:
    words = {word for name in BUILT_IN["defacers"] for word in name.split("-")}
    assert words <= OWN_WORDS


def test_the_name_of_a_data_set_says_nobody_and_moves_no_cursor() -> None:
    shown = without_labels(cohort(name=HOSTILE)).name
    assert shown == f"Study(U+001B)[2J(U+202E) of(U+2028){WITHHELD}"


def test_a_tree_whose_tool_bears_a_label_is_read_without_it(tmp_path) -> None:
    for place in ("sub-Zebra1/anat", "derivatives/Zebra1 defacer/sub-Zebra1/anat"):
        (tmp_path / place).mkdir(parents=True)
        stem = "sub-Zebra1_desc-defaced_T1w" if "deriv" in place else "sub-Zebra1_T1w"
        (tmp_path / place / f"{stem}.nii.gz").write_bytes(b"x")
    (tmp_path / "dataset_description.json").write_text(json.dumps({"Name": HOSTILE, "BIDSVersion": "1.10.0"}))
    read, _ = read_cohort(tmp_path)
    assert sorted(read.scans["condition"]) == ["original", "withheld-defacer"]
    assert "zebra1" not in f"{read.name} {' '.join(read.notes)}".lower()


def test_a_model_named_after_a_person_is_refused_and_the_label_is_not_said() -> None:
    with pytest.raises(UsageError, match="name of the embedder holds the label") as caught:
        check_names(cohort(), {"embedder": "onnx:zebra1.onnx", "detector": "mine"})
    assert "zebra" not in str(caught.value).lower()
    with pytest.raises(UsageError, match="detector of photographs holds the label"):
        audit(cohort(), settings=Settings(photo_detector="finder-of-Zebra1"))


def test_what_a_page_would_obey_stands_as_an_escape(tmp_path) -> None:
    made = findings(phantom=False)
    named = replace(made.cohort, name=f"Cohort \x1b[31m\u202e {LABELS[0]}", notes=("a note\u202e\x07",))
    page = write_report(findings(phantom=False, cohort=named), tmp_path)
    for file in [page, *tmp_path.glob("report.*")]:
        text = file.read_text()
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]", text), file.name
    assert "<title>Re-identification audit: Cohort (U+001B)[31m(U+202E)" in page.read_text()


def test_letters_of_every_language_stay() -> None:
    text = "Müller\u00a0東京 – naïve\n\tx"
    assert printable(text) == text
    assert in_one_line(text) == "Müller\u00a0東京 – naïve(U+000A)(U+0009)x"


def test_nibabel_says_of_a_header_is_kept_with_the_scan_and_not_printed(tmp_path, capfd) -> None:
    import nibabel as nib
    import numpy as np

    data = np.random.default_rng(1).integers(0, 100, (8, 9, 10)).astype(np.int16)
    content = bytearray(nib.Nifti1Image(data, np.eye(4)).to_bytes())
    content[76:108] = struct.pack("<8f", 1, -1, 1, 1, 0, 0, 0, 0)
    path = tmp_path / "x.nii"
    path.write_bytes(bytes(content))
    volume = read_volume(path)
    read_scan_header(path)
    assert any(note.startswith("mended on reading the header: pixdim") for note in volume.notes), volume.notes
    assert capfd.readouterr().err == ""


def test_voxels_beyond_any_measurement_are_refused(tmp_path) -> None:
    import nibabel as nib
    import numpy as np

    data = (np.random.default_rng(1).random((8, 9, 10)) * 3e38).astype(np.float32)
    nib.save(nib.Nifti1Image(data, np.eye(4)), tmp_path / "x.nii")
    with pytest.raises(VolumeError, match="at most 1e\\+18 is a measurement"):
        read_volume(tmp_path / "x.nii")
