"""The full table: every defacer that runs here, on phantoms of all ages and contrasts and on real heads."""

from __future__ import annotations

import json
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.evidence.commands import of_this_code
from benchmarks.evidence.defacers_accuracy import balanced
from benchmarks.evidence.defacers_planted import Head, truth_of
from benchmarks.evidence.real_heads import FACES
from benchmarks.evidence.runner import Claim
from reid_audit.defacers import DEFACERS, TOOLS
from reid_audit.errors import ReidAuditError
from reid_audit.store import code_key, content_key, private_folder, write_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from benchmarks.evidence.runner import Context
    from reid_audit.quality import Reference
    from reid_audit.reproduce.judged import JudgedStudy
    from reid_audit.types import Result, ScanQuality, Volume

__all__ = ["HERE", "REPLACING", "phantoms", "real_heads"]

Row = dict[str, Any]

SEED = 7_502
HERE = tuple(name for name in DEFACERS if name not in TOOLS)
"""Defacers that run with PyPI packages alone, and shams."""
REPLACING = ("meanface", "blur")
"""They put another surface there: that some of the person's skin remains has no such truth."""
_CONTRASTS = ("T1w", "T2w", "FLAIR", "CT")
_PEOPLE = 5
"""In each of three age groups."""
_CTS = ("head_ct_coarse.nii.gz", "mannequin_ct_with_headrest.nii.gz")


def phantoms(context: Context) -> Sequence[Claim]:
    """Deface newborns, children and adults who do not exist in four contrasts; judge, and compare with the truth."""
    from reid_audit.reproduce.age_groups import AGE_GROUPS
    from reid_audit.reproduce.judged import judge_age_groups

    people = 1 if context.small else _PEOPLE
    folder = of_this_code(context.folder, people, SEED)
    study = judge_age_groups(
        folder,
        population="withheld",
        subjects=people,
        modalities=_CONTRASTS[:1] if context.small else _CONTRASTS,
        seed=SEED,
        voxel_size=3.0 if context.small else 1.0,
        tumours=False,
        defacers=("zero",) if context.small else HERE,
        groups=("child",) if context.small else tuple(AGE_GROUPS),
        workers=1 if context.small else 2,
        progress=None,
    )
    rows = _rows_with_truth(study, private_folder(folder / "truth"), voxel_size=3.0 if context.small else 1.0)
    words = ", on what defacers of phantoms left"
    return [
        *(claim for modality in study.verdicts["modality"].unique() for claim in _of_contrast(study, str(modality))),
        *_times(study),
        *(balanced(name, rows, seed=SEED, small=context.small, words=words) for name in ("face", "ears", "brain")),
    ]


def _of_contrast(study: JudgedStudy, modality: str) -> list[Claim]:
    """State for each defacer how often it did well on one contrast."""
    from reid_audit.comparison import success_rates

    verdicts = study.verdicts[study.verdicts["modality"] == modality]
    rates = success_rates(verdicts, by=("age group",), fewest=1)
    return [_of_defacer(name, modality, verdicts, rates) for name in map(str, verdicts["condition"].unique())]


def _of_defacer(name: str, modality: str, verdicts: pd.DataFrame, rates: Sequence[Result]) -> Claim:
    own = [rate for rate in rates if rate.condition == name]
    (success,) = [rate for rate in own if rate.metric == "success_rate" and not rate.group]
    rows = verdicts[verdicts["condition"] == name]
    said = [_counted(rate) for rate in own if not rate.group and rate is not success]
    said += [
        f"success of {rate.group.removeprefix('age group: ')}s {_counted(rate).split(' ', 1)[1]}"
        for rate in own
        if rate.group and rate.metric == "success_rate"
    ]
    for column, words in (
        ("brain_lost_ml", "brain lost"),
        ("untouched_changed_ml", "changed that should be untouched"),
    ):
        known = [float(each) for each in rows[column].dropna()]
        said.append(f"{words}: {median(known):.2f} ml, at most {max(known):.2f}" if known else f"{words}: not known")
    return Claim(
        f"{name}, {modality}: face removed and no brain lost",
        success.value,
        "stated with its interval, or why there is none",
        success.value is not None or bool(success.note),
        f"{rows['subject'].nunique()} withheld people; {'; '.join(filter(None, (*said, success.note)))}",
        success.low,
        success.high,
    )


def _counted(rate: Result) -> str:
    what = rate.metric.removesuffix("_rate").replace("_", " ")
    number = "not assessed" if rate.value is None else f"{rate.value:.2f} ({rate.low:.2f} to {rate.high:.2f})"
    return f"{what} {number}"


def _times(study: JudgedStudy) -> list[Claim]:
    ran = [
        Claim(f"{name}: seconds a scan, median", seconds, "stated", met=True, how="phantoms of all ages and contrasts")
        for name, seconds in study.defaced.seconds.items()
    ]
    absent = [
        Claim(f"{name}: seconds a scan, median", None, "it runs here", met=False, how=why)
        for name, why in study.defaced.unavailable.items()
    ]
    failed = [name for name in map(str, study.verdicts["condition"].unique()) if name not in study.defaced.seconds]
    lost = [
        Claim(f"{name}: seconds a scan, median", None, "it runs here", met=False, how="it failed on every scan")
        for name in failed
    ]
    return ran + absent + lost


def _rows_with_truth(study: JudgedStudy, folder: Path, *, voxel_size: float) -> list[Row]:
    """Return verdict and truth of every scan that a defacer gave back without another face."""
    rows: list[Row] = []
    scans = study.defaced.cohort.scans
    for (subject, modality), forms in scans.groupby(["subject", "modality"], sort=True):
        kept = folder / f"{subject}_{modality}.json"
        key = content_key(code_key("phantom", "anatomy", "defacers"), voxel_size, sorted(forms["condition"]))
        known = json.loads(kept.read_text()) if kept.exists() else {}
        if known.get("key") != key:
            known = {"key": key, "rows": _truths(forms, str(subject), str(modality), voxel_size)}
            write_json(kept, known)
        rows += known["rows"]
    verdicts = study.verdicts.set_index(["subject", "modality", "condition"])
    for row in rows:
        row["verdict"] = _verdict_of(verdicts.loc[(row["person"], row["modality"], row["case"])])
    return rows


def _truths(forms: pd.DataFrame, subject: str, modality: str, voxel_size: float) -> list[Row]:
    """Return what is true of every defaced form of one scan, from the masks of what was removed."""
    import nibabel as nib

    from reid_audit.reproduce.age_groups import phantom_of

    group, index = str(forms["site"].iloc[0]), int(subject[-3:]) - 1
    who, scan = phantom_of(group, index, modality, population="withheld", seed=SEED, voxel_size=voxel_size)
    head = Head.of(scan, who)
    rows = []
    for form in forms.to_dict("records"):
        if form["condition"] in ("original", *REPLACING):
            continue
        place = Path(form["path"])
        # Not read as a scan: a defacer may have removed nothing, and a scan that shows nothing is refused.
        mask: Any = nib.load(place.with_name(place.name.replace(".nii.gz", "_defacemask.nii.gz")))
        truth = truth_of(head, np.asanyarray(mask.dataobj) > 0)
        right = {"face": truth.fails("face_verdict"), "ears": truth.fails("ears"), "brain": truth.brain_fails}
        rows.append(
            {
                "person": subject,
                "age": who.age,
                "modality": modality,
                "case": str(form["condition"]),
                "borderline": truth.borderline,
                "truth": {name: "fail" if failed else "pass" for name, failed in right.items()},
            }
        )
    return rows


def _verdict_of(row: pd.Series[Any]) -> dict[str, str]:
    meaning = {True: "pass", False: "fail"}
    return {name: meaning.get(row[f"{name}_pass"], "not assessed") for name in ("face", "ears", "brain")}


def real_heads(context: Context) -> Sequence[Claim]:
    """Run every defacer on every real head, and state what the verdict is and how long it took."""
    from reid_audit.anatomy.brain import estimate_brain
    from reid_audit.inputs import read_volume
    from reid_audit.quality import reference_of

    if context.real is None:
        return [Claim("Real heads defaced", None, "stated", met=False, how="no sample data; set REID_AUDIT_TEST_DATA")]
    heads, names = (FACES[2:3], ("zero",)) if context.small else ((*FACES, *_CTS), HERE)
    claims = []
    for head in heads:
        missing = [name for name in names if not _kept(context, head, name).exists()]
        if missing:
            volume = read_volume(context.real / "heads" / head)
            try:
                reference, why = reference_of(volume, estimate=estimate_brain), ""
            except ReidAuditError as error:
                reference, why = None, str(error)
            for name in missing:
                write_json(_kept(context, head, name), _on_real(name, volume, reference, why))
        claims += [_real_claim(head, name, json.loads(_kept(context, head, name).read_text())) for name in names]
    return claims


def _kept(context: Context, head: str, name: str) -> Path:
    return context.folder / f"{head.split('.', maxsplit=1)[0]}_{name}.json"


def _on_real(name: str, volume: Volume, reference: Reference | None, why: str) -> Row:
    """Deface a real head and judge what came of it; nothing of the head itself is kept."""
    from reid_audit.quality import judge_scan

    began = time.monotonic()
    try:
        defaced, footprint = DEFACERS[name]().deface(volume)
    except ReidAuditError as error:
        return {"failed": str(error)}
    seconds = time.monotonic() - began
    voxel = abs(float(np.linalg.det(np.asarray(volume.affine)[:3, :3]))) / 1000.0
    row: Row = {"seconds": seconds, "footprint_ml": float(np.asarray(footprint.data).sum()) * voxel}
    if reference is None:
        return row | {"unjudged": why}
    return row | _words(judge_scan(defaced, reference))


def _words(judged: ScanQuality) -> Row:
    shares = {one.region: one.share for one in judged.regions}
    brain = judged.brain
    return {
        "face": judged.face,
        "ears": judged.ears,
        "brain": brain.verdict,
        "left": ", ".join(f"{name} {share:.0%}" for name, share in shares.items() if share is not None),
        "brain_words": brain.evidence,
        "untouched": judged.voxels.evidence,
        "seen": f"face found in {judged.n_detected} of {judged.n_views} renders",
    }


def _real_claim(head: str, name: str, row: Row) -> Claim:
    claim, target = f"{name} on {head}: face removed", "stated, or why there is no verdict"
    if "failed" in row:
        return Claim(claim, None, target, met=bool(row["failed"]), how=f"not defaced: {row['failed']}")
    said = f"{row['seconds']:.1f} s; footprint {row['footprint_ml']:.0f} ml, air included"
    if "unjudged" in row:
        return Claim(claim, None, target, met=bool(row["unjudged"]), how=f"{said}; not judged: {row['unjudged']}")
    how = (
        f"{said}; left: {row['left']}; ears {row['ears']}; brain {row['brain']}: {row['brain_words']}; "
        f"{row['untouched']}; {row['seen']}"
    )
    value = {"pass": 1.0, "fail": 0.0}.get(row["face"])
    return Claim(claim, value, target, met=True, how=how)
