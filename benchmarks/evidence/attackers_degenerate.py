"""Cohorts of which little or nothing can be said: a clear statement each, and no number that is none."""

from __future__ import annotations

import csv
import html
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.evidence.commands import of_this_code, run_command
from benchmarks.evidence.runner import Claim
from benchmarks.quick import quick_options
from reid_audit.attackers import ATTACKERS
from reid_audit.store import private_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.evidence.commands import Done
    from benchmarks.evidence.runner import Context

__all__ = ["degenerate"]

SEED = 7_402
_FAST = ("--triangles", "20000", "--azimuths", "0", "--elevations", "38", "--resamples", "100", "-q")
_FEW = ("photo-nearest", "scan-to-scan", "open-set", "assignment")
_IN_SMALL = ("one person", "no face anywhere", "one scan of two people", "all scores equal")
_NO_NUMBER = re.compile(r"(?<![\w.-])[-+]?(nan|inf|infinity)(?![\w-])", re.IGNORECASE)
_ONE_PERSON = (
    "No attack on original scans gave a number",
    "One person in the gallery: the answer is known before the search",
)
_GREY = "no face was found in any of the 3 photographs: the attack could not be carried out"
_SEXES = {"1": "F", "2": "M", "3": "F"}


@dataclass(frozen=True)
class Row:
    """A scan of a manifest."""

    subject: str
    session: str
    path: Path
    sex: str
    age: str = "40"


@dataclass(frozen=True)
class Case:
    """A cohort that something is wrong with.

    Parameters
    ----------
    name : str
    scans : list of Row
    photos : list of (str, Path)
        Whose, and where; empty where there are none.
    status : int
        Exit status as it is documented.
    says : tuple of str
        What the page must say, or the terminal where no report is made.
    """

    name: str
    scans: list[Row]
    photos: list[tuple[str, Path]]
    status: int
    says: tuple[str, ...]


def degenerate(context: Context) -> Sequence[Claim]:
    """Audit each of these cohorts under all attackers as a user does, and read everything that was written."""
    folder = of_this_code(context.folder, SEED)
    scans, photos = _people(folder)
    cases = [case for case in _cases(folder, scans, photos) if not context.small or case.name in _IN_SMALL]
    return [_claim(case, private_folder(folder / case.name.replace(" ", "-")), small=context.small) for case in cases]


def _people(folder: Path) -> tuple[list[Row], list[tuple[str, Path]]]:
    """Make three people with two sessions and a photograph each."""
    from reid_audit import PhantomSettings, write_cohort

    people = PhantomSettings(
        n_subjects=3,
        sessions=2,
        conditions=("original",),
        photos_per_subject=1,
        voxel_size=3.0,
        population="withheld",
        orientations=("RAS",),
        seed=SEED,
    )
    made = folder / "people"
    write_cohort(people, made)
    scans = [
        Row(
            who,
            session,
            made / f"sub-phantom00{who}/ses-0{session}/anat/sub-phantom00{who}_ses-0{session}_T1w.nii.gz",
            sex,
        )
        for who, sex in _SEXES.items()
        for session in "12"
    ]
    return scans, [(who, made / "photos" / f"sub-phantom00{who}_photo-01.png") for who in _SEXES]


def _cases(folder: Path, scans: list[Row], photos: list[tuple[str, Path]]) -> list[Case]:
    first = [row for row in scans if row.session == "1"]
    altered = private_folder(folder / "altered")
    faceless = [_altered(row, altered / f"faceless-{row.path.name}", _without_face) for row in first]
    grey = [(who, _grey(altered / f"grey-{path.name}")) for who, path in photos]
    same = [_altered(first[0], altered / f"same-{row.path.name}", np.asarray, of=row) for row in first]
    alike = [(who, Path(shutil.copy(photos[0][1], altered / f"same-{path.name}"))) for who, path in photos]
    one_label = [Row("1", row.session, row.path, row.sex, row.age) if row.subject == "2" else row for row in scans]
    shared = [*first, Row("4", "1", first[0].path, "F")]
    nowhere = "face detection failed. That is no protection"
    return [
        Case("one person", [row for row in scans if row.subject == "1"], photos[:1], 0, _ONE_PERSON),
        Case("no photographs", first, [], 0, ("No photographs were given", "Nothing was measured across sessions")),
        Case(
            "uneven sessions",
            [row for row in scans if row.session == "1" or row.subject == "1"],
            photos,
            0,
            ("people have 1 to 2 scans of condition 'original'", "equally many of each person"),
        ),
        Case("no face in any scan", faceless, photos, 0, ("A face was found on 0 % of these heads",)),
        Case("no face in any photograph", first, grey, 0, (_GREY,)),
        Case("no face anywhere", faceless, grey, 0, (nowhere, _GREY)),
        Case("two people with one label", one_label, photos, 0, ("two people may share it, and would count as one",)),
        Case("one scan of two people", shared, photos, 2, ("give one file to two subjects",)),
        Case("one photograph of two people", first, [*photos, ("2", photos[0][1])], 2, ("name the same file",)),
        Case("all scores equal", same, alike, 0, ("all scores are equal: they tell nothing",)),
    ]


def _altered(row: Row, path: Path, change: Callable[[np.ndarray], np.ndarray], *, of: Row | None = None) -> Row:
    """Write a changed copy of a scan, as the scan of the same person or another one, and return its row."""
    import nibabel as nib

    image = nib.load(row.path)
    nib.save(nib.Nifti1Image(change(np.asarray(image.dataobj)), image.affine), path)
    whose = of or row
    return Row(whose.subject, whose.session, path, whose.sex)


def _without_face(data: np.ndarray) -> np.ndarray:
    """Take away the front half of a head whose second axis points to the front."""
    left = data.copy()
    left[:, data.shape[1] // 2 :] = 0
    return left


def _grey(path: Path) -> Path:
    from PIL import Image

    Image.new("L", (300, 300), 128).save(path)
    return path


def _claim(case: Case, folder: Path, *, small: bool) -> Claim:
    data, out = private_folder(folder / "data"), folder / "out"
    manifest, pictures = data / "manifest.csv", data / "photos.csv"
    _write(
        manifest,
        ("subject", "session", "condition", "modality", "path", "age", "sex"),
        [(row.subject, row.session, "original", "T1w", row.path, row.age, row.sex) for row in case.scans],
    )
    _write(pictures, ("subject", "path"), case.photos)
    names = _FEW if small else tuple(ATTACKERS)
    words = [word for name in names for word in ("--attacker", name)]
    more = quick_options() if small else _FAST
    done = run_command(
        "run", manifest, out, *(("--photos", pictures) if case.photos else ()), *words, *more, here=small
    )
    faults = _faults(case, done, out)
    return Claim(
        f"A cohort with {case.name}: faults of what the command says and writes",
        float(len(faults)),
        f"0: exit status {case.status}, no traceback, no number that is none, and it says "
        + ", ".join(f"“{words}”" for words in case.says),
        not faults,
        "; ".join(faults) or f"{len(case.scans)} scans, {len(case.photos)} photographs, attackers {', '.join(names)}",
    )


def _write(path: Path, names: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([names, *rows])


def _faults(case: Case, done: Done, out: Path) -> list[str]:
    """Return what is wrong with the answer to a case."""
    faults = [] if done.status == case.status else [f"exit status {done.status}: {done.said[-300:]}"]
    texts = {"the terminal": done.said} | {path.name: _text(path) for path in _written(out)}
    faults += [f"traceback in {name}" for name, text in texts.items() if "Traceback" in text]
    for name, text in texts.items():
        if found := _NO_NUMBER.search(text):
            faults.append(f"'{text[max(0, found.start() - 40) : found.end() + 20]}' in {name}")
    where = "report.html" if case.status == 0 else "the terminal"
    said = " ".join(texts.get(where, "").split())
    return faults + [f"{where} does not say “{words}”" for words in case.says if words not in said]


def _written(out: Path) -> list[Path]:
    shared = [path for path in out.rglob("*") if path.suffix in {".json", ".html", ".csv", ".tsv"}]
    return [path for path in shared if "templates" not in path.parts]


def _text(path: Path) -> str:
    """Return what a reader of a file sees."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".html":
        return text
    shown = re.sub(r"<(style|script).*?</\1>", " ", text, flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]*>", " ", shown))
