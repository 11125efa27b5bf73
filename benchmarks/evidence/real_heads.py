"""Real heads, one by one and as a cohort of three people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.evidence.runner import Claim

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.evidence.runner import Context

__all__ = ["cohort_of_three", "one_by_one"]

FACES = ("adult26_t1_dicom", "adult35_t1.nii.gz", "adult51_t1_supine.nii.gz", "adult51_t1_prone.nii.gz")
OTHERS = (
    "head_ct_coarse.nii.gz",
    "mannequin_ct_with_headrest.nii.gz",
    "adult42_t1_defaced_by_owner.nii.gz",
    "control_t1_skull_stripped.nii.gz",
)


def one_by_one(context: Context) -> Sequence[Claim]:
    """Enrol each real head and state on how many renders a face was found."""
    from reid_audit.enrolment import ScanTask, enrol
    from reid_audit.render import DEFAULT_GRID, camera_grid
    from reid_audit.settings import Settings

    if context.real is None:
        return [Claim("Real heads", None, "rendered", met=False, how="no sample data; set REID_AUDIT_TEST_DATA")]
    views = camera_grid((-20, 0, 20), (0,), (0,), (38,)) if context.small else DEFAULT_GRID
    models = Settings()
    names = FACES[-1:] if context.small else FACES + OTHERS
    claims = []
    for name in names:
        kind = "CT" if "_ct" in name else "T1w"
        path = str(context.real / "heads" / name)
        store = str(context.folder / "templates")
        task = ScanTask(
            name, name, "", "original", kind, path, views, 400, None, models.detector, models.embedder, store
        )
        sample = enrol(task)
        rate = None if sample.templates is None else float(sample.templates.table["detected"].mean())
        quality = sample.quality
        how = (
            "not rendered: " + sample.failures[0].what
            if quality is None
            else (
                f"{len(views)} renders; yaw, pitch, roll taken out "
                f"{', '.join(f'{angle:.0f}' for angle in quality.pose_angles)} degrees; residual to the mean head "
                f"{quality.pose_residual:.1f} mm; cut: {', '.join(quality.cut_through) or 'none'}"
            )
        )
        target = "above half" if name in FACES else "stated; no face found is not protection"
        met = rate is not None and rate > 0.5 if name in FACES else True
        claims.append(Claim(f"{name}: share of renders with a face found", rate, target, met, how))
    return claims


def cohort_of_three(context: Context) -> Sequence[Claim]:
    """Audit three real people, one of whom was scanned in two positions."""
    import pandas as pd

    from reid_audit import Settings, audit, read_cohort

    claim = "Three real people as a cohort: the audit finishes and says what three can show"
    if context.real is None:
        return [Claim(claim, None, "finished", met=False, how="no sample data; set REID_AUDIT_TEST_DATA")]
    rows = [
        ("p26", "1", "adult26_t1_dicom"),
        ("p35", "1", "adult35_t1.nii.gz"),
        ("p51", "supine", "adult51_t1_supine.nii.gz"),
        ("p51", "prone", "adult51_t1_prone.nii.gz"),
    ]
    table = pd.DataFrame(rows, columns=["subject", "session", "path"]).assign(condition="original", modality="T1w")
    table["path"] = [str(context.real / "heads" / name) for name in table["path"]]
    manifest = context.folder / "scans.csv"
    table.to_csv(manifest, index=False)
    cohort, unread = read_cohort(manifest)
    lights = {"azimuths": (0,), "elevations": (38,)} if context.small else {}
    settings = Settings(attackers=("scan-to-scan", "original-to-released"), workers=2, **lights)
    result = audit(cohort, settings=settings, failures=unread, out=context.folder / "out")
    page = (context.folder / "out" / "report.html").read_text()
    said = "0 of 3" in page and "upper bound" in page
    return [
        Claim(
            claim,
            float(len(cohort.subjects)),
            "complete; the page states the upper bound that 0 of 3 leaves",
            result.findings.complete and said,
            f"{len(cohort.scans)} scans, {len(result.results)} numbers, {len(result.failures)} failures; "
            f"{sum(row.value is None for row in result.results)} numbers withheld with the reason beside them",
        )
    ]
