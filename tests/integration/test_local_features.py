"""The attacker who compares pictures, through the whole way of an audit."""

from __future__ import annotations

import shutil
import stat
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import QUICK
from PIL import Image

import reid_audit.enrolment.tasks
import reid_audit.match.local
from reid_audit import audit, read_cohort
from reid_audit.keypoints import KINDS, MOST

SETTINGS = QUICK.model_copy(update={"attackers": ("local-features",)})


@pytest.fixture(scope="module")
def three(shared_people):
    cohort, failures = read_cohort(shared_people, photos=shared_people / "photos")
    assert not failures
    some = cohort.subjects[:3]
    scans = cohort.scans[cohort.scans["subject"].isin(some) & cohort.scans["condition"].isin(["original", "zero"])]
    photos = cohort.photos[cohort.photos["subject"].isin(some)]
    return replace(cohort, scans=scans.reset_index(drop=True), photos=photos.reset_index(drop=True))


def refuse(*_):
    raise AssertionError("finished work was done again")


@pytest.fixture(scope="module")
def done(three, shared_templates, tmp_path_factory):
    """An audit that finds the templates of the same views finished, and adds the keypoints to them."""
    out = tmp_path_factory.mktemp("local") / "out"
    (out / "private").mkdir(mode=0o700, parents=True)
    shutil.copytree(shared_templates, out / "private" / "templates")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(reid_audit.enrolment.tasks, "_template_records", refuse)
        patched.setattr(reid_audit.enrolment.tasks, "_photo_record", refuse)
        return audit(three, settings=SETTINGS, out=out), out


def test_each_kind_and_condition_has_its_numbers(three, done):
    result, _ = done
    assert result.findings.complete
    ranks = result.to_frame().query("metric == 'rank' and k == 1")
    assert {(row.matcher, row.condition) for row in ranks.itertuples()} == {
        (kind, condition) for kind in KINDS for condition in ("original", "zero")
    }
    assert set(ranks["embedder"]) == {""}
    assert (ranks["n_subjects"] == 3).all()
    assert ranks[["value", "low", "high", "chance", "control"]].notna().all(axis=None)
    assert {"orb", "sift"} <= {model.name for model in result.findings.models}
    for table in result.findings.scores:
        assert table.references["n_templates"].tolist() == [1, 1, 1], "of two lights one a camera"
        assert (table.scores >= 0).all()


def test_what_is_kept_is_private_bounded_and_no_picture(done):
    _, out = done
    kept = []
    for path in (out / "private" / "templates").rglob("*.npz"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        with np.load(path, allow_pickle=False) as archive:
            if "orb_counts" in archive.files:
                kept.append({name: archive[name] for name in archive.files})
    assert len(kept) == 6 + 3
    assert max(each[f"{kind}_counts"].max() for each in kept for kind in KINDS) <= MOST
    names = {name for each in kept for name in each}
    assert names == {"facts.json", "views"} | {f"{k}_{n}" for k in KINDS for n in ("counts", "points", "descriptors")}


def test_finished_work_is_not_done_again(three, done, monkeypatch):
    first, out = done
    monkeypatch.setattr(reid_audit.enrolment.tasks, "_scan_records", refuse)
    monkeypatch.setattr(reid_audit.enrolment.tasks, "_photo_records", refuse)
    monkeypatch.setattr(reid_audit.match.local, "_counted", refuse)
    second = audit(three, settings=SETTINGS, out=out)
    pd.testing.assert_frame_equal(first.to_frame(), second.to_frame())


def test_lost_files_are_misses(three, tmp_path):
    photos = three.photos.copy()
    photos.loc[0, "path"] = str(tmp_path / "gone.png")
    blank = tmp_path / "blank.png"
    Image.new("RGB", (300, 300), "white").save(blank)
    photos.loc[1, "path"] = str(blank)
    scans = three.scans[three.scans["condition"] == "original"].reset_index(drop=True)
    told = []
    people = replace(three, scans=scans, photos=photos)
    result = audit(people, settings=SETTINGS, progress=lambda *news: told.append(news))
    assert told.count(("comparisons", 1, 1)) == len(KINDS)
    assert [f.stage for f in result.failures if f.sample == photos.loc[0, "sample"]] == ["read"]
    assert [f.stage for f in result.failures if f.sample == photos.loc[1, "sample"]] == ["detect", "embed", "embed"]
    for table in result.findings.scores:
        assert table.probes["n_templates"].tolist() == [0, 0, 1]
        assert np.isnan(table.scores[:2]).all()
    ranks = result.to_frame().query("metric == 'rank' and k == 1")
    assert (ranks["n_subjects"] == 3).all()
    assert (ranks["value"] <= 1 / 3).all()


def test_without_photographs_it_says_so(three):
    scans = three.scans.iloc[:1].reset_index(drop=True)
    result = audit(replace(three, scans=scans, photos=three.photos.iloc[:0]), settings=SETTINGS)
    (row,) = result.to_frame().query("attacker == 'local-features'").itertuples()
    assert (row.matcher, row.embedder) == ("orb, sift", "")
    assert "no photos were given" in row.note
