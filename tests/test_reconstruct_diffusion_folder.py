"""The folder of a trained cascade: what it says of itself, who may have it, and when it is read again."""

from __future__ import annotations

import pytest

from reid_audit.errors import StoreError, UsageError
from reid_audit.reconstruct.diffusion import CascadedDiffusion, data, rebuilding, train_diffusion, training
from reid_audit.reconstruct.diffusion.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from reid_audit.reconstruct.diffusion.data import lay_faces
from reid_audit.reconstruct.diffusion.extra import missing_packages, need
from reid_audit.reconstruct.diffusion.presets import preset_of
from reid_audit.reconstruct.diffusion.scale import FaceScale
from reid_audit.reconstruct.diffusion.training import MODEL, learnt_from

needs_torch = pytest.mark.skipif(
    bool(missing_packages()), reason="DIFFUSION NOT TESTED: install the extra 'reconstruct'."
)
KEYS = tuple(f"{k:x}" * 64 for k in range(8))


def stage_of_nothing(path, **facts):
    """A checkpoint whose tensors are single numbers; what it says of itself is replaced."""
    from safetensors.torch import safe_open, save_file

    torch, stage = need("torch"), preset_of("tiny").coarse
    tensors = {f"{name}.x": torch.zeros(1) for name in ("weights", "mean", "best", "face", "first", "second")}
    write_checkpoint(path, Checkpoint(3, finished=False, tensors=tensors, curve=[[3, 1.0, 0.5, 0.9]]), stage, 4)
    with safe_open(str(path), framework="pt") as file:
        said = {**file.metadata(), **facts}
    tensors = {name: value for name, value in tensors.items() if name.split(".")[0] != facts.get("without")}
    save_file(tensors, str(path), metadata={name: value for name, value in said.items() if value is not None})
    return stage


@needs_torch
@pytest.mark.parametrize(
    "facts",
    [
        {"architecture": "{"},
        {"curve": "["},
        {"curve": "[[1, 2.0]]"},
        {"curve": "[3]"},
        {"curve": None},
        {"step": None},
        {"step": "three"},
        {"finished": None},
        {"without": "best"},
        {"without": "second"},
    ],
)
def test_a_checkpoint_that_says_nonsense_of_itself_is_refused(tmp_path, facts):
    path = tmp_path / "coarse.safetensors"
    whole = read_checkpoint(path, stage_of_nothing(path), 4)
    assert (whole.step, whole.curve) == (3, [[3, 1.0, 0.5, 0.9]])
    with pytest.raises(StoreError, match=r"'coarse.safetensors' is damaged"):
        read_checkpoint(path, stage_of_nothing(path, **facts), 4)


@needs_torch
@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"preset": "tiny", "learnt_from": 3, "salt": "", "people": []}'])
def test_a_damaged_note_is_refused(tmp_path, text):
    (tmp_path / MODEL).write_text(text)
    with pytest.raises(StoreError, match=r"'model.json' of a trained diffusion model is damaged"):
        train_diffusion((), KEYS, tmp_path, preset="tiny")
    with pytest.raises(StoreError, match="damaged"):
        learnt_from(tmp_path)


@needs_torch
def test_a_folder_that_is_refused_is_left_as_it_is(tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o755)
    (shared / "notes.txt").touch()
    with pytest.raises(UsageError, match="is not empty"):
        train_diffusion((), KEYS, shared, preset="tiny")
    assert shared.stat().st_mode & 0o777 == 0o755
    assert [entry.name for entry in shared.iterdir()] == ["notes.txt"]


@needs_torch
def test_a_folder_that_is_taken_is_private_and_goes_on_with_the_same_people(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "_trained", lambda *_args, **_more: "trained")

    def train(people):
        return train_diffusion((), KEYS, tmp_path, people=people, preset="tiny")

    tmp_path.chmod(0o755)
    assert train(("a", "b")) == "trained"
    assert tmp_path.stat().st_mode & 0o777 == 0o700
    assert train(("b", "a")) == "trained"
    with pytest.raises(UsageError, match="holds a model of other people"):
        train(("a", "c"))


def test_faces_that_cannot_be_laid_are_counted_and_not_tried_again(tmp_path, monkeypatch):
    tried = []

    def lay(_originals, index, _population, _stage, file):
        tried.append(index)
        if index in (2, 5):
            return False
        file.touch()
        return True

    monkeypatch.setattr(data, "_laid", lay)
    nobody = type("Population", (), {"template": None, "volume_of": lambda *_: None})()
    keys = [f"{k:x}" * 64 for k in range(12)]
    for _ in range(2):
        laid = lay_faces(range(12), keys, nobody, None, folder=tmp_path / "faces", progress=lambda *_: None)
        assert (len(laid.learnt) + len(laid.validated), laid.lost) == (10, 2)
        assert len(tried) == 12


def test_weights_that_were_written_again_are_read_again(tmp_path, monkeypatch):
    read, seen = [], type("Model", (), {"population": None})()
    monkeypatch.setattr(rebuilding, "_read", lambda *_: read.append(1) or seen)
    monkeypatch.setattr(rebuilding, "prepare", lambda *_: pytest.fail("read"))
    for name in ("coarse.safetensors", "fine.safetensors", "population.npz"):
        (tmp_path / name).write_text("1")
    drawer = CascadedDiffusion(tmp_path)

    def models():
        with pytest.raises(pytest.fail.Exception):
            drawer.reconstruct(None, None, None)
        return len(read)

    assert [models(), models()] == [1, 1]
    (tmp_path / "fine.safetensors").write_text("22")
    assert models() == 2
    with pytest.raises(StoreError, match="no trained diffusion model"):
        CascadedDiffusion(tmp_path / "none").reconstruct(None, None, None)


def test_a_checkpoint_without_the_scale_of_its_faces_is_refused():
    kept = Checkpoint(1, finished=True, tensors={"face.other": 0.0})
    with pytest.raises(StoreError, match="part 'face' of a checkpoint is damaged or missing"):
        rebuilding._of_part(FaceScale.of, kept, "face")
