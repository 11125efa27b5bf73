"""Defacers side by side: on real heads, and with every attacker on people of whom it is known what was left."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.evidence.commands import of_this_code
from benchmarks.evidence.defacers_table import HERE
from benchmarks.evidence.runner import Claim
from reid_audit.errors import ReidAuditError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from benchmarks.evidence.runner import Context
    from reid_audit.comparison import Comparison, FailureRisk

__all__ = ["compare_real", "failures_and_risk"]

SEED = 7_503
_HEADS = (
    ("p51", "supine", "adult51_t1_supine.nii.gz"),
    ("p51", "prone", "adult51_t1_prone.nii.gz"),
    ("p26", "1", "adult26_t1_dicom"),
    ("p35", "1", "adult35_t1.nii.gz"),
)
_PREAMBLE = r"""\documentclass{article}
\usepackage{booktabs,graphicx}
\usepackage[T1]{fontenc}
\begin{document}
\input{compare.tex}
\end{document}
"""
_ENGINES = ("tectonic", "lualatex", "xelatex", "pdflatex")


def compare_real(context: Context) -> Sequence[Claim]:
    """Deface real heads by everything that runs here, and compare; no scan and no face is kept."""
    from reid_audit import Settings
    from reid_audit.comparison import compare, write_comparison

    if context.real is None:
        return [
            Claim("Real heads compared", None, "compared", met=False, how="no sample data; set REID_AUDIT_TEST_DATA")
        ]
    heads, names = (_HEADS[:1], ("zero",)) if context.small else (_HEADS, HERE)
    one_view = {"yaws": (0,), "pitches": (0,), "azimuths": (0,), "elevations": (38,)}
    settings = Settings(
        attackers=("scan-to-scan", "original-to-released"), workers=1 if context.small else 2, seed=SEED,
        **(one_view if context.small else {}),
    )  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="compare-") as made:
        cohort, lost = _real_cohort(context.real / "heads", heads, names, Path(made))
        done = compare(cohort, Path(made) / "out", settings=settings, failures=lost)
        page = write_comparison(done, Path(made) / "out")
        latex = _compiled(page.with_name("compare.tex"))
    labels = [label for label, _, _ in heads]
    return [
        *_rows(done, "real heads", f"{len(set(labels))} people, {len(heads)} scans"),
        _gaps(done),
        latex,
    ]


def _real_cohort(folder: Path, heads: Sequence[tuple[str, str, str]], names: Sequence[str], out: Path) -> tuple:
    """Write what each defacer makes of each head, and a manifest of all; what fails is missing in it."""
    import pandas as pd

    from reid_audit import read_cohort
    from reid_audit.defacers import DEFACERS
    from reid_audit.inputs import read_volume, write_volume

    rows = []
    for subject, session, name in heads:
        about = {"subject": subject, "session": session, "modality": "T1w"}
        rows.append({**about, "condition": "original", "path": str(folder / name)})
        volume = read_volume(folder / name)
        for defacer in names:
            try:
                defaced, _ = DEFACERS[defacer]().deface(volume)
            except ReidAuditError:
                continue  # compare counts it as a scan that this defacer lost
            path = write_volume(defaced, out / f"{subject}_{session}_{defacer}.nii.gz")
            rows.append({**about, "condition": defacer, "path": str(path)})
    manifest = out / "scans.csv"
    pd.DataFrame(rows).to_csv(manifest, index=False)
    return read_cohort(manifest)


def _rows(done: Comparison, where: str, who: str) -> list[Claim]:
    """State risk, success and cost of each condition."""
    claims = []
    for row in done.rows:
        rate = row.success
        success = (
            ""
            if rate is None or rate.value is None
            else f"success {rate.value:.2f} ({rate.low:.2f} to {rate.high:.2f}); "
        )
        brain = "" if row.brain.median_ml is None else f"brain lost {row.brain.median_ml:.2f} ml (median); "
        change = row.utility.absolute_relative
        kept = "" if change is None else f"measures change by {100 * change:.2f} % (median); "
        claims.append(
            Claim(
                f"{row.condition} on {where}: upper limit of the risk",
                row.risk.upper,
                "stated, or why there is none",
                row.risk.upper is not None or bool(row.note),
                f"{who}; {row.risk.attacker or 'no attack'}; {success}{brain}{kept}{row.n_lost} lost; {row.note}",
            )
        )
    return claims


def _gaps(done: Comparison) -> Claim:
    """Every verdict and measure that is missing must say why."""
    verdicts = done.verdicts
    open_ones = verdicts[["face_pass", "brain_pass"]].isna().any(axis=1)
    silent = int((open_ones & (verdicts["why"] == "")).sum())
    silent += int((done.measures["value"].isna() & (done.measures["why"] == "")).sum())
    return Claim(
        "Verdicts and measures that are missing without a reason",
        float(silent),
        "0",
        silent == 0,
        f"{len(verdicts)} verdicts, {len(done.measures)} measures, {len(done.failures)} failures",
    )


def _compiled(tex: Path) -> Claim:
    """Set the tables by TeX where there is one; elsewhere look at their build alone, and say so."""
    claim = "The LaTeX tables of a comparison compile"
    text = tex.read_text(encoding="utf-8")
    pairs = [(text.count(f"\\begin{{{name}}}"), text.count(f"\\end{{{name}}}")) for name in ("table", "tabular")]
    plain = text.isascii() and all(one == two > 0 for one, two in pairs)
    engine = next((found for name in _ENGINES if (found := shutil.which(name))), None)
    if engine is None:
        said = f"no TeX on this machine; {pairs[0][0]} tables, every environment closed, ASCII alone: {plain}"
        return Claim(claim, None, "where a TeX is installed; elsewhere whole environments and ASCII", plain, said)
    (tex.parent / "paper.tex").write_text(_PREAMBLE, encoding="ascii")
    command = (
        [engine, "paper.tex"] if Path(engine).name == "tectonic" else [engine, "-interaction=nonstopmode", "paper.tex"]
    )
    done = subprocess.run(command, cwd=tex.parent, capture_output=True, text=True, check=False, timeout=300)
    made = (tex.parent / "paper.pdf").exists()
    return Claim(
        claim, float(done.returncode == 0 and made), "1", done.returncode == 0 and made,
        f"{Path(engine).name}; {done.stdout[-300:] if done.returncode else f'{pairs[0][0]} tables'}",
    )  # fmt: skip


def failures_and_risk(context: Context) -> Sequence[Claim]:
    """Let every attacker loose on what defacers leave of the same people, and join it with the verdicts."""
    from reid_audit import PhantomSettings, Settings, write_cohort
    from reid_audit.attackers import ATTACKERS
    from reid_audit.comparison import compare, write_comparison
    from reid_audit.defacing import deface_scans
    from reid_audit.inputs import cohort_of_folders

    names = ("zero", "partial") if context.small else HERE
    people = PhantomSettings(
        n_subjects=2 if context.small else 24,
        sessions=1 if context.small else 2,
        conditions=("original",),
        photos_per_subject=1 if context.small else 2,
        voxel_size=3.0 if context.small else 1.5,
        population="withheld",
        seed=SEED,
    )
    workers = 1 if context.small else 2
    folder = of_this_code(context.folder, people.n_subjects, people.seed, names)
    write_cohort(people, folder / "people", workers=workers)
    for name in names:
        deface_scans(folder / "people", folder / name, defacer=name, workers=workers)
    folders = {"original": folder / "people"} | {name: folder / name for name in names}
    cohort, lost = cohort_of_folders(folders, folder / "scans.csv", folder / "people" / "photos")
    attackers = ("photo-nearest", "scan-to-scan") if context.small else tuple(ATTACKERS)
    settings = Settings(attackers=attackers, seed=SEED, workers=workers)
    if context.small:
        few = {"yaws": (0.0,), "pitches": (0.0,), "azimuths": (0.0,), "elevations": (38.0,), "resamples": 100}
        settings = settings.model_copy(update=few)
    # The small version is spared the estimates of the brain.
    masks = _true_brains(folder / "people") if context.small else None
    done = compare(cohort, folder / "out", settings=settings, failures=lost, masks=masks)
    page = write_comparison(done, folder / "out")
    return [
        _all_attackers(done, attackers),
        *(_joined(each) for each in done.failure_risks),
        *_rows(done, "phantoms", f"{people.n_subjects} withheld people"),
        _compiled(page.with_name("compare.tex")),
    ]


def _true_brains(people: Path) -> pd.DataFrame:
    import pandas as pd

    paths = sorted((people / "derivatives" / "truth").rglob("*_label-brain*.nii.gz"))
    rows = [{"subject": path.name.split("_")[0].removeprefix("sub-"), "path": str(path)} for path in paths]
    return pd.DataFrame(rows).assign(session="", modality="", condition="", label="brain")


def _all_attackers(done: Comparison, attackers: Sequence[str]) -> Claim:
    numbered = {each.attacker for each in done.failure_risks}
    without = [name for name in attackers if name not in numbered]
    return Claim(
        "Attackers of the audit that are not joined with the verdicts",
        float(len(without)),
        "0",
        not without,
        f"{', '.join(without) or 'none'} of {len(attackers)}",
    )


def _joined(each: FailureRisk) -> Claim:
    attack = "/".join(filter(None, (each.attacker, each.matcher, each.relation)))
    what = "brain altered" if each.part == "brain" else f"{each.part} left"
    rates = (
        ""
        if each.found_failed is None or each.found_passed is None or each.control is None
        else f"found in {each.found_failed:.3f} against {each.found_passed:.3f}, shuffled {each.control:+.3f}; "
    )
    return Claim(
        f"{attack}, {what}: how much more often the same people are found",
        each.difference,
        "stated with its interval, or why there is none",
        each.difference is not None or bool(each.note),
        f"{rates}{each.n_subjects} people, {each.n_forms} defaced forms; {each.note}",
        each.low,
        each.high,
    )
