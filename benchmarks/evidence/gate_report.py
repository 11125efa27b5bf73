"""What is handed on of an audit of people whose names are everywhere: read byte by byte, and opened in a browser."""

from __future__ import annotations

import json
import os
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.chromium import DRAWN, Browser, draw_all
from benchmarks.evidence.commands import of_this_code, run_command
from benchmarks.evidence.runner import Claim
from benchmarks.shareable import pictures, shared, telling
from reid_audit.store import private_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.chromium import Visit
    from benchmarks.evidence.commands import Done
    from benchmarks.evidence.runner import Context

__all__ = ["report"]

SEED = 7_709
_PEOPLE = {True: 4, False: 24}
_ORIGINALS = "clinic-tree"
_SHADES = 81
"""Cells of a heat map, one a view: the only picture of pixels in a report of real people."""

_QUICK = ("--attacker", "photo-nearest", "--attacker", "photo-set", "--triangles", "20000", "--resamples", "100", "-q")
_ONE_VIEW = ("--pitches", "0", "--azimuths", "0", "--elevations", "38", "--yaws", "-20,0,20")
_CHARTS = f"[...document.querySelectorAll('{DRAWN}')].map((each) => each.querySelectorAll('.chart .main-svg').length)"


def report(context: Context) -> Sequence[Claim]:
    """Audit people whose labels stand in every name and who are not said to be phantoms; look at what is shared."""
    from reid_audit import PhantomSettings, write_cohort

    folder = of_this_code(context.folder, SEED, context.small)
    count = _PEOPLE[context.small]
    if not (folder / "tree").exists():
        settings = PhantomSettings(
            n_subjects=count, conditions=("original", "zero"), photos_per_subject=1, voxel_size=3.0, seed=SEED
        )
        made = folder / "made"
        write_cohort(settings, made)
        _renamed(made, private_folder(folder / "renaming"), count)
        (folder / "renaming").rename(folder / "tree")
    run = partial(run_command, here=context.small)
    out = folder / "out"
    ended = _audited(folder / "tree", out, run)
    files = list(shared(out))
    how = f"{count} people of seed {SEED}, not called phantoms, whose labels stand in every name; {ended}"
    return [*_read(files, _secrets(count), how), *_opened(out, how)]


def _label(number: int) -> str:
    return f"Zebra{number + 301}"


def _secrets(count: int) -> list[str]:
    return [*(_label(number) for number in range(count)), "Northgate", _ORIGINALS]


def _renamed(made: Path, tree: Path, count: int) -> None:
    """Make originals and a release of the phantoms, in which data set, tool, folders and files bear labels."""
    named = {old.name: f"sub-{_label(number)}" for number, old in enumerate(sorted(made.glob("sub-*"))[:count])}
    for old, new in named.items():
        for condition, place, said in (("", _ORIGINALS, ""), ("derivatives/zero", "release", "_desc-defaced")):
            (image,) = (made / condition / old).rglob("*_T1w.nii.gz")
            anat = private_folder(private_folder(private_folder(tree / place) / new) / "anat")
            os.link(image, anat / f"{new}{said}_T1w.nii.gz")
        photo = next((made / "photos").rglob(f"{old}*.*"))
        os.link(photo, private_folder(tree / "photos") / f"{new}_Northgate{photo.suffix}")
    rows = "".join(f"{new}\t40\tF\t{_label(2)} ward\n" for new in named.values())
    described: dict[str, Any] = {"BIDSVersion": "1.10.0", "Name": f"Scans of {_label(1)} \x1b[2J\u202e"}
    defaced = {"DatasetType": "derivative", "GeneratedBy": [{"Name": f"{_label(0)} defacer"}]}
    for place, more in ((_ORIGINALS, {}), ("release", defaced)):
        (tree / place / "dataset_description.json").write_text(json.dumps(described | more))
        (tree / place / "participants.tsv").write_text(f"participant_id\tage\tsex\tsite\n{rows}")


def _audited(tree: Path, out: Path, run: Callable[..., Done]) -> str:
    """Run, triage and gate as a user does, and say how each ended."""
    given = ("--originals", tree / _ORIGINALS, "--photos", tree / "photos", "--by", "site")
    done = run("run", tree / "release", out, *given, *_QUICK, *_ONE_VIEW)
    gated = run("gate", out)
    return f"run ended with {done.status}, gate with {gated.status}"


def _read(files: Sequence[tuple[str, bytes]], secrets: Sequence[str], how: str) -> list[Claim]:
    names = {name for name, _ in files}
    wanted = {"report.html", "report.json", "report.tex", "attestation.json", "attestation.html", "evidence.json"}
    told = telling(files, secrets, ours=_released(files))
    heads = [where for where, shades in pictures(files) if shades > _SHADES]
    complete = wanted <= names
    return [
        Claim(
            "Shared files that hold a label, a folder or a file name of the originals",
            float(len(told)) if complete else None,
            "0",
            complete and not told,
            f"{len(files)} files and embedded parts read, the paths of the release itself in the attestation left out; "
            f"{', '.join(told) or 'none'}; {how}",
        ),
        Claim(
            "Pictures of a head in what is shared",
            float(len(heads)) if complete else None,
            "0",
            complete and not heads,
            f"pictures of more than {_SHADES} shades, of {len(pictures(files))} pictures; {', '.join(heads) or 'none'}",
        ),
    ]


def _released(files: Sequence[tuple[str, bytes]]) -> list[str]:
    """Return the paths that the attestation lists: they are published with the release."""
    (content,) = (content for name, content in files if name == "attestation.json")
    return sorted((file["path"] for file in json.loads(content)["files"]), key=len, reverse=True)


def _opened(out: Path, how: str) -> list[Claim]:
    """Open the report from disk, let every figure draw itself, and say what the browser asked for and complained of."""
    from reid_audit.report.pdf import find_chromium

    program, address = find_chromium(), (out / "report.html").as_uri()
    names = ("Requests of the report beyond its own file", "Complaints in the browser's console", "Figures not drawn")
    if program is None:
        return [Claim(name, None, "0", met=False, how="no Chromium on this machine") for name in names]
    with tempfile.TemporaryDirectory(prefix="chromium-") as profile, Browser(program, Path(profile)) as browser:
        page = browser.visit(address)
        draw_all(page)
        found = (_asked_for(page, address), page.complaints, _undrawn(page))
    return [
        Claim(
            name,
            float(len(each)),
            "0",
            not each,
            f"{'; '.join(each)[:300] or 'none'}; opened from file:// in {program.name}; {how}",
        )
        for name, each in zip(names, found, strict=True)
    ]


def _asked_for(page: Visit, address: str) -> list[str]:
    asked = page.requests
    return asked[1:] if asked[:1] == [address] else ["the report itself was not asked for", *asked]


def _undrawn(page: Visit) -> list[str]:
    """Name the charts without a drawing and the pictures without a width; a page without any is one fault."""
    charts, widths = page.ask(_CHARTS), page.ask("[...document.images].map((each) => each.naturalWidth)")
    bad = [f"chart {number}" for number, parts in enumerate(charts) if not parts]
    bad += [f"picture {number}" for number, width in enumerate(widths) if not width]
    return bad if charts and widths else ["the page has no figure"]
