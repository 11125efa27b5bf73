"""Defacers of phantoms side by side: one table and one figure, failures as rows, and a second call that is quick."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from conftest import QUICK
from typer.testing import CliRunner

from reid_audit.cli.app import app
from reid_audit.cli.comparing import run_compare
from reid_audit.cli.purging import run_purge
from reid_audit.comparison import compare, judge_cohort, judging, write_comparison
from reid_audit.errors import UsageError
from reid_audit.inputs import cohort_of_folders, read_cohort, read_volume, write_volume
from reid_audit.types import Mask


def scan_of(folder, person, condition):
    """Return the path of a person's scan."""
    root = folder if condition == "original" else folder / "derivatives" / condition
    (path,) = (root / f"sub-{person}").rglob("*_T1w.nii.gz")
    return path


@pytest.fixture(scope="module")
def given(shared_people, tmp_path_factory):
    """Phantoms of whom the first lost one defaced scan, and the second has one that cannot be read."""
    people = Path(shutil.copytree(shared_people, tmp_path_factory.mktemp("compare") / "people"))
    scan_of(people, "phantom001", "meanface").unlink()
    lost = scan_of(people, "phantom002", "zero")
    lost.write_bytes(lost.read_bytes()[:3000])
    return people


def folders(people):
    return {"original": people} | {name: people / "derivatives" / name for name in ("zero", "meanface")}


@pytest.fixture(scope="module")
def place(given, shared_templates, tmp_path_factory):
    """A folder in which the templates of the phantoms are finished."""
    out = tmp_path_factory.mktemp("compared")
    shutil.copytree(shared_templates, out / "audit" / "private" / "templates")
    return out


def settings():
    return QUICK.model_copy(update={"attackers": ("photo-nearest", "scan-to-scan")})


def measures(cohort):
    rows = [
        {"subject": row["subject"], "session": "", "modality": "T1w", "condition": row["condition"]}
        | {"measure": "hippocampus", "value": 4000.0 + 10 * place}
        for place, row in enumerate(cohort.scans.to_dict("records"))
    ]
    return pd.DataFrame(rows)


def tumours(people):
    """Return the table of a mask in the brain of every original."""
    rows = []
    for person in ("phantom001", "phantom002", "phantom003", "phantom004"):
        scan = read_volume(scan_of(people, person, "original"))
        marks = read_volume(next((people / "derivatives" / "truth").rglob(f"sub-{person}_label-brain*.nii.gz"))).data
        path = people.parent / f"{person}.nii.gz"
        write_volume(Mask(marks > 0.5, scan.affine, "tumour"), path)
        rows.append({"subject": person, "session": "", "modality": "", "condition": "", "label": "tumour"})
        rows[-1]["path"] = str(path)
    return pd.DataFrame(rows)


def made(given, place, **more):
    cohort, lost = cohort_of_folders(folders(given), place / "scans.csv", given / "photos")
    return compare(
        cohort,
        place,
        settings=settings(),
        failures=lost,
        seeds=2,
        masks=tumours(given),
        measures=measures(cohort),
        **more,
    )


@pytest.fixture(scope="module")
def done(given, place):
    return made(given, place)


def test_every_scan_and_defacer_has_a_verdict(done):
    table = done.verdicts.set_index(["subject", "condition"])
    assert len(table) == 8
    assert table.index.is_unique
    assert table.loc[("phantom001", "meanface"), "lost"]
    assert table.loc[("phantom002", "zero"), "lost"]
    assert table["lost"].sum() == 2
    assert "no scan of condition 'meanface'" in table.loc[("phantom001", "meanface"), "why"]
    judged = table[~table["lost"] & (table.index.get_level_values("condition") == "zero")]
    assert (judged["face_pass"] == True).all()  # noqa: E712 - None is neither


def test_the_table_puts_risk_face_brain_and_utility_into_a_row(done):
    assert [row.condition for row in done.rows] == ["original", "zero", "meanface"]
    zero = done.rows[1]
    assert (zero.n_subjects, zero.n_scans, zero.n_lost) == (4, 4, 1)
    assert zero.risk.upper is not None
    assert zero.risk.attacker == "photo-nearest/nearest"
    assert zero.success.n_subjects >= 1
    assert zero.face_removed.value == 1.0
    assert zero.utility.n_measures > 3
    assert zero.brain.n_scans == 3
    assert not done.complete


def test_measures_are_the_users_the_masks_and_our_own(done):
    names = {(each.condition, each.measure) for each in done.agreements}
    wanted = ("hippocampus", "brain volume", "tumour volume", "template shift")
    assert {(condition, name) for condition in ("zero", "meanface") for name in wanted} <= names
    shift = next(e for e in done.agreements if (e.condition, e.measure) == ("zero", "template shift"))
    assert 0 <= shift.bias < 15
    tumour = next(e for e in done.agreements if (e.condition, e.measure) == ("zero", "tumour volume"))
    assert (tumour.n_subjects, tumour.n_lost) == (3, 1)
    assert abs(tumour.relative) < 0.02, "a defacer that leaves the brain leaves the mask in it"
    assert not any("temporalis" in name for _, name in names), "nobody gave such a mask"


def test_seeds_are_spread_and_folds_told(done):
    assert sorted(done.by_seed["seed"].unique()) == [1, 2]
    rank = done.spread[(done.spread["metric"] == "rank") & (done.spread["k"] == 1)]
    assert (rank["n_seeds"] == 2).all()
    assert (rank["sd"] == 0).all(), "a search of photographs draws nothing"
    assert set(done.folds["subject"]) <= {f"phantom00{n}" for n in range(1, 5)}


def test_the_report_holds_no_label_and_the_audit_stands_beside_it(done, place):
    page = write_comparison(done, place)
    text = page.read_text()
    assert "These people do not exist" in text
    assert "Results are incomplete" in text
    assert "phantom001" not in text
    assert (place / "audit" / "report.html").is_file()
    assert list((place / "audit" / "private").glob("scores_*.csv"))


def test_a_second_call_judges_nothing_again(done, given, place, monkeypatch):
    def never(*_, **__):
        raise AssertionError("judged again")

    monkeypatch.setattr(judging, "judge_scan", never)
    monkeypatch.setattr(judging, "reference_of", never)
    again = made(given, place)
    assert again.rows == done.rows
    assert again.agreements == done.agreements


def refused(*words):
    done = CliRunner().invoke(app, ["compare", *map(str, words)], env={"COLUMNS": "200", "TERM": "dumb"})
    assert done.exit_code == 2, done.output
    assert "Traceback" not in done.output
    return done.output


def test_wrong_usage_is_said_before_anything_is_made(tmp_path):
    scans, out = tmp_path / "scans", tmp_path / "out"
    scans.mkdir()
    assert "--condition" in refused("--originals", scans, out)
    one = ["--originals", scans, "--condition", f"x={scans}"]
    assert "There is no '/nowhere'" in refused("--originals", "/nowhere", "--condition", f"x={scans}", out)
    assert "not a condition and a folder" in refused("--originals", scans, "--condition", "x", out)
    assert "a folder of data" in refused(*one, scans / "out")
    assert "cannot be read" in refused(*one, "--measures", tmp_path / "none.csv", out)
    assert "names its condition again" in refused(*one, "--condition", f"x={scans}", out)
    assert "attacker" in refused(*one, "--attacker", "nobody", out)
    assert not out.exists()


def test_the_command_prints_a_line_a_condition(given, place, capsys, done):
    masks = given.parent / "masks.csv"
    tumours(given).to_csv(masks, index=False)
    code = run_compare(
        given,
        {name: path for name, path in folders(given).items() if name != "original"},
        place,
        photos=given / "photos",
        tables={"masks": masks},
        margin=0.05,
        seeds=1,
        settings=settings().model_dump(),
        quiet=True,
    )
    said = capsys.readouterr()
    assert code == 1
    assert "zero: risk up to" in said.out
    assert "n = 4" in said.out
    assert "calibrated population" in said.out
    assert "compare.html" in said.out
    assert "Results are incomplete" in said.err


def test_a_cohort_without_originals_is_not_compared(shared_people, tmp_path):
    cohort, _ = read_cohort(shared_people)
    alone = replace(cohort, scans=cohort.scans[cohort.scans["condition"] != "original"])
    with pytest.raises(UsageError, match="original scans"):
        judge_cohort(alone, tmp_path)


def test_purge_of_a_comparison_leaves_nobody_named(done, place, tmp_path, capsys):
    out = Path(shutil.copytree(place, tmp_path / "out"))
    out.chmod(0o700)
    write_comparison(done, out)
    files = [path for path in out.rglob("*") if path.is_file()]
    assert not [path.name for path in files if path.stat().st_mode & 0o077 and path.suffix != ".npz"]
    assert run_purge(out) == 0
    assert "Backups and snapshots" in capsys.readouterr().out
    left = [path for path in out.rglob("*") if path.is_file()]
    assert {"compare.html", "compare.tex", "report.html", "results.csv"} <= {path.name for path in left}
    assert not [path.name for path in left if b"phantom00" in path.read_bytes() or path.suffix == ".npz"]
