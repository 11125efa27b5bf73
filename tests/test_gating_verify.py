"""What never counts as the audited file, and what the exit status says beside a verdict that is not below."""

from __future__ import annotations

import dataclasses
import gzip
import json
import os
import shutil
from typing import TYPE_CHECKING

import nibabel as nib
import pytest
from gating_making import SCAN, TABLE, audited, call, write_release, write_scan

from reid_audit.gating import ATTESTATION, EVIDENCE
from reid_audit.gating.voxels_alone import holds_voxels_alone
from reid_audit.store import link_key
from reid_audit.triage import triage_release
from reid_audit.triage.walk import walk_release

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def release(tmp_path) -> Path:
    return write_release(tmp_path / "release")


@pytest.fixture
def out(tmp_path, release) -> Path:
    folder = audited(tmp_path / "out", release)
    assert call("gate", folder).exit_code == 0
    return folder


def test_a_link_out_of_the_release_is_not_the_audited_file_whatever_its_bytes(out, release, tmp_path) -> None:
    (release / SCAN).rename(tmp_path / "elsewhere.nii.gz")
    (release / SCAN).symlink_to(tmp_path / "elsewhere.nii.gz")
    done = call("verify", out, release, "-q")
    assert done.exit_code == 3
    assert f"unreadable: {SCAN}" in done.stdout
    assert call("verify", out, release, "-q", "--voxels").exit_code == 3


@pytest.mark.parametrize("place", ["sub-01/anat/kept.nii.gz", ".git/annex/objects/kept.nii.gz"])
def test_a_link_within_the_release_is_what_it_leads_to(out, release, place) -> None:
    (release / place).parent.mkdir(parents=True, exist_ok=True)
    (release / SCAN).rename(release / place)
    (release / SCAN).symlink_to(release / place)
    done = call("verify", out, release, "-q")
    assert f"unreadable: {SCAN}" not in done.stdout
    assert f"changed: {SCAN}" not in done.stdout


def test_content_that_comes_where_a_link_had_none_is_not_what_was_audited(tmp_path, release) -> None:
    folder = audited(tmp_path / "out", release)
    triage = json.loads((folder / "triage.json").read_text())
    (release / "absent.nii.gz").symlink_to(".git/annex/objects/x")
    digest = link_key(release / "absent.nii.gz")
    triage["volumes"].append({"path": "absent.nii.gz", "sha256": digest, "kind": "link", "answer": "unaudited"})
    (folder / "triage.json").write_text(json.dumps(triage))
    assert call("gate", folder, "--waive", "absent.nii.gz=its content is not released").exit_code == 0
    (release / ".git").mkdir()
    (release / ".git" / "annex").mkdir()
    (release / ".git" / "annex" / "objects").mkdir()
    assert "changed" not in call("verify", folder, release, "-q").stdout
    write_scan(release / ".git" / "annex" / "objects" / "x")
    assert "changed: absent.nii.gz" in call("verify", folder, release, "-q").stdout


@pytest.mark.parametrize("target", [".git/annex/objects/other", "/data/undefaced.nii.gz", "sub-01"])
def test_a_link_without_content_must_lead_where_it_led(tmp_path, release, target) -> None:
    link = release / "absent.nii.gz"
    link.symlink_to(".git/annex/objects/x")
    triaged = triage_release(release, tmp_path / "triaged").volumes
    told = next(file for file in triaged if file.path == link.name)
    assert told.sha256 == link_key(link)
    folder = audited(tmp_path / "out", release)
    triage = json.loads((folder / "triage.json").read_text())
    triage["volumes"].append(dataclasses.asdict(told))
    (folder / "triage.json").write_text(json.dumps(triage))
    assert call("gate", folder, "--waive", "absent.nii.gz=its content is not released").exit_code == 0
    assert call("verify", folder, release, "-q").exit_code == 0
    link.unlink()
    link.symlink_to(target)
    done = call("verify", folder, release, "-q")
    assert done.exit_code == 3
    assert f"changed: {link.name}" in done.stdout
    link.unlink()
    link.write_text(".git/annex/objects/x")
    assert f"changed: {link.name}" in call("verify", folder, release, "-q").stdout


def test_an_attestation_that_says_nothing_of_where_a_link_led_vouches_for_none(tmp_path, release) -> None:
    link = release / "absent.nii.gz"
    link.symlink_to(".git/annex/objects/x")
    folder = audited(tmp_path / "out", release)
    triage = json.loads((folder / "triage.json").read_text())
    triage["volumes"].append({"path": link.name, "sha256": "", "kind": "link", "answer": "unaudited"})
    (folder / "triage.json").write_text(json.dumps(triage))
    assert call("gate", folder, "--waive", f"{link.name}=its content is not released").exit_code == 0
    assert f"changed: {link.name}" in call("verify", folder, release, "-q").stdout


def packed_with(path: Path, flag: int, field: bytes) -> None:
    """Pack a file again, with a field in gzip's own header (RFC 1952)."""
    raw = gzip.decompress(path.read_bytes())
    plain = gzip.compress(raw, mtime=0)
    path.write_bytes(plain[:3] + bytes([flag]) + plain[4:10] + field + plain[10:])


def comment(path: Path) -> None:
    packed_with(path, 16, b"a face" * 20_000 + b"\0")


def former_name(path: Path) -> None:
    packed_with(path, 8, b"Schmidt^Anna.nii\0")


def extra_field(path: Path) -> None:
    packed_with(path, 4, (600).to_bytes(2, "little") + b"a face" * 100)


def second_member(path: Path) -> None:
    raw = gzip.decompress(path.read_bytes())
    path.write_bytes(gzip.compress(raw[:500], mtime=0))
    rest = path.with_suffix(".rest")
    rest.write_bytes(gzip.compress(raw[500:], mtime=0))
    former_name(rest)
    path.write_bytes(path.read_bytes() + rest.read_bytes())
    rest.unlink()


def behind(path: Path) -> None:
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()) + b"a face" * 50, mtime=0))


def another_member(path: Path) -> None:
    path.write_bytes(path.read_bytes() + gzip.compress(b"a face", mtime=0))


def after_the_stream(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"a face")


def extension(path: Path) -> None:
    image = nib.load(path)
    image.header.extensions.append(nib.nifti1.Nifti1Extension("comment", b"a face" * 50))
    path.write_bytes(gzip.compress(image.to_bytes(), mtime=0))


HIDING = [
    *(behind, another_member, after_the_stream, extension),
    *(comment, former_name, extra_field, second_member),
]


@pytest.mark.parametrize("hide", HIDING)
def test_bytes_beside_the_voxels_are_not_the_same_voxels(out, release, hide) -> None:
    hide(release / SCAN)
    done = call("verify", out, release, "-q", "--voxels")
    assert done.exit_code == 3
    assert f"changed: {SCAN}" in done.stdout


def test_two_plain_members_are_voxels_alone(tmp_path) -> None:
    path = write_scan(tmp_path / "scan.nii.gz", level=1)
    raw = gzip.decompress(path.read_bytes())
    path.write_bytes(gzip.compress(raw[:500]) + gzip.compress(raw[500:]))
    assert holds_voxels_alone(path)


def test_a_file_of_a_header_and_its_voxels_holds_nothing_else(tmp_path) -> None:
    path = write_scan(tmp_path / "scan.nii.gz", level=1)
    assert holds_voxels_alone(path)
    plain = tmp_path / "scan.nii"
    plain.write_bytes(gzip.decompress(path.read_bytes()))
    assert holds_voxels_alone(plain)
    nib.save(nib.Nifti2Image(nib.load(plain).dataobj, nib.load(plain).affine), tmp_path / "two.nii.gz")
    assert holds_voxels_alone(tmp_path / "two.nii.gz")
    plain.write_bytes(plain.read_bytes()[:-1])
    assert not holds_voxels_alone(plain)
    (tmp_path / "no.nii.gz").write_bytes(b"nothing")
    os.mkfifo(tmp_path / "pipe.nii")
    (tmp_path / "scan.mgz").write_bytes(path.read_bytes())
    for name in ("no.nii.gz", "scan.mgz", "pipe.nii", "absent.nii"):
        assert not holds_voxels_alone(tmp_path / name), name


def test_the_audited_files_with_a_verdict_that_is_not_below_have_a_status_of_their_own(tmp_path, release) -> None:
    folder = audited(tmp_path / "out", release, found=60)
    assert call("gate", folder).exit_code == 3
    done = call("verify", folder, release, "-q")
    assert done.exit_code == 5
    assert "the audited files: all 2" in done.stdout
    assert "says: above threshold" in done.stdout
    (release / TABLE).write_text("changed")
    assert call("verify", folder, release, "-q").exit_code == 3
    shutil.rmtree(folder)
    assert call("verify", folder, release, "-q").exit_code == 4


def test_a_run_that_was_begun_later_leaves_nothing_to_go_by(out, release) -> None:
    (out / "status.json").write_text("{}")
    (out / EVIDENCE).unlink()  # as a run does first
    done = call("verify", out, release, "-q")
    assert done.exit_code == 4
    assert "a later run was begun" in done.stdout


def test_an_attestation_that_was_handed_on_is_enough(out, release, tmp_path) -> None:
    handed = tmp_path / "handed"
    handed.mkdir()
    for name in (ATTESTATION, "report.json"):
        shutil.copy(out / name, handed)
    assert call("verify", handed, release, "-q").exit_code == 0


@pytest.mark.parametrize("place", ["triage.json", "private/triage.json"])
def test_a_later_look_at_the_release_takes_the_attestation_s_word_away(out, release, place) -> None:
    looked = json.loads((out / "triage.json").read_text())
    looked["volumes"][0]["answer"] = "face"
    (out / "triage.json").unlink()
    (out / place).parent.mkdir(exist_ok=True)
    (out / place).write_text(json.dumps(looked))
    done = call("verify", out, release, "-q")
    assert done.exit_code == 4
    assert "looked at again after the attestation" in done.stdout


def test_an_empty_folder_is_released_with_its_name(tmp_path, release) -> None:
    folder = audited(tmp_path / "out", release)
    assert call("gate", folder).exit_code == 0
    (release / "sub-01" / "Schmidt^Anna").mkdir()
    done = call("verify", folder, release, "-q")
    assert done.exit_code == 3
    assert "never looked at: sub-01/Schmidt^Anna" in done.stdout
    told = {file.path: file for file in triage_release(release, tmp_path / "triaged").volumes}
    assert told["sub-01/Schmidt^Anna"].answer == "face"


def test_an_empty_folder_that_was_looked_at_is_as_it_was_while_it_is_empty(tmp_path, release) -> None:
    (release / "sub-01" / "fmap").mkdir()
    told = {file.path: file for file in triage_release(release, tmp_path / "triaged").volumes}["sub-01/fmap"]
    assert (told.kind, told.answer) == ("folder", "none")
    folder = audited(tmp_path / "out", release)
    triage = json.loads((folder / "triage.json").read_text())
    triage["volumes"].append(dataclasses.asdict(told))
    (folder / "triage.json").write_text(json.dumps(triage))
    assert call("gate", folder).exit_code == 0
    assert call("verify", folder, release, "-q").exit_code == 0
    (release / "sub-01" / "fmap" / "more.txt").write_text("more")
    assert call("verify", folder, release, "-q").exit_code == 3


def test_two_names_that_are_written_alike_are_two_files(tmp_path) -> None:
    for name in (b"a\xff.txt", rb"a\xff.txt", rb"a\\xff.txt"):
        (tmp_path / os.fsdecode(name)).write_text("words")
    places, _ = walk_release(tmp_path)
    assert len({place.name for place in places}) == 3


@pytest.mark.parametrize("kind", ["text", "link"])
def test_a_folder_of_versions_where_there_was_a_file_is_not_what_was_audited(tmp_path, release, kind) -> None:
    (release / ".git").write_text("gitdir: ../elsewhere")
    folder = audited(tmp_path / "out", release)
    triage = json.loads((folder / "triage.json").read_text())
    triage["volumes"].append({"path": ".git", "sha256": "0" * 64, "kind": kind, "answer": "none"})
    (folder / "triage.json").write_text(json.dumps(triage))
    assert call("gate", folder).exit_code == 0
    (release / ".git").unlink()
    (release / ".git").mkdir()
    write_scan(release / ".git" / "sub-01_T1w.nii.gz")
    done = call("verify", folder, release, "-q")
    assert done.exit_code == 3
    assert "changed: .git" in done.stdout


def test_a_link_into_a_folder_of_versions_leads_out(tmp_path) -> None:
    (tmp_path / ".git" / "kept").mkdir(parents=True)
    (tmp_path / "data").symlink_to(".git/kept")
    places, _ = walk_release(tmp_path)
    assert {place.name: place.state for place in places}["data"] == "outside"
