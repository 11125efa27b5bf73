"""Which defaced scan stands beside which original, and in which group each scan counts."""

from __future__ import annotations

import pandas as pd
import pytest

from reid_audit.comparison.comparing import _grouped
from reid_audit.comparison.scans import read_masks, scan_tasks
from reid_audit.errors import ManifestError
from reid_audit.types import Cohort


def _cohort(*rows, **more):
    """Make a cohort of ``condition, subject, session, name`` with an age and a site each."""
    table = [
        {"subject": subject, "session": session, "condition": condition, "modality": "T1w"}
        | {"path": f"/{condition}/{name}.nii.gz", "age": age, "sex": "F", "site": site, "sample": f"{name}_{condition}"}
        for condition, subject, session, name, age, site in rows
    ]
    return Cohort(pd.DataFrame(table).assign(**more), pd.DataFrame({"subject": []}))


def _runs(*rows):
    return _cohort(*[(condition, "01", "1", f"sub-01_ses-1{name}_T1w", 30.0, "A") for condition, name in rows])


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (
            [("original", "_run-1"), ("original", "_run-2"), ("zero", "_run-2")],
            {"1_run-1": "", "1_run-2": "sub-01_ses-1_run-2_T1w_zero"},
        ),
        ([("original", "_run-1"), ("zero", "")], {"1": "sub-01_ses-1_T1w_zero"}),
        ([("original", ""), ("zero", "_acq-x")], {"1": "sub-01_ses-1_acq-x_T1w_zero"}),
        ([("original", "_run-1"), ("zero", "_run-2")], {"1": ""}),
        ([("original", ""), ("zero", "_run-1"), ("zero", "_run-2")], {"1": ""}),
    ],
)
def test_each_run_stands_beside_its_own_original(rows, expected):
    tasks, notes = scan_tasks(_runs(*rows))
    assert {task.session: task.defaced[0].sample for task in tasks} == expected
    lost = len(rows) - len(tasks) - sum(bool(sample) for sample in expected.values())
    assert ("have no original" in "; ".join(notes)) is (lost > 0)


def test_a_mask_may_be_of_one_run():
    cohort = _runs(("original", "_run-1"), ("original", "_run-2"), ("zero", "_run-2"))
    common = {"subject": "01", "modality": "", "condition": "", "label": "brain"}
    masks = pd.DataFrame([{**common, "session": "1_run-2", "path": "b"}, {**common, "session": "1", "path": "a"}])
    tasks, _ = scan_tasks(cohort, masks=masks)
    assert {task.session: task.original.masks["brain"] for task in tasks} == {"1_run-1": "a", "1_run-2": "b"}


def test_each_session_has_its_own_age_site_and_cohort():
    rows = [
        (condition, "01", session, f"sub-01_ses-{session}_T1w", age, site)
        for condition in ("zero", "original")
        for session, age, site in (("1", 12.0, "Toronto"), ("2", 19.0, "Ottawa"))
    ]
    cohort = _cohort(*rows, cohort=["x", "x", "PING", "GO"])
    verdicts = pd.DataFrame(
        [
            {"subject": "01", "session": task.session, "modality": task.modality, "condition": "zero"}
            for task in scan_tasks(cohort)[0]
        ]
    )
    table = _grouped(verdicts, cohort).set_index("session")
    assert table["site"].to_dict() == {"1": "Toronto", "2": "Ottawa"}
    assert table["cohort"].to_dict() == {"1": "PING", "2": "GO"}
    assert table.loc["1", "age"] != table.loc["2", "age"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("subject,label,path\n01,brain,gone.nii.gz\n", "1 of 1 paths .* no file"),
        ("subject,label,path\n01,brain,m.nii.gz\nsub-01,brain,m.nii.gz\n", "repeats the mask"),
        ("subject,label,path,conditon\n01,brain,m.nii.gz,zero\n", "conditon"),
        ("subject,path\n01,m.nii.gz\n", "label"),
    ],
)
def test_a_table_of_masks_that_would_be_half_used_is_refused(tmp_path, text, said):
    (tmp_path / "m.nii.gz").write_bytes(b"")
    (tmp_path / "masks.csv").write_text(text)
    with pytest.raises(ManifestError, match=said):
        read_masks(tmp_path / "masks.csv")
