"""``reid-audit reconstruct`` on few people, end to end."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from zlib import crc32

import numpy as np
import pytest
from typer.testing import CliRunner

from reid_audit.cli.app import app
from reid_audit.inputs import write_volume
from reid_audit.reconstruct.diffusion.extra import missing_packages
from tests.reconstruct_heads import N_LEARNT, attacked, scan

FAST = [
    "--attacker",
    "photo-nearest",
    "--attacker",
    "original-to-released",
    "--resamples",
    "100",
    "--seed",
    "3",
    "--with-faces",
]
N_PEOPLE = 2
ONE_RENDER = "yaws: [0]\npitches: [0]\nazimuths: [0]\nelevations: [38]\n"


@pytest.fixture(scope="module")
def cohorts(tmp_path_factory):
    """Two manifests: those who are learnt from, and those who are attacked."""
    folder = tmp_path_factory.mktemp("reconstruct")
    for part in ("others", "release"):
        (folder / part).mkdir()
    rows = ["subject,condition,modality,path"]
    for k in range(N_LEARNT):
        write_volume(scan(k)[0], folder / "others" / f"o{k}.nii.gz")
        rows.append(f"o{k},original,T1w,o{k}.nii.gz")
    (folder / "others" / "scans.csv").write_text("\n".join(rows) + "\n")
    rows = rows[:1]
    for k in range(N_PEOPLE):
        original, defaced, _ = attacked(k)
        for name, volume in (("original", original), ("zero", defaced)):
            write_volume(volume, folder / "release" / f"r{k}_{name}.nii.gz")
            rows.append(f"r{k},{name},T1w,r{k}_{name}.nii.gz")
    # One person whose scan shows no head.
    original, _, _ = attacked(0)
    noise = np.random.default_rng(1).normal(0, 1, original.data.shape).astype(np.float32)
    write_volume(replace(original, data=noise), folder / "release" / "bad_original.nii.gz")
    write_volume(replace(original, data=np.where(noise > 1, noise + 9, noise)), folder / "release" / "bad_zero.nii.gz")
    rows += [f"bad,{name},T1w,bad_{name}.nii.gz" for name in ("original", "zero")]
    (folder / "release" / "scans.csv").write_text("\n".join(rows) + "\n")
    return folder


def call(*words):
    return CliRunner().invoke(app, ["reconstruct", *map(str, words)])


@pytest.fixture(scope="module")
def done(cohorts, population):
    """An attack; its training people are those of the fixture, whose heads need not be laid on each other twice."""
    out = cohorts / "out"
    (cohorts / "settings.yaml").write_text(ONE_RENDER)
    people = [f"r{k},{40 + k}" for k in range(N_PEOPLE)]
    (cohorts / "release" / "people.csv").write_text("\n".join(["subject,age", *people]) + "\n")
    words = ("attack", cohorts / "release" / "scans.csv", out, "--training", cohorts / "others" / "scans.csv")
    words += ("--settings", cohorts / "settings.yaml")
    words += ("--predict", "age", "--participants", cohorts / "release" / "people.csv")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("reid_audit.reconstruct.study.learn_population", lambda *_args, **_more: population)
        return call(*words, "--by", "shape", *FAST, "--quiet"), out, words


def test_every_attacker_is_measured_and_audited(done):
    answer, out, _ = done
    assert answer.exit_code == 1, answer.output
    ladder = json.loads((out / "reconstruction.json").read_text())
    by_name = {rung["attacker"]: rung for rung in ladder}
    assert set(by_name) == {"", "average", "shape"}
    assert by_name["shape"]["mean"]["value"] < by_name[""]["mean"]["value"]
    assert by_name["shape"]["mean"]["control"] > by_name["shape"]["mean"]["value"], "another person's face lies further"
    assert by_name["average"]["change"] is None
    assert by_name["shape"]["change"]["n_subjects"] == N_PEOPLE
    assert by_name["shape"]["mean"]["n_subjects"] == N_PEOPLE
    assert by_name["shape"]["mean"]["n_probes"] == N_PEOPLE + 1
    assert f"1 of {N_PEOPLE + 1} scans without a distance" in by_name["shape"]["mean"]["note"]
    audited = {row["condition"] for row in json.loads((out / "report.json").read_text())["results"]}
    assert audited >= {"original", "zero", "zero+average", "zero+shape", "zero+shape-swapped"}
    assert "less the average face's" in answer.output
    assert f"learnt from {N_LEARNT} people" in answer.output
    assert f"learnt from {N_LEARNT} people" in (out / "reconstruction.html").read_text()


def test_what_was_rebuilt_is_no_release_and_what_was_not_is_a_failure(done):
    _, out, _ = done
    report = json.loads((out / "report.json").read_text())
    made = {row["condition"]: row["control"] for row in report["cohort"]["rebuilt"]}
    assert made == {name + swap: bool(swap) for name in ("zero+average", "zero+shape") for swap in ("", "-swapped")}
    counts = [report["cohort"][name] for name in ("n_scans", "n_rebuilt", "n_controls")]
    assert counts == [2 * (N_PEOPLE + 1), 2 * N_PEOPLE, 2 * N_PEOPLE]
    assert {each["condition"] for each in report["verdict"]} == {"original", "zero", "zero+average", "zero+shape"}
    assert {each["condition"] for each in report["differences"]} <= {"zero", "zero+average", "zero+shape"}
    lost = {row["condition"] for row in report["failures"] if row["stage"] == "reconstruct"}
    assert lost == {"zero+average", "zero+shape"}
    shared = (out / "tables" / "failures.csv").read_text()
    assert "zero+shape" in shared
    assert "bad" not in shared
    record = json.loads((out / "evidence.json").read_text())
    assert (record["conditions"], len(record["released"])) == (["zero"], N_PEOPLE + 1)
    assert {each["rebuilt"] for each in record["attacks"]} == {"", "average", "shape"}


def test_rebuilt_faces_stand_beside_the_true_ones_in_private_alone(done):
    answer, out, _ = done
    page = (out / "private" / "faces" / "people.html").read_text()
    assert page.count('class="match"') == N_PEOPLE + 1
    assert "or shows no head" in page, "of the one whose original is noise, and of whom nothing was rebuilt"
    for name in ("original", "zero", "zero+average", "zero+shape"):
        assert page.count(f"<strong>{name}: ") == N_PEOPLE + (name in {"original", "zero"}), name
    assert str(out / "private" / "faces" / "index.html") in answer.output.replace("\n", "")
    shared = [path for path in out.rglob("*") if path.is_file() and "private" not in path.parts]
    assert not [path.name for path in shared if b"data:image/jpeg" in path.read_bytes()]


def test_what_is_to_be_predicted_is_and_too_few_people_are_said(done):
    answer, out, _ = done
    held = json.loads((out / "voxels.json").read_text())
    assert {row["condition"] for row in held["results"]} == {"original", "zero"}
    assert {row["n_subjects"] for row in held["results"]} == {N_PEOPLE}
    assert "age from the voxels of zero: Spearman – (not assessed: " in " ".join(answer.output.split())
    assert "What the voxels still say" in (out / "reconstruction.html").read_text()


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (("--predict", "age"), "no participants.tsv"),
        (("--predict", "weight", "--participants", "people.csv"), "no column 'weight'"),
        (("--predict", "age", "--participants", "nowhere.csv"), "No such file"),
    ],
)
def test_what_cannot_be_predicted_is_said_before_anything_is_done(cohorts, done, monkeypatch, more, why):
    monkeypatch.chdir(cohorts / "release")
    others = cohorts / "others" / "scans.csv"
    answer = call(
        "attack", cohorts / "release" / "scans.csv", cohorts / "early", "--training", others, *more, "--quiet"
    )
    assert answer.exit_code == 2, answer.output
    assert why in " ".join(answer.output.split())
    assert not (cohorts / "early").exists()


def test_the_page_names_nobody(done):
    _, out, _ = done
    text = (out / "reconstruction.html").read_text() + (out / "reconstruction.json").read_text()
    assert not any(f"r{k}" in text.split() or f'"r{k}"' in text for k in range(N_PEOPLE))
    assert "nii.gz" not in text
    assert "<img" not in text


def test_a_finished_attack_is_not_made_again_and_a_damaged_one_is(done):
    _, out, words = done
    kept = out / "private" / "reconstruct"
    scans = {path: path.stat().st_mtime_ns for path in (kept / "scans").rglob("*.nii.gz")}
    rows = {path: path.stat().st_mtime_ns for path in (kept / "rows").glob("*.json")}
    assert len(scans) == 4 * N_PEOPLE, "two attackers, their own faces and those of others"
    first = {path: crc32(path.read_bytes()) for path in scans}
    answer = call(*words, "--by", "shape", *FAST, "--quiet")
    assert answer.exit_code == 1, answer.output
    assert scans == {path: path.stat().st_mtime_ns for path in scans}
    whose = min(path.name for path in scans)
    gone, cut, *_ = (path for path in scans if path.name == whose)
    gone.unlink()
    cut.write_bytes(cut.read_bytes()[:-100])
    torn = next(path for path in rows if whose in path.read_text())
    torn.write_text(torn.read_text()[:-10])
    assert call(*words, "--by", "shape", *FAST, "--quiet").exit_code == 1
    assert {path: crc32(path.read_bytes()) for path in scans} == first
    assert json.loads(torn.read_text())


def test_private_files_are_private_and_purged(done, tmp_path):
    _, finished, _ = done
    out = shutil.copytree(finished, tmp_path / "out")
    kept = out / "private" / "reconstruct"
    assert all(path.stat().st_mode & 0o077 == 0 for path in (kept, *kept.rglob("*")))
    assert CliRunner().invoke(app, ["purge", str(out)]).exit_code == 0
    assert not kept.exists()
    assert (out / "reconstruction.html").is_file()


def test_nobody_is_attacked_who_was_learnt_from(cohorts):
    release = cohorts / "release" / "scans.csv"
    answer = call("attack", release, cohorts / "wrong", "--training", release, *FAST)
    assert answer.exit_code == 2
    assert "learnt from and attacked" in answer.output


def test_out_does_not_lie_among_the_scans(cohorts):
    folder = cohorts / "release"
    answer = call("train", folder, folder / "model", "--preset", "tiny")
    assert answer.exit_code in {1, 2}
    assert not (folder / "model").exists()


@pytest.mark.skipif(not missing_packages(), reason="the extra is installed")
def test_training_without_the_extra_says_which(cohorts):
    answer = call("train", cohorts / "others" / "scans.csv", cohorts / "model", "--preset", "tiny")
    assert answer.exit_code != 0
    assert "reid_audit[reconstruct]" in " ".join(answer.output.split())
    assert not (cohorts / "model").exists()
