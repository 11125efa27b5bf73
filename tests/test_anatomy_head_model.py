"""The head model: what the file holds, that its surface is closed, and that its people have human sizes."""

from __future__ import annotations

from importlib import resources

import numpy as np
import pytest

from reid_audit.anatomy import REGIONS, load_head_model
from reid_audit.errors import SettingsError


@pytest.fixture(scope="module")
def model():
    return load_head_model()


def pieces(triangles, size):
    label = np.arange(size)
    pairs = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    while True:
        lower = label.copy()
        np.minimum.at(lower, pairs[:, 0], label[pairs[:, 1]])
        np.minimum.at(lower, pairs[:, 1], label[pairs[:, 0]])
        if np.array_equal(lower, label):
            return label
        label = lower


def volume(points, triangles):
    a, b, c = (points[triangles[:, k]].astype(float) for k in range(3))
    return np.einsum("ij,ij->", a, np.cross(b, c)) / 6


def adult(model, **changes):
    return model.phenotype(**{"age": 40, "female": 0.5, "weight": 0.5, "ancestry": (1, 1, 1), **changes})


def test_file_is_small_free_and_without_pickle():
    path = resources.files("reid_audit.anatomy") / "head_model.npz"
    assert len(path.read_bytes()) <= 3_000_000
    with path.open("rb") as file, np.load(file, allow_pickle=False) as store:
        assert store["licence"].item() == "CC0-1.0"
        assert "MakeHuman" in store["origin"].item()
        assert all(store[name].dtype != object for name in store.files)


def test_loads_once_and_read_only(model):
    assert load_head_model() is model
    with pytest.raises(ValueError, match="read-only"):
        model.mean[0, 0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        model.shapes[0, 0, 0] = 1.0


def test_every_edge_joins_two_triangles_that_agree(model):
    t = model.triangles
    directed = np.concatenate([t[:, [0, 1]], t[:, [1, 2]], t[:, [2, 0]]])
    assert len(np.unique(directed, axis=0)) == len(directed)
    assert {tuple(e) for e in directed} == {tuple(e[::-1]) for e in directed}


def test_skin_and_two_eyeballs_point_outwards(model):
    label = pieces(model.triangles, len(model.mean))
    volumes = [
        volume(model.mean, model.triangles[label[model.triangles[:, 0]] == piece]) / 1e3 for piece in np.unique(label)
    ]
    assert len(volumes) == 3
    assert 3000 < max(volumes) < 6000  # cm³ of a head with a stump of neck
    assert all(5 < v < 25 for v in sorted(volumes)[:2])


def test_landmarks_lie_on_their_sides(model):
    at = model.landmarks
    for name in ("eye", "tragion", "eyeball"):
        assert at[f"left_{name}"][0] < -20 < 20 < at[f"right_{name}"][0]
    assert at["mouth_left"][0] < -10 < 10 < at["mouth_right"][0]
    assert np.allclose((at["left_tragion"] + at["right_tragion"]) / 2, 0, atol=0.01)
    heights = [at[name][2] for name in ("gnathion", "mouth_left", "pronasale", "nasion", "forehead")]
    assert heights == sorted(heights)
    assert at["pronasale"][1] == max(point[1] for point in at.values())
    for name in ("nasion", "pronasale", "gnathion", "forehead"):
        assert abs(at[name][0]) < 0.01


def test_landmarks_follow_the_head(model):
    moved = model.landmarks_of(model.mean * 2 + np.float32(3))
    for name, point in model.landmarks.items():
        assert np.allclose(moved[name], 2 * point + 3, atol=1e-3)


def test_regions_cover_the_head(model):
    assert set(REGIONS.values()) == set(np.unique(model.labels))
    assert dict(zip(model.arrays["region_names"], model.arrays["region_codes"], strict=True)) == REGIONS
    centre = {name: model.mean[model.labels == code].mean(axis=0) for name, code in REGIONS.items()}
    assert centre["brows"][2] > centre["eyes"][2] > centre["nose"][2] > centre["lips"][2] > centre["neck"][2]


def test_face_weight_is_one_in_front_and_zero_behind(model):
    assert model.face[model.labels == REGIONS["ears"]].max() == 0
    assert model.face[model.labels == REGIONS["nose"]].min() == 1
    assert model.face[model.mean[:, 1] < 0].max() == 0
    assert ((model.face > 0) & (model.face < 1)).sum() > 100


def test_mirror_swaps_the_sides(model):
    assert np.array_equal(model.mirror[model.mirror], np.arange(len(model.mean)))
    assert np.abs(model.mean[model.mirror] * [-1, 1, 1] - model.mean).max() < 0.2


def test_both_sides_of_a_direction_go_to_the_same_population(model):
    withheld = dict(zip(model.shape_names, model.withheld, strict=True))
    assert 0.3 < np.mean(model.withheld) < 0.7
    for name in model.shape_names:
        if name.startswith("l-"):
            assert withheld[name] == withheld[f"r-{name[2:]}"]
        if name.endswith("-opposite"):
            assert withheld[name] == withheld[name.removesuffix("-opposite")]


@pytest.mark.parametrize(
    ("name", "aim"), [("blink", (30, 80, 22)), ("smile", (25, 80, -50)), ("jaw", (0, 80, -80)), ("brows", (35, 80, 40))]
)
def test_expressions_move_their_part_of_the_face_only(model, name, aim):
    moved = np.linalg.norm(model.expressions[model.expression_names.index(name)], axis=1)
    assert moved[model.labels == REGIONS["ears"]].max() < 0.5
    assert moved[model.mean[:, 1] < 8].max() == 0
    x, y, z = model.mean[moved.argmax()]
    assert np.linalg.norm(np.subtract((abs(x), y, z), aim)) < 30
    assert moved.max() > 4


@pytest.mark.parametrize(("age", "low", "high"), [(0, 330, 360), (1, 435, 470), (10, 510, 545), (40, 540, 590)])
def test_head_grows_to_human_size(model, age, low, high):
    from scipy.spatial import ConvexHull

    points = adult(model, age=age)
    keep = model.labels != REGIONS["ears"]
    above = points[keep & (points[:, 2] > model.landmarks_of(points)["nasion"][2])]
    girth = ConvexHull(above[:, :2].astype(float)).area  # the length around, in the plane
    assert low < girth < high


def test_adult_has_usual_proportions(model):
    at = model.landmarks
    assert 58 < at["right_eye"][0] - at["left_eye"][0] < 70
    assert 105 < np.linalg.norm(at["nasion"] - at["gnathion"]) < 128
    assert 120 < model.mean[:, 2].max() < 145


def test_sexes_ancestries_and_weights_differ(model):
    base = adult(model)
    for change in ({"female": 0.0}, {"weight": 1.0}, {"ancestry": (1, 0, 0)}, {"age": 80}):
        assert np.linalg.norm(adult(model, **change) - base, axis=1).max() > 2


@pytest.mark.parametrize("shares", [(0, 0, 0), (1, -1, 1), (1, 1), (np.nan, 1, 1)])
def test_shares_that_are_none_are_refused(model, shares):
    with pytest.raises(SettingsError, match="three shares"):
        adult(model, ancestry=shares)


def test_mean_is_the_model_at_its_middle(model):
    assert np.abs(adult(model) - model.mean).max() < 0.02
