"""What the commands say of people whom nothing was learnt from; nothing is learnt for it."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from reid_audit.cli import reconstructing
from reid_audit.cli.errors import INCOMPLETE
from reid_audit.reconstruct.attacking import MEASURED
from reid_audit.reconstruct.diffusion.training import Trained
from reid_audit.types import Failure

LOST = Failure("manifest", "", "", "", "", "A file lies where nobody can tell whose it is.")


@pytest.fixture
def manifest(tmp_path):
    for who in "ba":
        (tmp_path / f"{who}.nii").write_text(who)
    path = tmp_path / "scans.csv"
    path.write_text("subject,condition,modality,path\nb,original,T1w,b.nii\na,original,T1w,a.nii\n")
    return path


@pytest.mark.parametrize("lost", [0, 2])
def test_people_whom_no_model_learns_from_are_said(manifest, tmp_path, monkeypatch, capsys, lost):
    given = {}

    def train(_scans, keys, out, **more):
        given.update(more, n=len(keys))
        return Trained(out, finished=True, curves={}, people=8, lost=lost)

    monkeypatch.setattr("reid_audit.reconstruct.diffusion.people.train_diffusion", train)
    monkeypatch.setattr("reid_audit.reconstruct.diffusion.extra.need", lambda _name: None)
    out = tmp_path.parent / f"{tmp_path.name}-out"
    done = reconstructing.run_train(manifest, out, preset="tiny", seed=1, device=None, quiet=True)
    assert done == (INCOMPLETE if lost else 0)
    assert ("2 more people" in capsys.readouterr().err) == bool(lost)
    assert (given["people"], given["n"]) == (("a", "b"), 2)


@pytest.mark.parametrize(("unread", "not_learnt"), [((), 0), ((LOST,), 0), ((), 1)])
def test_people_whom_no_attacker_learns_from_are_said(tmp_path, monkeypatch, capsys, unread, not_learnt):
    row = {"sample": "s", "subject": "p", "condition": "zero", "attacker": "average", "reason": ""}
    study = SimpleNamespace(
        faces=pd.DataFrame([row | dict.fromkeys(MEASURED, 2.0)]),
        cohort=SimpleNamespace(phantom=False),
        failures=(),
        learnt=8,
        not_learnt=not_learnt,
    )
    whole = SimpleNamespace(findings=SimpleNamespace(complete=True))
    others, none = tmp_path / "others.csv", SimpleNamespace(scans={"path": ()}, phantom=False)
    monkeypatch.setattr("reid_audit.inputs.read_cohort", lambda path, *_: (none, unread if path == others else ()))
    monkeypatch.setattr("reid_audit.reconstruct.study.attack_cohort", lambda *_args, **_more: study)
    monkeypatch.setattr("reid_audit.auditing.audit", lambda *_args, **_more: whole)
    done = reconstructing.run_attack(
        tmp_path / "scans.csv", tmp_path / "out", training=others, attackers=("average",), options={}, quiet=True
    )
    said = capsys.readouterr()
    assert done == (INCOMPLETE if unread or not_learnt else 0)
    assert "learnt from 8 people" in said.out
    assert ("1 more was given" in said.out) == bool(not_learnt)
    assert ("Not learnt from: A file lies" in said.err) == bool(unread)
