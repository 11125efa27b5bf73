"""A scan or photo whose file does not exist: read as a row, lost at enrolment, counted once."""

from __future__ import annotations

from reid_audit.enrolment import enrol_cohort
from reid_audit.inputs import read_cohort
from reid_audit.settings import Settings


def test_what_does_not_exist_is_enrolled_as_lost_and_listed_once(tmp_path):
    (tmp_path / "a.nii").write_bytes(b"no scan")
    (tmp_path / "x.jpg").write_bytes(b"no photo")
    (tmp_path / "manifest.csv").write_text(
        "subject,condition,modality,path\n1,original,T1w,a.nii\n2,original,T1w,b.nii\n"
    )
    (tmp_path / "photos.csv").write_text("subject,path\n1,x.jpg\n2,y.jpg\n")
    cohort, failures = read_cohort(tmp_path / "manifest.csv", tmp_path / "photos.csv")
    enrolled = enrol_cohort(cohort, settings=Settings(workers=1))
    assert failures == ()
    assert [(failure.stage, failure.sample) for failure in enrolled.failures] == [
        ("read", "sub-1_T1w_original"),
        ("read", "sub-2_T1w_original"),
        ("read", "sub-1_photo-1"),
        ("read", "sub-2_photo-1"),
    ]
    assert all(failure.remedy for failure in enrolled.failures)
    for templates in (enrolled.scans, enrolled.photos):
        assert set(templates.table["subject"]) == {"1", "2"}
        assert not templates.table["detected"].any()
