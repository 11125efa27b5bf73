"""Published studies repeated on few people: the table has its rows, says what each is, and a second call is quick."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from reid_audit.cli.app import app
from reid_audit.cli.folders import folders_of
from reid_audit.errors import UsageError
from reid_audit.inputs import read_cohort
from reid_audit.reproduce import STUDIES, reproduce_s2, reproduce_s4, write_rows
from reid_audit.reproduce.s2 import METHODS
from reid_audit.reproduce.write import table_in_words

SMALL = {"subjects": 3, "voxel_size": 3.0, "workers": 1}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("reproduce")


@pytest.fixture(scope="module")
def photographs(folder):
    return reproduce_s2(folder / "s2", seed=88_010, populations=("withheld",), **SMALL).rows


@pytest.fixture(scope="module")
def pairs(folder):
    return reproduce_s4(folder / "s4", seed=88_011, populations=("main",), **SMALL).rows


def test_every_method_of_the_photo_study_has_a_row_beside_the_papers(photographs):
    ranks = [row for row in photographs if row.metric == "rank-1"]
    assert [row.method for row in ranks] == [method for *_, method, _ in METHODS]
    assert all(row.published and row.n_subjects == 3 and row.chance == pytest.approx(1 / 3) for row in ranks)
    assert [row.standing for row in ranks] == ["calibrated, not reproduced"] + ["finding"] * (len(ranks) - 1)
    gains = [row for row in photographs if row.metric == "rank-1 difference"]
    assert len(gains) == len(METHODS) - 1
    by_method = {row.method: row.value for row in ranks}
    for row in gains:
        method, baseline = row.method.split(" less ")
        assert row.value == pytest.approx(by_method[method] - by_method[baseline])
        assert row.published == ""


def test_the_pair_study_has_every_condition_and_its_leaking_folds_say_so(pairs):
    assert {row.condition for row in pairs} >= {"original", "partial", "zero"}
    assert len({(row.condition, row.method) for row in pairs}) == len(pairs), "no two rows of one name"
    leaking = [row for row in pairs if row.metric == "accuracy_mixed_folds"]
    assert leaking
    assert all("leak" in row.method for row in leaking)
    (area,) = [
        row for row in pairs if (row.metric, row.condition) == ("auc", "original") and row.method.endswith("same-scan")
    ]
    assert area.published == STUDIES["s4"].figures["original auc"]
    assert not any(row.published for row in pairs if row.method.endswith("cross-session"))


def test_the_table_is_written_escaped_and_in_words(photographs, folder):
    page = write_rows(STUDIES["s2"], photographs, folder / "table", phantoms=True)
    text = page.read_text()
    assert "These people do not exist" in text
    assert "calibrated, not reproduced" in text
    assert "src=" not in text
    with (folder / "table" / "s2.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(photographs)
    words = table_in_words(photographs)
    assert "paper 51 to 55 %" in words
    assert "chance 0.333, n = 3" in words
    assert "Population withheld, voxels of 3 mm:" in words
    assert "linear SVM on renders less nearest render, rank-1 difference: " in words


def test_a_finished_study_is_not_made_again(photographs, folder):
    told: list[tuple[str, int, int]] = []
    again = reproduce_s2(
        folder / "s2",
        seed=88_010,
        populations=("withheld",),
        progress=lambda *what: told.append(what),
        **SMALL,
    )
    assert again.rows == photographs
    assert again.complete
    assert ("phantoms", 3, 3) in told
    assert ("phantoms", 1, 3) not in told


def refused(*words):
    """Return what a command says that must be wrong usage and leave nothing behind."""
    done = CliRunner().invoke(app, ["reproduce", *map(str, words)], env={"COLUMNS": "200", "TERM": "dumb"})
    assert done.exit_code == 2, done.output
    assert "Traceback" not in done.output
    return done.output


def test_folders_of_ones_own(tmp_path):
    assert list(folders_of([f"original={tmp_path}", f"cta-deface={tmp_path}"])) == ["original", "cta-deface"]
    for wrong in (["original"], [f"={tmp_path}"], [f"original={tmp_path}", f"original={tmp_path}"]):
        with pytest.raises(UsageError, match="condition"):
            folders_of(wrong)
    with pytest.raises(UsageError, match="'/nowhere' with scans of condition 'zero'"):
        folders_of(["zero=/nowhere"])


def test_wrong_usage_is_said_before_anything_is_made(tmp_path):
    out, scans = tmp_path / "out", tmp_path / "scans"
    scans.mkdir()
    given = ["--scans", f"original={scans}"]
    assert "photographs too" in refused("s2", out, *given)
    assert "--subjects, --population: of phantoms" in refused(
        "s4", out, *given, "--subjects", 4, "--population", "main"
    )
    assert "a folder of scans" in refused("s4", scans / "out", *given)
    assert "'s9'" in refused("s9", out)
    assert "--subjects" in refused("s4", out, "--subjects", 1)
    assert "voxel" in refused("s4", tmp_path / "made", "--voxel-size", -1)
    assert not out.exists()
    assert not (scans / "out").exists()


def test_scans_of_ones_own_give_what_the_phantoms_gave(pairs, folder, tmp_path):
    cohort, out = folder / "s4" / "main" / "cohort", tmp_path / "own"
    assert "several conditions, by their names original, partial, zero" in refused(
        "s4", out, "--scans", f"totalsegmentator={cohort}"
    )
    shutil.copytree(folder / "s4" / "main" / "audit" / "private", out / "audit" / "private")
    given = [f"original={cohort}", f"zero={cohort / 'derivatives' / 'zero'}"]
    words = [word for one in given for word in ("--scans", one)]
    lost = Path(read_cohort(cohort)[0].scans.query("condition == 'zero'")["path"].iloc[0])
    words += ["--scans", f"broken={broken(lost, tmp_path / 'broken')}"]
    done = CliRunner().invoke(app, ["reproduce", "s4", str(out), *words, "--seed", "88011", "-q"])
    assert done.exit_code == 1, done.output
    assert str(out / "audit" / "report.html") in done.stderr
    with (out / "s4.csv").open(newline="") as file:
        own = {(row["condition"], row["method"]): row["value"] for row in csv.DictReader(file)}
    wanted = {(row.condition, row.method): row.value for row in pairs if row.condition in {"original", "zero"}}
    assert {key: float(value) if value else None for key, value in own.items() if key in wanted} == wanted


def broken(scan, folder):
    """Return a folder in which a scan lies that cannot be read."""
    folder.mkdir()
    (folder / scan.name).write_bytes(scan.read_bytes()[:2000])
    return folder
