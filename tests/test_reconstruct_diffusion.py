"""The cascade: it learns, goes on to the same weights after a stop, and draws faces only where it may."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from dataclasses import replace

import numpy as np
import pytest

from reid_audit.errors import MissingResourceError, StoreError, UsageError, VolumeError
from reid_audit.plugins import load_reconstructor
from reid_audit.reconstruct import AverageFace
from reid_audit.reconstruct.diffusion import PRESETS, CascadedDiffusion, learning, rebuilding, train_diffusion
from reid_audit.reconstruct.diffusion.checkpoint import read_checkpoint, write_checkpoint
from reid_audit.reconstruct.diffusion.crops import (
    MOST,
    box_affine,
    crop_of,
    drawn_region,
    pooled,
)
from reid_audit.reconstruct.diffusion.data import Faces
from reid_audit.reconstruct.diffusion.extra import missing_packages, need
from reid_audit.reconstruct.diffusion.learning import Task, _judged, _Setting
from reid_audit.reconstruct.diffusion.networks import (
    device_of,
    make_network,
    mixed_precision,
    noise_schedule,
    sampling_schedule,
)
from reid_audit.reconstruct.diffusion.presets import BOX_SIZE, preset_of
from reid_audit.reconstruct.diffusion.scale import FaceScale
from reid_audit.reconstruct.diffusion.start import LinearStart
from reid_audit.reconstruct.diffusion.training import MODEL, learnt_from
from reid_audit.reconstruct.gain import gain_of
from reid_audit.reconstruct.population import brightness
from reid_audit.reconstruct.prepared import prepare
from reid_audit.surface import head_mask
from reid_audit.testing import check_reconstructor
from tests.reconstruct_heads import N_LEARNT, attacked, scan

HERE = not missing_packages()
needs_torch = pytest.mark.skipif(
    not HERE, reason="DIFFUSION NOT TESTED: install the extra 'reconstruct' (torch, MONAI, safetensors)."
)
KEYS = tuple(f"{k:x}" * 64 for k in range(N_LEARNT))


def originals():
    return [scan(k)[0] for k in range(N_LEARNT)]


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_fits_its_box(name):
    preset = preset_of(name)
    for stage in (preset.coarse, preset.fine):
        assert np.allclose(np.multiply(stage.shape, stage.spacing), BOX_SIZE)
        assert all(n % 2 ** (len(stage.channels) - 1) == 0 for n in stage.shape), "halved between levels"
        assert all(n % stage.groups == 0 for n in stage.channels)
        used = [n for n, chosen in zip(stage.channels, stage.attention, strict=True) if chosen]
        assert all(n % stage.head_channels == 0 for n in (*used, stage.channels[-1]))
        least = np.prod([n // 2 ** (len(stage.channels) - 1) for n in stage.shape])
        assert least < 1500, "places of the coarsest level, which all attend to each other"
    assert preset.coarse.spacing / preset.fine.spacing in {2.0, 4.0}
    assert preset.timesteps % preset.sampling == 0
    with pytest.raises(UsageError, match="no preset 'huge'"):
        preset_of("huge")


def test_the_small_preset_is_fine_enough():
    assert preset_of("small").fine.spacing <= 2.0
    assert preset_of("small").coarse.steps >= 10_000


@needs_torch
@pytest.mark.parametrize(("preset", "able"), [("tiny", True), ("small", True), ("small", False)])
def test_networks_count_in_bfloat16_where_preset_and_hardware_allow_it(monkeypatch, preset, able):
    import torch

    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": able})
    stage = preset_of("tiny").fine
    network = make_network(stage, 0)
    for parameter in network.parameters():  # the last layer is zero before anything is learnt
        parameter.data += 0.05 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(2))
    inputs = torch.from_numpy(np.random.default_rng(1).standard_normal((1, 5, *stage.shape), dtype=np.float32))
    with torch.no_grad():
        usual = network(inputs, timesteps=torch.tensor([5]))
        with mixed_precision(preset_of(preset), torch.device("cpu")):
            found = network(inputs, timesteps=torch.tensor([5]))
    short = preset == "small" and able
    assert found.dtype == (torch.bfloat16 if short else torch.float32)
    off = float((found.float() - usual).square().mean().sqrt() / usual.square().mean().sqrt())
    assert off < (0.02 if short else 1e-6)


def test_a_missing_package_is_one_error_that_names_the_extra(monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "torch" else found(name))
    with pytest.raises(MissingResourceError, match=r"not installed: .*torch.*pip install 'reid_audit\[reconstruct\]'"):
        need("torch")
    with pytest.raises(MissingResourceError, match="extra"):
        train_diffusion(originals()[:1], KEYS[:1], "nowhere", preset="tiny")


def test_nothing_of_torch_is_loaded_before_it_is_used():
    import subprocess

    code = (
        "import sys, reid_audit, reid_audit.reconstruct, reid_audit.reconstruct.diffusion, reid_audit.cli.app\n"
        "sys.exit(any(name in sys.modules for name in ('torch', 'monai', 'safetensors')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_crop_shows_the_face_and_its_brightness():
    stage = preset_of("tiny").fine
    volume, to_head = scan(0)
    data, head = np.asarray(volume.data), np.asarray(head_mask(volume).data)
    crop = crop_of(volume, to_head, stage, brightness(volume.kind, data[~head], data[head]))
    assert crop.shape == stage.shape
    assert (crop.min(), crop.max() <= MOST) == (0.0, True)
    front = box_affine(stage.spacing)[1, 3] + stage.spacing * np.arange(stage.shape[1])
    x, z = stage.shape[0] // 2, round((30.0 + 132.0) / stage.spacing)
    column = crop[x, :, z]
    assert column[front < 60].mean() > 0.3, "inside the head"
    assert column[front > 125].max() < 0.2, "air in front of it"


def test_cubes_are_pooled_to_their_means():
    cubes = np.arange(64, dtype=np.float32).reshape(4, 4, 4)
    assert pooled(cubes, 2)[0, 0, 0] == cubes[:2, :2, :2].mean()


def test_regions_are_drawn_from_the_generator_alone():
    stage = preset_of("tiny").fine
    one, two = (drawn_region(stage, np.random.default_rng(4)) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    shares = [drawn_region(stage, np.random.default_rng(k)).mean() for k in range(12)]
    assert 0.05 < min(shares) < max(shares) < 0.8
    assert len(set(shares)) > 6


@pytest.fixture(scope="module")
def trained(tmp_path_factory, population):
    """One unbroken run."""
    folder = tmp_path_factory.mktemp("diffusion") / "model"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("reid_audit.reconstruct.diffusion.training.learn_population", lambda *_args, **_more: population)
        return train_diffusion(originals(), KEYS, folder, preset="tiny", seed=4, device="cpu")


def again(trained, folder):
    """The folder of a run that has laid its faces and learnt nothing yet."""
    shutil.copytree(trained.folder, folder)
    for file in (*folder.glob("*.safetensors"), *folder.glob("*.tsv")):
        file.unlink()
    return folder


@needs_torch
@pytest.mark.parametrize("name", ["coarse", "fine"])
def test_it_learns(trained, name):
    """Less is off on people held back than for a network as it is made, which adds nothing to where it begins."""
    assert trained.finished
    assert trained.people == N_LEARNT
    files = sorted((trained.folder / "faces").glob("*.npy"))
    preset = preset_of("tiny")
    held = (files[0], files[4])
    learnt = tuple(file for file in files if file not in held)
    task = Task(name, preset, Faces(learnt, held), trained.folder / "none", 4)
    fresh = make_network(task.stage, 4)
    setting = _Setting.of(task, device_of("cpu"))
    ignorant, blind = _judged(task, setting, fresh, fresh.state_dict())
    assert blind == pytest.approx(1.0), "as it is made, it adds nothing to where it begins"
    curve = trained.curves[name]
    assert curve[-1][2] < 0.8 * ignorant, (curve, ignorant)


@needs_torch
def test_what_is_drawn_is_nearer_than_the_mean_face(trained):
    """Of people held back, after a few dozen steps."""
    model = rebuilding._read(trained.folder, "cpu")
    files = sorted((trained.folder / "faces").glob("*.npy"))
    for file in (files[0], files[4]):
        (face,) = Faces.read([file])
        truth, region = pooled(face, 2), drawn_region(model.preset.coarse, np.random.default_rng(7))
        empty = np.where(region, np.float32(0.0), truth)
        start, rng = model.start.of(empty, region), np.random.default_rng(1)
        drawn = rebuilding._denoised(model, model.coarse, empty, region, start=start, samples=8, rng=rng).mean(axis=0)
        off, usual = (np.linalg.norm((one - truth)[region]) for one in (drawn, model.coarse.scale.mean))
        assert off < 0.95 * usual


@needs_torch
def test_weights_that_are_drawn_with_are_the_best_and_not_the_last(trained):
    for name in ("coarse", "fine"):
        stage = getattr(preset_of("tiny"), name)
        kept = read_checkpoint(trained.folder / f"{name}.safetensors", stage)
        blind = [entry[3] for entry in kept.curve]
        fresh = make_network(stage, 4).state_dict()
        best, last = kept.part("best"), kept.part("mean")
        assert all(best[key].equal(fresh[key]) for key in fresh) == (min(blind) >= 1.0), blind
        assert all(best[key].equal(last[key]) for key in fresh) == (blind[-1] < min([1.0, *blind[:-1]])), blind


@needs_torch
def test_a_loss_that_is_no_number_ends_learning_with_a_sentence(trained, monkeypatch):
    task = Task("coarse", preset_of("tiny"), Faces((), ()), trained.folder / "none", 4)
    none = type("Setting", (), {"examples": type("Examples", (), {"of_people": lambda *_: None})()})()
    run = learning._Run(replace(task, faces=Faces((trained.folder,), ())), none, None, None, {}, {}, 11, [])
    monkeypatch.setattr(learning, "_loss", lambda *_: need("torch").tensor(float("nan")))
    with pytest.raises(StoreError, match="lost its way at step 12: the loss is nan"):
        learning._stepped(run)


class Knowing:
    """Stands for a network that knows how people differ: around one face, by so much, every voxel by itself."""

    def __init__(self, schedule, face, spread):
        self.schedule, self.face, self.spread = schedule, face, spread

    def __call__(self, given, timesteps):
        noisy = given[:, :1]
        face, none = noisy.new_tensor(self.face)[None, None], noisy.new_zeros(noisy.shape)
        left = self.schedule.add_noise(original_samples=none + 1, noise=none, timesteps=timesteps)
        strength = self.schedule.add_noise(original_samples=none, noise=none + 1, timesteps=timesteps)
        trusted = self.spread**2 * left / (self.spread**2 * left**2 + strength**2)
        return face + trusted * (noisy - left * face)


@needs_torch
def test_a_network_that_knows_people_draws_them(population):
    """Learning and drawing share one schedule: what is drawn varies as people do, and known voxels disturb nothing."""
    preset = replace(preset_of("tiny"), sampling=50)
    rng = np.random.default_rng(1)
    scale = FaceScale(np.ones(preset.coarse.shape, np.float32), 0.3, 0.1)
    start = rng.uniform(0.8, 1.2, preset.coarse.shape).astype(np.float32)
    begun = LinearStart(start[None], 1.0)
    face = rng.uniform(-0.5, 0.5, preset.coarse.shape).astype(np.float32)
    network = rebuilding._Network(Knowing(noise_schedule(preset), face, 0.7), scale)
    model = rebuilding._Model(preset, population, begun, network, network, device_of("cpu"))
    region = drawn_region(preset.coarse, np.random.default_rng(1))
    known = np.where(region, 0.0, start).astype(np.float32)
    drawn = rebuilding._denoised(model, network, known, region, start=start, samples=1, rng=np.random.default_rng(2))[0]
    np.testing.assert_array_equal(drawn[~region], known[~region])
    varied = (scale.to_network(drawn, start) - face)[region]
    assert abs(varied.mean()) < 4 * 0.7 / np.sqrt(region.sum())
    assert varied.std() == pytest.approx(0.7, rel=0.05)
    sure = rebuilding._Network(Knowing(noise_schedule(preset), face, 1e-6), scale)
    exact = rebuilding._denoised(model, sure, known, region, start=start, samples=1, rng=np.random.default_rng(2))[0]
    np.testing.assert_allclose(exact[region], scale.from_network(face, start)[region], atol=1e-4)


@needs_torch
def test_drawing_begins_at_noise_alone_and_ends_without_any():
    for name in PRESETS:
        preset = preset_of(name)
        schedule = sampling_schedule(preset)
        times = schedule.timesteps.tolist()
        assert (len(times), times[0]) == (preset.sampling, preset.timesteps - 1)
        assert float(schedule.alphas_cumprod[times[0]]) < 1e-3
        assert times[-1] - preset.timesteps // preset.sampling == -1
        assert float(schedule.final_alpha_cumprod) == 1.0


@needs_torch
def test_a_model_is_kept_with_its_curve_and_whom_it_learnt_from(trained):
    assert (trained.folder / "coarse.tsv").read_text().startswith("step\ttraining\tvalidation\tnoise_alone\n")
    assert (trained.folder / "coarse.safetensors").stat().st_mode & 0o777 == 0o600
    assert learnt_from(trained.folder) == KEYS


@needs_torch
def test_a_stopped_run_ends_with_the_weights_of_an_unbroken_one(trained, tmp_path):
    from safetensors.torch import load_file

    folder = again(trained, tmp_path / "model")
    for most in (7, 17, 200):
        resumed = train_diffusion(originals(), KEYS, folder, preset="tiny", seed=4, device="cpu", most=most)
    assert resumed.finished
    for name in ("coarse", "fine"):
        one, two = (load_file(place / f"{name}.safetensors") for place in (trained.folder, folder))
        assert one.keys() == two.keys()
        assert all(one[key].equal(two[key]) for key in one), name
    for column in (0, 2):  # what training lost is the mean since the last entry of one call
        assert [row[column] for row in resumed.curves["coarse"]] == [row[column] for row in trained.curves["coarse"]]


@needs_torch
def test_a_finished_model_is_not_trained_again(trained):
    before = (trained.folder / "coarse.safetensors").stat().st_mtime_ns
    same = train_diffusion(originals(), KEYS, trained.folder, preset="tiny", seed=4, device="cpu")
    assert same.finished
    assert (trained.folder / "coarse.safetensors").stat().st_mtime_ns == before


@needs_torch
@pytest.mark.parametrize("change", [{"preset": "small"}, {"seed": 5}, {"keys": (*KEYS[:-1], "f" * 64)}])
def test_a_folder_with_another_model_is_refused(trained, change):
    given = {"preset": "tiny", "seed": 4, "keys": KEYS} | change
    with pytest.raises(UsageError, match="holds a model of other people"):
        train_diffusion(originals(), given["keys"], trained.folder, preset=given["preset"], seed=given["seed"])


@needs_torch
@pytest.mark.parametrize("keep", ["mean", "likeliest"])
def test_the_contract_is_kept(trained, keep):
    _, defaced, region = attacked(0)
    reconstructor = CascadedDiffusion(trained.folder, samples=2, keep=keep, device="cpu")
    check_reconstructor(reconstructor, defaced, region)
    assert len(reconstructor.spec.weights_sha256) == 3
    assert load_reconstructor(f"diffusion:{trained.folder}").spec.name == "diffusion"


@needs_torch
def test_known_voxels_stay_known(trained):
    """Where nothing is unknown, what comes out is what went in."""
    _, defaced, region = attacked(0)
    model = rebuilding._read(trained.folder, "cpu")
    placed = prepare(defaced, region, model.population).placed
    crop = crop_of(defaced, placed.similar, model.preset.fine, gain_of(defaced, placed.affine, model.population.mean))
    unknown = np.zeros(crop.shape, bool)
    unknown[:20, 20:, 20:30] = True
    face = CascadedDiffusion(trained.folder, samples=2)._drawn(model, crop, unknown, np.random.default_rng(1))
    np.testing.assert_allclose(face[~unknown], crop[~unknown], atol=1e-5)
    assert np.abs(face[unknown] - crop[unknown]).max() > 0.01


@needs_torch
def test_damaged_and_foreign_checkpoints_are_refused(trained, tmp_path):
    _, defaced, region = attacked(0)

    def attempt(folder):
        CascadedDiffusion(folder, samples=1, device="cpu").reconstruct(defaced, region, np.random.default_rng(0))

    with pytest.raises(StoreError, match="no trained diffusion model"):
        attempt(tmp_path / "nothing")
    short = shutil.copytree(trained.folder, tmp_path / "short")
    file = short / "coarse.safetensors"
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(StoreError, match="truncated"):
        attempt(short)
    other = shutil.copytree(trained.folder, tmp_path / "other")
    (other / MODEL).write_text((other / MODEL).read_text().replace('"tiny"', '"small"'))
    with pytest.raises(StoreError, match="another architecture"):
        attempt(other)
    renamed = shutil.copytree(trained.folder, tmp_path / "renamed")
    stage, file = preset_of("tiny").coarse, renamed / "coarse.safetensors"
    kept = read_checkpoint(file, stage, 4)
    tensors = {name + "x" if name.startswith("best") else name: value for name, value in kept.tensors.items()}
    write_checkpoint(file, replace(kept, tensors=tensors), stage, 4)
    with pytest.raises(StoreError, match="do not fit the network that MONAI builds"):
        attempt(renamed)


@needs_torch
def test_a_model_that_is_half_trained_or_holds_no_numbers_is_refused(trained, tmp_path):
    stage = preset_of("tiny").fine
    for name, match in (
        ("half", "fine network in the folder is not trained to its end: 16 steps"),
        ("none", "Weights in a checkpoint are no numbers"),
    ):
        folder = shutil.copytree(trained.folder, tmp_path / name)
        kept = read_checkpoint(folder / "fine.safetensors", stage, 4)
        bad = float("nan") if name == "none" else 1.0
        tensors = {key: value * bad if key.startswith("best.out") else value for key, value in kept.tensors.items()}
        changed = replace(kept, finished=name == "none", tensors=tensors)
        write_checkpoint(folder / "fine.safetensors", changed, stage, 4)
        with pytest.raises(StoreError, match=match):
            CascadedDiffusion(folder, device="cpu").check()


@needs_torch
def test_a_region_on_another_grid_is_refused(trained):
    _, defaced, region = attacked(0)
    cut = replace(region, data=np.asarray(region.data)[1:])
    with pytest.raises(VolumeError, match="on the scan's own grid"):
        CascadedDiffusion(trained.folder, samples=1).reconstruct(defaced, cut, np.random.default_rng(0))


@needs_torch
def test_a_choice_that_there_is_not_is_refused(tmp_path):
    with pytest.raises(UsageError, match="got 'best' of 8"):
        CascadedDiffusion(tmp_path, keep="best")
    with pytest.raises(UsageError, match="of 0"):
        CascadedDiffusion(tmp_path, samples=0)


def test_without_a_model_there_is_no_spec(tmp_path, population):
    with pytest.raises(StoreError, match="reid-audit reconstruct train"):
        _ = CascadedDiffusion(tmp_path).spec
    assert AverageFace(population).spec.weights_sha256 == (population.sha256,)
