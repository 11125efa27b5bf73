"""Attackers: their contract, what they learn, and that the shape model uses the rest of the head."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from reid_audit import plugins
from reid_audit.errors import HeadError, StoreError, UsageError, VolumeError
from reid_audit.inputs import to_ras
from reid_audit.protocols import LearningReconstructor
from reid_audit.reconstruct import (
    RECONSTRUCTORS,
    AverageFace,
    ShapeModel,
    learn_population,
    read_population,
    write_population,
)
from reid_audit.reconstruct.average import fill_with_shape
from reid_audit.reconstruct.distances import counted_skin, surface_distance
from reid_audit.reconstruct.frame import GRID, on_grid, place
from reid_audit.reconstruct.gain import gain_of
from reid_audit.reconstruct.population import FEWEST, LazyScans, _readable, shape_of
from reid_audit.reconstruct.prepared import prepare
from reid_audit.reconstruct.shape import altered_places, face_posterior, rebuilt_shape
from reid_audit.reconstruct.signed import REACH, signed_distance
from reid_audit.reconstruct.swap import partners, with_face_of
from reid_audit.surface import head_surface
from reid_audit.testing import check_reconstructor
from reid_audit.types import ModelSpec
from tests.reconstruct_heads import N_ATTACKED, N_LEARNT, attacked, scan


def learnt(name, population):
    return replace(RECONSTRUCTORS[name](), population=population)


@pytest.mark.parametrize("name", RECONSTRUCTORS)
def test_built_in_reconstructors_keep_the_contract(name, population):
    _, defaced, region = attacked(0)
    check_reconstructor(learnt(name, population), defaced, region)
    assert learnt(name, population).spec.name == name
    assert isinstance(learnt(name, population), LearningReconstructor)


def test_plugins_and_registry_know_the_same_reconstructors():
    assert plugins.available("reconstructors") == tuple(RECONSTRUCTORS)
    assert all(type(plugins.load_reconstructor(name)) is RECONSTRUCTORS[name] for name in RECONSTRUCTORS)


class Broken:
    spec = ModelSpec("broken", "1", "none")

    def __init__(self, change):
        self.change = change

    def reconstruct(self, volume, region, rng):
        data = np.array(volume.data)
        self.change(data, np.asarray(region.data), rng)
        return replace(volume, data=data)


def fill(data, region, _rng):
    data[region] = 77


def beyond(data, region, _rng):
    data[region] = 77
    data[~region] += 1


def nothing(_data, _region, _rng):
    pass


HIDDEN = np.random.default_rng(3)


def by_chance(data, region, _rng):
    data[region] = HIDDEN.integers(1, 300)


@pytest.mark.parametrize(
    ("change", "what"),
    [(beyond, "outside the region"), (nothing, "nothing was filled"), (by_chance, "another scan")],
)
def test_the_check_finds_what_is_broken(change, what):
    _, defaced, region = attacked(0)
    check_reconstructor(Broken(fill), defaced, region)
    with pytest.raises(AssertionError, match=what):
        check_reconstructor(Broken(change), defaced, region)


@pytest.mark.parametrize("name", RECONSTRUCTORS)
def test_who_has_not_learnt_says_so(name):
    _, defaced, region = attacked(0)
    with pytest.raises(UsageError, match=rf"'{name}' has not learnt"):
        RECONSTRUCTORS[name]().reconstruct(defaced, region, np.random.default_rng(0))


def test_a_scan_of_another_kind_is_refused(population):
    _, defaced, region = attacked(0)
    with pytest.raises(UsageError, match="kind 'mri', and this one is 'ct'"):
        learnt("shape", population).reconstruct(replace(defaced, kind="ct"), region, np.random.default_rng(0))


def distances(name, index, population):
    original, defaced, region = attacked(index)
    made = (
        defaced
        if name is None
        else learnt(name, population).reconstruct(defaced, region, np.random.default_rng([5, index]))
    )
    true = head_surface(original)
    return surface_distance(true, head_surface(made), counted_skin(region, true.to_head)).mean


def test_every_attacker_comes_nearer_than_the_hole_and_the_shape_model_nearest(population):
    each = [{name: distances(name, k, population) for name in (None, *RECONSTRUCTORS)} for k in range(N_ATTACKED)]
    found = {name: np.mean([one[name] for one in each]) for name in each[0]}
    assert max(found[name] for name in RECONSTRUCTORS) < 0.6 * found[None], found
    assert found["shape"] < found["average"] < 8.0, found
    assert found["shape"] < found["shape-sample"], found


def test_heads_are_laid_on_each_other_by_what_is_not_face(population):
    original, defaced, region = attacked(0)
    template = population.volume_of(population.template)
    here = place(original, head_surface(original), template)
    there = prepare(defaced, region, population).placed
    corners = np.array([[x, y, z, 1.0] for x in (-70, 70) for y in (-60, 90) for z in (-80, 80)])
    places = corners @ np.linalg.inv(here.similar).T
    apart = np.linalg.norm((places @ there.similar.T - corners)[:, :3], axis=1)
    assert apart.max() < 4.0, "the hole in the face moves the head hardly at all"


@pytest.mark.parametrize("index", [1, 3])
def test_a_head_lies_in_one_place_however_it_is_stored(population, index):
    """Stored as P-I-R and as L-P-S: what must not pull is laid with the scan."""
    original, _ = scan(index)
    template = population.volume_of(population.template)
    surface = head_surface(original)
    lower = np.zeros(original.data.shape, dtype=bool)
    lower[: lower.shape[0] // 3] = True
    one = place(original, surface, template, lower)
    upright = to_ras(original)
    as_mask = to_ras(replace(original, data=lower.astype(np.uint8)))
    other = place(upright, surface, template, np.asarray(as_mask.data) > 0)
    np.testing.assert_allclose(one.affine, other.affine, atol=1e-6)


def test_a_head_has_one_gain_before_and_after_its_face_is_gone(population):
    original, defaced, region = attacked(1)
    placed = prepare(defaced, region, population).placed
    before = gain_of(original, placed.affine, population.mean)
    after = gain_of(defaced, placed.affine, population.mean, region.data)
    assert after[1] == pytest.approx(before[1], rel=0.01)
    assert abs(after[0] - before[0]) < 0.02 * before[1]
    doubled = gain_of(
        replace(defaced, data=np.asarray(defaced.data) * 2.0), placed.affine, population.mean, region.data
    )
    assert doubled[1] == pytest.approx(2 * after[1], rel=1e-4)
    with pytest.raises(HeadError, match="not brighter than its air"):
        gain_of(replace(defaced, data=np.zeros(defaced.data.shape)), placed.affine, population.mean)


def test_the_mean_head_is_sharp_enough_to_be_one(population):
    mean = population.mean
    assert mean.max() > 1.0
    skin = signed_inside(mean)
    assert 2.5e6 < skin.sum() * 27 < 6e6, "mm3 of a head"


def signed_inside(mean):
    return mean > 0.4


def test_a_population_is_kept_whole_and_nothing_else_is_read(tmp_path, population):
    path = write_population(population, tmp_path / "new" / "people.npz")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    again = read_population(path)
    assert again.sha256 == population.sha256
    assert again.n_people == N_LEARNT
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(StoreError, match="cannot be read"):
        read_population(path)
    with pytest.raises(StoreError, match="cannot be read"):
        read_population(tmp_path / "none.npz")
    np.savez(tmp_path / "pickled.npz", version=np.array([{}], dtype=object))
    with pytest.raises(StoreError, match="cannot be read"):
        read_population(tmp_path / "pickled.npz")
    write_population(replace(population, band=population.band + 10**9), path)
    with pytest.raises(StoreError, match="of version"):
        read_population(path)


def test_a_population_hides_its_people(population):
    assert "biometric data" in repr(population)


def test_too_few_people_teach_nothing():
    with pytest.raises(UsageError, match="8 people or more, got 2"):
        learn_population([scan(0)[0]] * 2)
    empty = replace(scan(0)[0], data=np.zeros_like(scan(0)[0].data))
    with pytest.raises(HeadError, match="None of the 8"):
        learn_population([empty] * FEWEST)


def test_a_scan_that_cannot_be_read_costs_itself_alone():
    def refuse():
        raise VolumeError("The scan is a series of 3 frames.")

    scans = LazyScans([lambda: "one", refuse, lambda: "three"])
    assert list(_readable(scans)) == [(0, "one"), (2, "three")]
    with pytest.raises(HeadError, match="None of the 8 scans shows a head"):
        learn_population(LazyScans([refuse] * 8))


def test_scans_are_read_when_they_are_asked_for():
    asked = []

    def reader(k):
        def read():
            asked.append(k)
            return scan(k)[0]

        return read

    scans = LazyScans([reader(k) for k in range(4)])
    assert (len(scans), len(scans[:2]), asked) == (4, 2, [])
    assert scans[1] is scan(1)[0]
    assert [one is scan(k)[0] for k, one in enumerate(scans)] == [True] * 4
    assert asked == [1, 0, 1, 2, 3]


def test_a_head_without_skin_cannot_be_gone_by(population):
    original, defaced, region = attacked(0)
    skin = np.ones(original.data.shape, bool)
    skin[tuple(slice(n // 2 - 4, n // 2 + 4) for n in skin.shape)] = False
    with pytest.raises(HeadError, match=r"places of 3 mm are left|could not be registered|moved parts"):
        ShapeModel(population).reconstruct(defaced, replace(region, data=skin), np.random.default_rng(0))


def test_signed_distance_of_a_ball():
    import pyvista as pv

    mesh = pv.Icosphere(radius=60.0, center=(3.0, 5.0, 10.0), nsub=5)
    found = signed_distance(np.asarray(mesh.points), mesh.faces.reshape(-1, 4)[:, 1:])
    index = np.stack(np.meshgrid(*(np.arange(n) for n in found.shape), indexing="ij"), axis=-1)
    true = np.linalg.norm(index @ GRID[:3, :3].T + GRID[:3, 3] - (3.0, 5.0, 10.0), axis=-1) - 60.0
    assert np.abs(found - np.clip(true, -REACH, REACH)).max() < 0.4
    near = np.abs(true) < 6
    assert np.abs(found - true)[near].mean() < 0.08


def test_everybody_gets_the_face_of_somebody_else():
    given = partners(["a", "b", "c", "d", "b"], np.random.default_rng(2))
    assert sorted(given) == sorted(given.values()) == ["a", "b", "c", "d"]
    assert all(head != face for head, face in given.items())
    assert given == partners(["d", "c", "b", "a"], np.random.default_rng(2))
    with pytest.raises(UsageError, match="two people, got 1"):
        partners(["a"], np.random.default_rng(2))


def test_a_swapped_face_lies_where_the_face_was(population):
    original, defaced, region = attacked(0)
    other, other_defaced, other_region = attacked(1)
    here = prepare(defaced, region, population).placed.similar
    there = prepare(other_defaced, other_region, population).placed.similar
    made = with_face_of(defaced, region, other, here, there)
    assert np.array_equal(np.asarray(made.data)[~region.data], np.asarray(defaced.data)[~region.data])
    true = head_surface(original)
    found = surface_distance(true, head_surface(made), counted_skin(region, true.to_head)).mean
    assert 0.5 < found < 9.0, "another person's face, in its place"
    own = with_face_of(defaced, region, original, here, here)
    assert surface_distance(true, head_surface(own), counted_skin(region, true.to_head)).mean < 0.5


@pytest.mark.parametrize(("gain", "offset"), [(0.1, 0.0), (8.0, 0.0), (2.0, 300.0)])
def test_a_swapped_face_is_as_bright_as_the_scan_it_is_put_into(population, gain, offset):
    """Scanners differ by factors: a face that is darker than the noise would be no face, and the control too kind."""
    _, defaced, region = attacked(0)
    other, other_defaced, other_region = attacked(1)
    places = [prepare(*one, population).placed.similar for one in ((defaced, region), (other_defaced, other_region))]
    alike = np.asarray(with_face_of(defaced, region, other, *places).data, float)
    scaled = replace(other, data=np.asarray(other.data, np.float32) * gain + offset)
    made = np.asarray(with_face_of(defaced, region, scaled, *places).data, float)
    tissue = np.median(alike[region.data][alike[region.data] > np.percentile(alike[region.data], 70)])
    assert np.abs(made - alike).max() < 0.02 * tissue


def test_a_swapped_face_comes_from_the_same_kind_of_scan(population):
    _, defaced, region = attacked(0)
    with pytest.raises(UsageError, match="kind 'ct' does not belong in one of kind 'mri'"):
        with_face_of(defaced, region, replace(defaced, kind="ct"), np.eye(4), np.eye(4))


def test_what_is_filled_in_decides_alone_how_far_the_rest_is_trusted(population):
    _, defaced, region = attacked(0)
    found = prepare(defaced, region, population)
    places = altered_places(defaced, found, population)
    assert 0.1 < places.mean() < 0.5
    posterior = face_posterior(defaced, found, population)
    assert posterior.mean.shape == (places.sum(),)
    assert posterior.errors.shape == (N_LEARNT, places.sum())
    shape = rebuilt_shape(defaced, found, population)
    np.testing.assert_array_equal(shape[places], posterior.mean)
    own = shape_of(found.surface, found.placed).ravel()[population.band]
    np.testing.assert_array_equal(shape[~places], own[~places])
    elsewhere = np.where(places, shape, REACH)
    one, two = (fill_with_shape(defaced, found, population, field).data for field in (shape, elsewhere))
    np.testing.assert_array_equal(one, two, "no voxel is filled by another place")


def test_a_sample_depends_on_the_generator_and_the_mean_does_not(population):
    _, defaced, region = attacked(0)
    one, two = (
        learnt("shape-sample", population).reconstruct(defaced, region, np.random.default_rng(k)).data for k in (1, 2)
    )
    assert not np.array_equal(one, two)
    one, two = (AverageFace(population).reconstruct(defaced, region, np.random.default_rng(k)).data for k in (1, 2))
    assert np.array_equal(one, two)


def test_what_lies_outside_the_scan_is_filled():
    volume, _ = scan(0)
    moved = np.eye(4)
    moved[0, 3] = 1000.0
    assert (on_grid(np.asarray(volume.data), volume.affine, moved, fill=-5.0) == -5.0).all()
