"""A release with a leak of every kind planted in it: each is named, and nothing stops the triage."""

from __future__ import annotations

import json
import os
import stat

import pytest

from benchmarks.leaks import CLEAN, LEAKS, Ground, plant, planted
from reid_audit.errors import StoreError, UsageError
from reid_audit.triage import PLACE, Triage, TriagedFile, read_triage, triage_release, write_triage
from reid_audit.triage.walk import walk_release

GIVES_AWAY = planted("face")
UNDECIDED = planted("cannot tell")
NOT_LOOKED_AT = planted("unaudited")


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    return plant(Ground(tmp_path_factory.mktemp("triage") / "release"), LEAKS)


@pytest.fixture(scope="module")
def done(release, tmp_path_factory):
    out = tmp_path_factory.mktemp("out") / "out"
    return triage_release(release, out, workers=1), out


def test_every_leak_is_named(done) -> None:
    told = {file.path: file for file in done[0].volumes}
    wrong = {
        name: (told[name].answer, told[name].why)
        for name, word in GIVES_AWAY.items()
        if told[name].answer != "face" or not told[name].why.startswith(f"{word}: ")
    }
    assert wrong == {}


def test_what_is_undecided_or_was_not_looked_at_is_named(done) -> None:
    told = {file.path: file for file in done[0].volumes}
    assert {name: told[name].why.split(":")[0] for name in UNDECIDED} == UNDECIDED
    assert {told[name].answer for name in UNDECIDED} <= {"cannot tell", "face"}
    assert {name: told[name].why.split(":")[0] for name in NOT_LOOKED_AT} == NOT_LOOKED_AT
    assert {told[name].answer for name in NOT_LOOKED_AT} == {"unaudited"}


def test_what_is_clean_is_said_to_be(done) -> None:
    told = {file.path: file for file in done[0].volumes}
    assert {name: told[name].answer for name in CLEAN} == dict.fromkeys(CLEAN, "none")


def test_every_file_is_there_once_with_its_hash(done, release) -> None:
    import hashlib

    places, _ = walk_release(release)
    assert [file.path for file in done[0].volumes] == [place.name for place in places]
    told = {file.path: file for file in done[0].volumes}
    for name in ("README", "sub-01/anat/sub-01_T2w.nii.gz"):
        assert told[name].sha256 == hashlib.sha256((release / name).read_bytes()).hexdigest()
    assert told["sub-01/func/sub-01_bold.nii.gz"].kind == "series"


def test_no_name_and_no_value_is_repeated(done) -> None:
    whys = " ".join(file.why for file in done[0].volumes)
    assert "Rossi" not in whys
    assert "1961" not in whys
    assert "sub-01" not in whys


ORDINARY = {
    "dataset_description.json": {
        "Name": "Faces Of Many",
        "BIDSVersion": "1.10.0",
        "Authors": ["Anna Schmidt", "Greg House"],
        "Acknowledgements": "We thank Anna Schmidt.",
        "GeneratedBy": [{"Name": "fMRIPrep", "Version": "23.2.0", "Container": {"Type": "docker"}}],
        "SourceDatasets": [{"URL": "https://example.org", "Version": "1"}],
    },
    "participants.json": {"age": {"Units": "years"}, "sex": {"Levels": {"F": "female"}}, "name": {"LongName": "x"}},
    "task-rest_bold.json": {
        "Manufacturer": "Siemens",
        "ManufacturersModelName": "Prisma_fit",
        "InstitutionName": "University Hospital Bonn",
        "InstitutionAddress": "Sigmund Freud Str 25,Bonn,DE",
        "ProcedureStepDescription": "CLINICAL^HEAD",
        "ProtocolName": "bold_rest",
        "TaskName": "Resting State",
        "StationName": "MRC12345",
        "AcquisitionTime": "12:03:01.5",
        "RepetitionTime": 2,
    },
    "participants.tsv": "participant_id\tage\tsex\thandedness\tgroup\nsub-01\t34\tF\tright\tcontrol\n",
    "sub-01/sub-01_scans.tsv": "filename\tacq_time\nfunc/sub-01_bold.nii.gz\t1925-01-01T12:00:00\n",
    "sub-01/func/sub-01_events.tsv": "onset\tduration\ttrial_type\tname\n1\t2\tfamous\tLeft Hand\n",
    "sub-01/eeg/sub-01_electrodes.tsv": "name\tx\ty\tz\nFp1\t1\t2\t3\n",
    "desc-aseg_dseg.tsv": "index\tname\tcolor\n2\tLeft Cerebral White Matter\t#f5f5f5\n3\tLeft Vessel\t#a020f0\n",
    "CITATION.cff": "cff-version: 1.2.0\nauthors:\n  - family-names: Schmidt\n    given-names: Anna\n",
    ".zenodo.json": {"creators": [{"name": "Schmidt, Anna", "affiliation": "Bonn", "orcid": "0000-0000-0000-0001"}]},
    "README": "Contact: Anna Schmidt (anna@example.org). Scans of people born between 1950 and 1990.",
    "CHANGES": "1.0.0 2020-01-01\n - Initial release.",
    "derivatives/fmriprep/sub-01.html": (
        '<html><head><meta name="viewport" content="width=device-width"></head><body><nav class="navbar">'
        "<h1>Summary</h1><ul><li>Subject ID: 01</li><li>Structural images: 1 T1-weighted</li>"
        "<li>Standard output spaces: MNI152NLin2009cAsym</li></ul>"
        '<table><tr><th>Name</th><th>Version</th></tr><tr><td>Nipype Workflow</td><td>1.8</td></tr></table>'
        '<object type="image/svg+xml" data="./sub-01/figures/sub-01_dseg.svg"></object></body></html>'
    ),
}  # fmt: skip


def test_what_every_release_holds_is_no_find(tmp_path) -> None:
    for name, content in ORDINARY.items():
        place = tmp_path / "release" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content if isinstance(content, str) else json.dumps(content))
    told = triage_release(tmp_path / "release", tmp_path / "out")
    assert {file.path: file.why for file in told.volumes if file.answer != "none"} == {}
    assert len(told.volumes) == len(ORDINARY)


def test_the_list_is_private_and_reads_back(done) -> None:
    triage, out = done
    assert stat.S_IMODE((out / PLACE).stat().st_mode) == 0o600
    assert stat.S_IMODE((out / PLACE).parent.stat().st_mode) == 0o700
    assert read_triage(out) == triage
    assert triage.complete


def test_finished_answers_are_taken(done, release, monkeypatch) -> None:
    triage, out = done

    def refuse(*_args, **_more):
        raise AssertionError("finished work was done again")

    for name in ("told_by_scan", "told_by_series", "told_by_picture", "told_by_page"):
        monkeypatch.setattr(f"reid_audit.triage.task.{name}", refuse)
    assert triage_release(release, out) == triage


def test_a_defect_on_one_file_costs_that_file_alone(tmp_path, monkeypatch) -> None:
    (tmp_path / "release").mkdir()
    for name in ("a.json", "b.json"):
        (tmp_path / "release" / name).write_text("{}")

    def fail(path, _labels, **_more):
        if path.name == "a.json":
            raise ZeroDivisionError
        from reid_audit.triage.answer import nothing

        return nothing("no name", "x")

    monkeypatch.setattr("reid_audit.triage.task.told_by_json", fail)
    told = triage_release(tmp_path / "release", tmp_path / "out")
    assert [(file.path, file.answer) for file in told.volumes] == [("a.json", "unaudited"), ("b.json", "none")]
    assert "ZeroDivisionError" in told.volumes[0].why


def test_a_stopped_triage_is_incomplete(tmp_path, monkeypatch) -> None:
    (tmp_path / "release").mkdir()
    (tmp_path / "release" / "README").write_text("x")
    out = tmp_path / "out"
    assert triage_release(tmp_path / "release", out).complete

    def stop(*_args, **_more):
        raise KeyboardInterrupt

    monkeypatch.setattr("reid_audit.triage.running.run_tasks", stop)
    with pytest.raises(KeyboardInterrupt):
        triage_release(tmp_path / "release", out)
    assert read_triage(out) == Triage((), complete=False)


def test_places_that_would_leak_are_refused(tmp_path) -> None:
    (tmp_path / "release" / "inner").mkdir(parents=True)
    with pytest.raises(UsageError, match="lies in, what is to be released"):
        triage_release(tmp_path / "release", tmp_path / "release" / "out")
    with pytest.raises(UsageError, match="originals"):
        triage_release(tmp_path / "release", tmp_path / "out", originals=tmp_path / "release" / "inner")
    with pytest.raises(UsageError, match="no folder"):
        triage_release(tmp_path / "nothing", tmp_path / "out")
    assert not (tmp_path / "release" / "out").exists()


def test_the_walk_is_bounded_and_leaves_nothing_out_in_silence(tmp_path) -> None:
    for number in range(5):
        (tmp_path / f"{number}.txt").write_text("x")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "loop").symlink_to(tmp_path)
    (tmp_path / os.fsdecode(b"bad\xff.txt")).write_text("x")
    os.mkfifo(tmp_path / "pipe")
    places, complete = walk_release(tmp_path)
    states = {place.name: place.state for place in places}
    assert complete
    assert states["sub/loop"] == "inside"
    assert states["pipe"] == "special"
    assert states["bad\\xff.txt"] == "file"
    places, complete = walk_release(tmp_path, max_files=3)
    assert len(places) == 3
    assert not complete


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"schema": 2}',
        '{"schema": 1, "complete": 1, "volumes": []}',
        '{"schema": 1, "complete": true, "volumes": [{"path": "x"}]}',
        '{"schema": 1, "complete": true, "volumes": [{"path": "", "sha256": "", "kind": "", "answer": "", "why": ""}]}',
    ],
)
def test_a_damaged_list_is_refused(tmp_path, text) -> None:
    write_triage(tmp_path, [TriagedFile("x", "", "text", "none", "y: z")], complete=True)
    assert read_triage(tmp_path).counts == {"face": 0, "none": 1, "cannot tell": 0, "unaudited": 0}
    (tmp_path / PLACE).write_text(text)
    with pytest.raises(StoreError):
        read_triage(tmp_path)


def test_a_folder_without_triage(tmp_path) -> None:
    with pytest.raises(UsageError, match="not triaged"):
        read_triage(tmp_path)
