"""The attestation, its schema, its check against a folder, and its signature."""

from __future__ import annotations

import copy
import hashlib
import html
import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd
import pydicom
import pytest
from gating_making import SCAN, TABLE, audited, call, evidence, pair, sha, write_release, write_run, write_scan
from inputs_making import SHAPE, enhanced_dataset, marked, oblique, save, series_datasets, write_series
from jsonschema import Draft202012Validator
from pydicom.uid import RLELossless

from reid_audit.gating import ATTESTATION, EVIDENCE, Released, Triage, attest, gate, voxel_digest, write_attestation
from reid_audit.gating.digests import hash_released, series_digest
from reid_audit.gating.series import attested_series
from reid_audit.inputs.dicom import read_series

SCHEMAS = Path(__file__).parents[1] / "docs" / "schemas"


@pytest.fixture
def release(tmp_path) -> Path:
    return write_release(tmp_path / "release")


@pytest.fixture
def out(tmp_path, release) -> Path:
    """A run whose one scan is in the release, attested."""
    folder = audited(tmp_path / "out", release)
    assert call("gate", folder, "--controller", "University", "--legal-basis", "Ethics 2025/12").exit_code == 0
    return folder


def test_the_attestation_has_the_published_form(out) -> None:
    schema = json.loads((SCHEMAS / "attestation-1.4.json").read_text())
    content = json.loads((out / ATTESTATION).read_text())
    Draft202012Validator.check_schema(schema)
    assert list(Draft202012Validator(schema).iter_errors(content)) == []
    assert content["verdict"]["outcome"] == "below threshold for the attackers tested"
    assert content["sign_off"] == {"controller": "University", "purpose": "", "legal_basis": "Ethics 2025/12"}
    assert content["population"].startswith("phantom: ")
    assert "neither a determination under any law nor legal advice" in content["statement"]
    assert [file["path"] for file in content["files"]] == [TABLE, SCAN]
    assert [file["voxels"] is None for file in content["files"]] == [True, False]
    assert set(content["records"]) == {EVIDENCE, "triage.json", "report.json"}
    assert (out / ATTESTATION).stat().st_mode & 0o777 == 0o600
    for change in ({"verdict": {}}, {"files": [{"path": "x"}]}, {"more": 1}):
        assert list(Draft202012Validator(schema).iter_errors(content | change)), change


def test_the_published_schemas_are_those_of_the_code() -> None:
    import importlib.util

    path = SCHEMAS.parents[1] / "tools" / "write_schemas.py"
    spec = importlib.util.spec_from_file_location("write_schemas", path)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    published = {path.name: json.loads(path.read_text()) for path in SCHEMAS.glob("*.json")}
    assert published == made.schemas(), "run `python tools/write_schemas.py`"


def test_the_very_files_are_recognised_also_after_a_purge(out, release) -> None:
    done = call("verify", out, release, "-q")
    assert done.exit_code == 0, done.output
    assert "the audited files: all 2" in done.stdout
    assert "below threshold for the attackers tested" in done.stdout
    (out / "private").mkdir()
    (out / "private" / "pseudonyms.csv").write_text("kind,original,pseudonym\n")
    assert call("purge", out).exit_code == 0
    assert call("verify", out, release, "-q").exit_code == 0


def test_a_gate_without_the_triage_that_a_purge_took_leaves_the_attestation(out, release) -> None:
    before = (out / ATTESTATION).read_bytes()
    (out / "triage.json").unlink()
    refused = call("gate", out, "--waive", "any=reason")
    assert refused.exit_code == 2
    assert "Triage the release first" in refused.output
    again = call("gate", out)
    assert again.exit_code == 4
    assert "The earlier attestation stays" in again.output
    assert (out / ATTESTATION).read_bytes() == before
    assert call("verify", out, release, "-q").exit_code == 0


def test_the_same_voxels_in_another_file_are_told_apart_from_the_same_bytes(out, release) -> None:
    write_scan(release / SCAN, level=1, text=b"by another tool")
    done = call("verify", out, release, "-q")
    assert done.exit_code == 3
    assert f"audited voxels and affine, other bytes: {SCAN}" in done.stdout
    assert call("verify", out, release, "-q", "--voxels").exit_code == 0


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda root: write_scan(root / SCAN, seed=4), f"changed: {SCAN}"),
        (lambda root: (root / SCAN).unlink(), f"missing: {SCAN}"),
        (lambda root: (root / TABLE).write_text("participant_id\tname\n"), f"changed: {TABLE}"),
        (lambda root: write_scan(root / "sourcedata" / "x.nii.gz"), "never looked at: sourcedata/x.nii.gz"),
        (lambda root: write_scan(root / ".hidden" / "x.nii.gz"), "never looked at: .hidden/x.nii.gz"),
        (lambda root: (root / "linked").symlink_to(root.parent), "never looked at: linked"),
        (lambda root: (root / ".git").mkdir(), "never looked at: .git"),
        (lambda root: ((root / TABLE).unlink(), os.mkfifo(root / TABLE)), f"unreadable: {TABLE}"),
        (lambda root: (root / "a\nb").write_text("x"), "never looked at: a(U+000A)b"),
        (lambda root: Path(os.fsdecode(os.fsencode(root) + b"/\xff")).write_text("x"), "never looked at: \\xff"),
    ],
)
def test_any_other_file_is_told(out, release, change, says) -> None:
    change(release)
    for words in ((), ("--voxels",)):
        done = call("verify", out, release, "-q", *words)
        assert done.exit_code == 3, done.output
        assert says in done.stdout


def test_a_shifted_affine_is_another_scan(tmp_path) -> None:
    first = write_scan(tmp_path / "a.nii.gz")
    image = nib.load(first)
    moved = nib.Nifti1Image(np.asarray(image.dataobj), image.affine + np.eye(4, k=3))
    nib.save(moved, tmp_path / "b.nii.gz")
    nib.save(nib.Nifti1Image(np.asarray(image.dataobj), image.affine), tmp_path / "c.nii.gz")
    assert voxel_digest(tmp_path / "b.nii.gz") != voxel_digest(first)
    assert voxel_digest(tmp_path / "c.nii.gz") == voxel_digest(first)
    flipped = nib.Nifti1Image(np.asarray(image.dataobj)[::-1], image.affine)
    nib.save(flipped, tmp_path / "d.nii.gz")
    assert voxel_digest(tmp_path / "d.nii.gz") != voxel_digest(first)
    (tmp_path / "e.nii.gz").write_bytes(b"no scan")
    assert voxel_digest(tmp_path / "e.nii.gz") is None


def test_nobody_can_say_without_an_attestation_or_with_an_old_one(out, release) -> None:
    record = out / EVIDENCE
    before = record.read_text()
    record.write_text(before.replace('"lost":0', '"lost":1'))
    assert call("verify", out, release, "-q").exit_code == 4
    record.write_text(before)
    (out / ATTESTATION).write_text("{}")
    assert call("verify", out, release, "-q").exit_code == 4
    (out / ATTESTATION).unlink()
    assert call("verify", out, release, "-q").exit_code == 4
    assert call("verify", out, release / "none", "-q").exit_code == 4


def test_an_attestation_of_no_file_verifies_nothing(tmp_path, release) -> None:
    folder = write_run(tmp_path / "bare", rows=False)
    assert call("gate", folder).exit_code == 4
    assert call("verify", folder, release, "-q").exit_code == 4


def test_an_attestation_is_the_same_but_for_its_time(out) -> None:
    first, second = (attest(gate(out)).model_copy(update={"made": ""}) for _ in range(2))
    assert first == second


def test_the_page_to_sign_names_verdict_file_and_what_was_left_out(out) -> None:
    assert call("gate", out, "--controller", "<script>alert(1)</script>").exit_code == 0
    source = (out / "attestation.html").read_text()
    text = html.unescape(re.sub(r"<[^>]+>", " ", source))
    assert "<script" not in source
    assert "<script>alert(1)</script>" in html.unescape(source)
    assert hashlib.sha256((out / ATTESTATION).read_bytes()).hexdigest() in text
    assert "Below threshold for the attackers tested" in text
    assert "photo-nearest (matcher nearest) on" in text
    assert "nobody asked about photo-set" in text
    assert "calibrated population" in text
    assert "Legal basis, or reference of the ethics vote" in text
    assert not re.search(r"\b(safe|anonymous|pass|passed)\b", text, re.IGNORECASE)
    assert (out / "attestation.html").stat().st_mode & 0o777 == 0o600


class TestSignature:
    @pytest.fixture
    def key(self, tmp_path) -> Path:
        pytest.importorskip("cryptography")
        path = tmp_path / "key"
        assert call("signature", "new-key", path).exit_code == 0
        return path

    def test_a_signature_holds_for_these_bytes_and_this_key(self, out, key, tmp_path) -> None:
        assert call("signature", "sign", out, "--key", key).exit_code == 0
        assert call("signature", "check", out, "--key", f"{key}.pub").exit_code == 0
        other = tmp_path / "other"
        assert call("signature", "new-key", other).exit_code == 0
        assert call("signature", "check", out, "--key", f"{other}.pub").exit_code == 3
        attested = out / ATTESTATION
        attested.write_text(attested.read_text().replace("University", "Universitx"))
        assert call("signature", "check", out, "--key", f"{key}.pub").exit_code == 3
        (out / f"{ATTESTATION}.sig").unlink()
        assert call("signature", "check", out, "--key", f"{key}.pub").exit_code == 4

    def test_keys_are_ones_own_and_never_replaced(self, out, key) -> None:
        assert key.stat().st_mode & 0o777 == 0o600
        assert call("signature", "new-key", key).exit_code == 2
        key.chmod(0o640)
        refused = call("signature", "sign", out, "--key", key)
        assert refused.exit_code == 2
        assert "can be read by others" in refused.stderr
        assert call("signature", "sign", out, "--key", f"{key}.pub").exit_code == 2
        assert call("signature", "check", out, "--key", key).exit_code == 2

    def test_a_locked_key_asks_for_its_passphrase(self, out, tmp_path) -> None:
        pytest.importorskip("cryptography")
        key = tmp_path / "locked"
        made = call("signature", "new-key", key, "--passphrase", input="open sesame\nopen sesame\n")
        assert made.exit_code == 0, made.output
        assert b"ENCRYPTED" in key.read_bytes()
        assert call("signature", "sign", out, "--key", key, input="wrong\n").exit_code == 2
        assert call("signature", "sign", out, "--key", key, input="open sesame\n").exit_code == 0
        assert call("signature", "check", out, "--key", f"{key}.pub").exit_code == 0

    def test_openssl_agrees(self, out, key) -> None:
        openssl = shutil.which("openssl")
        if openssl is None:
            pytest.skip("OPENSSL NOT THERE: the signature was not checked by a second program")
        assert call("signature", "sign", out, "--key", key).exit_code == 0
        words = [openssl, "pkeyutl", "-verify", "-pubin", "-inkey", f"{key}.pub", "-rawin"]
        words += ["-in", str(out / ATTESTATION), "-sigfile", str(out / f"{ATTESTATION}.sig")]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def test_a_missing_package_is_named_with_its_extra(self, tmp_path, monkeypatch) -> None:
        monkeypatch.setitem(__import__("sys").modules, "cryptography.exceptions", None)
        refused = call("signature", "new-key", tmp_path / "key")
        assert refused.exit_code == 1
        assert "reid_audit[sign]" in refused.stderr


class TestSeries:
    """A scan that is a folder of DICOM files: one hash of its voxels."""

    FOLDER = "sub-01/dicom"

    @pytest.fixture
    def release(self, tmp_path) -> Path:
        root = tmp_path / "release"
        write_series(root / self.FOLDER, series_datasets(marked(), oblique()))
        (root / self.FOLDER / "notes.txt").write_text("as scanned")
        (root / TABLE).write_text("participant_id\nsub-01\n")
        return root

    @pytest.fixture
    def out(self, tmp_path, release) -> Path:
        files = {
            path.relative_to(release).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(release.rglob("*"))
            if path.is_file()
        }
        rows = [
            {"path": name, "sha256": digest, "kind": "table" if name == TABLE else "dicom", "answer": "none"}
            for name, digest in files.items()
        ]
        frame = pd.DataFrame({"path": [str(release / self.FOLDER)], "condition": ["defaced"]})
        audited, _, _ = hash_released(frame.assign(sample="one"), since=time.time_ns())
        folder = write_run(tmp_path / "out", evidence(pair(found=0), released=audited), rows)
        assert call("gate", folder).exit_code == 0
        return folder

    def test_its_voxels_are_attested_once_for_the_folder(self, out, release) -> None:
        attested = json.loads((out / ATTESTATION).read_text())
        (series,) = attested["series"]
        assert (series["folder"], series["files"]) == (self.FOLDER, SHAPE[2] + 1)
        assert series["voxels"] == voxel_digest(release / self.FOLDER)
        assert all(file["voxels"] is None for file in attested["files"])
        assert call("verify", out, release, "-q").exit_code == 0

    def test_other_headers_around_the_same_voxels_are_told_apart(self, out, release) -> None:
        changed = sorted((release / self.FOLDER).glob("1*"))[:2]
        for path in changed:
            dataset = pydicom.dcmread(path)
            dataset.PatientName = "Else^Somebody"
            dataset.compress(RLELossless)
            dataset.save_as(path)
        done = call("verify", out, release, "-q")
        assert done.exit_code == 3
        assert f"2 with the audited voxels in another file; {SHAPE[2]} are the same" in done.stdout
        assert all(f"other bytes: {self.FOLDER}/{path.name}" in done.stdout for path in changed)
        assert call("verify", out, release, "-q", "--voxels").exit_code == 0

    def test_other_voxels_in_one_file_change_every_changed_file(self, out, release) -> None:
        one, two = sorted((release / self.FOLDER).glob("1*"))[:2]
        dataset = pydicom.dcmread(one)
        dataset.PixelData = bytes(len(dataset.PixelData))
        dataset.save_as(one)
        dataset = pydicom.dcmread(two)
        dataset.PatientName = "Else^Somebody"
        dataset.save_as(two)
        done = call("verify", out, release, "-q", "--voxels")
        assert done.exit_code == 3
        assert f"changed: {self.FOLDER}/{one.name}" in done.stdout
        assert f"changed: {self.FOLDER}/{two.name}" in done.stdout

    def test_what_is_no_image_of_the_series_stays_changed(self, out, release) -> None:
        (release / self.FOLDER / "notes.txt").write_text("name: Somebody")
        done = call("verify", out, release, "-q", "--voxels")
        assert done.exit_code == 3
        assert f"changed: {self.FOLDER}/notes.txt" in done.stdout

    def test_an_image_more_in_a_file_of_the_series_is_no_voxel_of_it(self, tmp_path) -> None:
        dataset = enhanced_dataset(marked(), oblique())
        for folder in ("plain", "more"):
            (tmp_path / folder).mkdir()
        save(dataset, tmp_path / "plain" / "1")
        assert [path.name for path in read_series(tmp_path / "plain")[1]] == ["1"]
        hidden = copy.deepcopy(dataset)
        hidden.NumberOfFrames = SHAPE[2] + 1
        hidden.PixelData = dataset.PixelData + dataset.PixelData[: len(dataset.PixelData) // SHAPE[2]]
        save(hidden, tmp_path / "more" / "1")
        assert series_digest(tmp_path / "more") == (series_digest(tmp_path / "plain")[0], frozenset())


def test_the_folder_of_a_series_holds_its_files_and_no_others() -> None:
    scan = Released(condition="defaced", files=(sha("1"), sha("1"), sha("2")), voxels=sha("v"))

    def found(**paths: str) -> list[str]:
        volumes = [
            {"path": path.replace("__", "/"), "sha256": sha(text), "answer": "none"} for path, text in paths.items()
        ]
        triage = Triage.model_validate({"schema": 1, "complete": True, "volumes": volumes})
        return [series.folder for series in attested_series(triage, [scan])]

    assert found(a="1", b="1", c="2") == [""]
    assert found(s__a="1", s__b="1", s__c="2", s0="1", t__a="1", t__x__b="2", t__x__c="1") == ["s", "t"]
    assert found(s__a="1", s__b="2", s__c="2") == []
    assert found(s__a="1", s__b="1", s__c="2", s__d="3") == []


def test_an_attestation_of_before_is_read(out, release) -> None:
    content = json.loads((out / ATTESTATION).read_text())
    del content["series"]
    (out / ATTESTATION).write_text(json.dumps(content | {"schema_version": "1.0"}))
    assert call("verify", out, release, "-q").exit_code == 0


def test_write_attestation_replaces_whole_files(out) -> None:
    write_attestation(attest(gate(out)), out)
    assert [path.name for path in out.iterdir() if path.name.endswith(".part")] == []
