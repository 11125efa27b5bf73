"""People who do not exist: seeds, populations, how much of the face the head gives away, sessions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from reid_audit.anatomy import REGIONS, load_head_model
from reid_audit.errors import SettingsError
from reid_audit.phantom.identity import head_mesh, sample_identities, sample_session_change
from reid_audit.phantom.predictability import deal_faces, measure_ceiling, measure_predictable_share


def people(n=5, seed=3, **settings):
    return sample_identities(n, np.random.default_rng(seed), **settings)


def test_seed_decides():
    one, same, other = (head_mesh(people(seed=seed)[2]).points for seed in (3, 3, 4))
    assert np.array_equal(one, same)
    assert np.abs(one - other).max() > 2


def test_labels_ages_and_sexes():
    drawn = people(40, ages=(30, 35))
    assert [p.label for p in drawn[:2]] == ["001", "002"]
    assert all(30 <= p.age <= 35 for p in drawn)
    assert {p.sex for p in drawn} == {"F", "M"}
    assert all(p.face_build.female > 0.5 for p in drawn if p.sex == "F")
    assert [p.label for p in people(2, labels=("a", "b"))] == ["a", "b"]


@pytest.mark.parametrize(
    "settings",
    [{"labels": ("a",)}, {"population": "both"}, {"predictable_share": 0.99}, {"ages": (50, 20)}, {"spread": -0.1}],
)
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(SettingsError):
        people(**settings)


def test_populations_vary_in_complementary_directions():
    withheld = load_head_model().withheld
    for population, still in (("main", withheld), ("withheld", ~withheld)):
        drawn = people(6, population=population)
        for part in ("face", "rest"):
            used = np.stack([getattr(p, part) for p in drawn])
            assert not used[:, still].any()
            assert used[:, ~still].all(axis=0).all()


def test_sides_are_nearly_alike():
    names = load_head_model().shape_names
    left = [k for k, name in enumerate(names) if name.startswith("l-") and not load_head_model().withheld[k]]
    right = [names.index("r-" + names[k][2:]) for k in left]
    drawn = np.stack([p.face for p in people(200)])
    correlation = [np.corrcoef(drawn[:, a], drawn[:, b])[0, 1] for a, b in zip(left, right, strict=True)]
    assert min(correlation) > 0.9
    assert max(correlation) < 0.99


@pytest.mark.parametrize(("population", "share"), [("main", 0.2), ("main", 0.35), ("main", 0.5), ("withheld", 0.35)])
def test_predictable_share_is_what_was_asked_for(population, share):
    rng = np.random.default_rng([517, int(100 * share)])
    measured = measure_predictable_share(560, rng, population=population, predictable_share=share)
    assert abs(measured - share) < 0.06


def test_predictable_share_of_shuffled_faces_is_none():
    drawn = people(80, predictable_share=0.8)
    rng = np.random.default_rng(1)
    assert measure_predictable_share(deal_faces(drawn, rng), rng) < 0.15
    assert measure_predictable_share(drawn, rng) > 0.4


def test_where_heads_lie_and_how_large_they_are_is_no_part_of_the_ceiling(monkeypatch):
    """Attackers lay heads by what is not face: what turns, moves or sizes a whole head tells them nothing."""
    drawn = people(24, seed=101, predictable_share=0.5)
    still = measure_ceiling(drawn, np.random.default_rng(1))
    shake = np.random.default_rng(2)

    def moved(person):
        mesh = head_mesh(person)
        turn = Rotation.from_rotvec(shake.normal(0, 0.2, 3)).as_matrix()
        points = np.exp(shake.normal(0, 0.1)) * mesh.points @ turn + shake.normal(0, 20, 3)
        return replace(mesh, points=points)

    monkeypatch.setattr("reid_audit.phantom.predictability.head_mesh", moved)
    assert measure_ceiling(drawn, np.random.default_rng(1)) == pytest.approx(still, abs=1e-4)


def test_with_few_people_the_ceiling_is_no_overfitting():
    """Sixty fitted: at the penalty of the calibration regression is worse than the mean face."""
    drawn = people(90, seed=202, predictable_share=0.2)
    rng = np.random.default_rng(1)
    assert measure_predictable_share(drawn, rng, held_out=1 / 3) < 0.0
    assert 0.15 < measure_ceiling(drawn, rng, held_out=1 / 3) < 0.5


def test_dealt_faces_are_everybody_s_and_nobody_s_own():
    drawn = people(12, seed=101, predictable_share=0.8)
    dealt = deal_faces(drawn, np.random.default_rng(2))
    faces = [person.face.tobytes() for person in drawn]
    assert sorted(person.face.tobytes() for person in dealt) == sorted(faces)
    assert all(one.face.tobytes() != face for one, face in zip(dealt, faces, strict=True))
    assert all(np.array_equal(one.rest, own.rest) for one, own in zip(dealt, drawn, strict=True))


@pytest.mark.parametrize("measure", [measure_predictable_share, measure_ceiling])
def test_too_few_people_are_refused(measure):
    with pytest.raises(SettingsError, match="8 people"):
        measure(people(5), np.random.default_rng(0))


def test_eyeballs_stay_behind_the_lids():
    model = load_head_model()
    for person in people(4, population="withheld", seed=8):
        mesh = head_mesh(person, expression={"blink": 1.0})
        at = model.landmarks_of(mesh.points)
        for side in ("left", "right"):
            radius = np.linalg.norm(at[f"{side}_eye"] - at[f"{side}_eyeball"])
            away = np.linalg.norm(mesh.points[model.near_eye[side]] - at[f"{side}_eyeball"], axis=1)
            assert away.min() > radius


def test_seam_between_face_and_head_is_smooth():
    """No edge in the seam turns or stretches far more than the same edge does where face and rest agree."""
    model = load_head_model()
    seam = (model.face > 0.02) & (model.face < 0.98) & (model.labels != REGIONS["eyes"])
    edges = np.concatenate([model.triangles[:, [0, 1]], model.triangles[:, [1, 2]]])
    edges = edges[seam[edges].any(axis=1)]
    for person in people(6, predictable_share=0.2):
        joined = replace(person, rest=person.face, rest_build=person.face_build)
        lengths = [np.linalg.norm(np.diff(head_mesh(p).points[edges], axis=1)[:, 0], axis=1) for p in (person, joined)]
        ratio = lengths[0] / lengths[1]
        assert ratio.min() > 0.5
        assert ratio.max() < 2.0


def test_expression_moves_the_face_only():
    person = people(1)[0]
    moved = np.abs(head_mesh(person, expression={"smile": 1.0}).points - head_mesh(person).points).max(axis=1)
    assert moved.max() > 3
    assert moved[head_mesh(person).labels == REGIONS["ears"]].max() < 1


def test_unknown_expression_is_refused():
    with pytest.raises(SettingsError, match="grin"):
        head_mesh(people(1)[0], expression={"grin": 1.0})


def test_newborn_is_smaller_than_adult():
    baby, grown = (people(1, ages=(age, age))[0] for age in (0, 40))
    sizes = [np.ptp(head_mesh(p).points, axis=0) for p in (baby, grown)]
    assert (sizes[0] < 0.75 * sizes[1]).all()


def test_session_changes_a_person_less_than_people_differ():
    model = load_head_model()
    rng = np.random.default_rng(6)
    drawn = people(12)
    usual = np.stack([head_mesh(p).points for p in drawn])
    again = np.stack([head_mesh(p, session=sample_session_change(rng)).points for p in drawn])
    face = model.face > 0.5
    within = np.linalg.norm(usual - again, axis=2)[:, face].mean()
    between = np.linalg.norm(usual - np.roll(usual, 1, axis=0), axis=2)[:, face].mean()
    assert 0.05 < within < 0.25 * between


def test_repr_shows_no_shape():
    person = people(1)[0]
    assert "array" not in repr(person) + repr(head_mesh(person))
