from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from attackers_making import cohort_of, everyone, run

from reid_audit.attackers import LOCAL_FEATURES, attack_by_keypoints
from reid_audit.attackers.samples import equally_many
from reid_audit.errors import UsageError
from reid_audit.evaluate import evaluate
from reid_audit.keypoints import KINDS, label_keypoints, no_keypoints

PER_PICTURE = 12


def marks(person: int, kind: str, moved: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Keypoints that nobody else has, all moved by some pixels."""
    rng = np.random.default_rng(person)
    points = rng.uniform(0, 400, (PER_PICTURE, 2)) + moved
    return points, rng.integers(0, 256, (PER_PICTURE, KINDS[kind]))


def made(rows, kind="orb", *, bare=()):
    """Keypoints of pictures given as (person, source, session, condition), one row each."""
    table = pd.DataFrame(rows, columns=["subject", "source", "session", "condition"])
    table["sample"] = ["_".join(row) for row in rows]
    counts = [0 if name in bare else PER_PICTURE for name in table["sample"]]
    sides = [marks(int(row[0]), kind, i) for i, row in enumerate(rows) if counts[i]]
    return label_keypoints(kind, table, counts, *(np.concatenate(part) for part in zip(*sides, strict=True)))


def scans(people="0123", sessions="a", conditions=("original",)):
    return list(itertools.product(people, ["scan"], sessions, conditions))


def photos(people="0123"):
    return [(person, "photo", "", "") for person in people]


def attacked(keypoints, **choices):
    return attack_by_keypoints([keypoints], np.random.default_rng(0), **choices)


def test_every_photo_is_searched_in_every_person_of_each_condition_by_each_kind():
    rows = [*photos("0125"), *scans("0123", "ab", ("zero", "original"))]
    tables = attack_by_keypoints([made(rows, kind) for kind in KINDS], np.random.default_rng(0))
    assert [(t.matcher, t.condition) for t in tables] == list(itertools.product(KINDS, ("original", "zero")))
    for table in tables:
        assert (table.attacker, table.embedder, table.relation) == (LOCAL_FEATURES, "", "")
        assert table.references["subject"].tolist() == table.references["sample"].tolist() == list("0123")
        assert table.references["n_templates"].tolist() == [2] * 4
        assert table.probes["sample"].tolist() == [f"{person}_photo__" for person in "0125"]
        assert table.compared.all()
        expected = np.where(table.mated, PER_PICTURE, 0)
        np.testing.assert_array_equal(table.scores, expected)


def test_a_picture_without_keypoints_is_a_failure_and_nothing_in_common_a_score():
    (table,) = attacked(made([*photos(), *scans()], bare=("1_photo__", "2_scan_a_original")))
    assert table.probes["n_templates"].tolist() == [1, 0, 1, 1]
    assert table.references["n_templates"].tolist() == [1, 1, 0, 1]
    assert np.isnan(table.scores[1]).all()
    assert np.isnan(table.scores[:, 2]).all()
    assert table.scores[0].tolist()[:2] == [PER_PICTURE, 0]
    found = {(r.metric, r.k): r for r in evaluate(table, rng=np.random.default_rng(1), resamples=100)}
    assert found["rank", 1].value == pytest.approx(0.5), "two of four are found, two have failed"
    assert found["rank", 1].n_subjects == 4
    assert found["failure_to_acquire_rate", None].value == pytest.approx(0.25)
    assert found["failure_to_enrol_rate", None].value == pytest.approx(0.25)


def test_where_nothing_agrees_ties_give_chance():
    asked, known = made(photos()), made([(str(int(p) + 10), *rest) for p, *rest in scans()])
    strangers = known.table.assign(subject=list("0123"))
    together = label_keypoints(
        "orb",
        pd.concat([asked.table, strangers], ignore_index=True),
        [PER_PICTURE] * 8,
        np.concatenate([asked.points, known.points]),
        np.concatenate([asked.descriptors, known.descriptors]),
    )
    (table,) = attacked(together)
    assert not table.scores.any()
    found = {(r.metric, r.k): r for r in evaluate(table, rng=np.random.default_rng(1), resamples=100)}
    assert found["rank", 1].value == pytest.approx(found["rank", 1].chance) == pytest.approx(0.25)
    assert found["auc", None].value == pytest.approx(0.5)


def test_people_with_more_scans_are_searched_with_one():
    (table,) = attacked(made([*photos(), *scans("0", "abc"), *scans("123")]))
    assert table.references["n_templates"].tolist() == [1] * 4


def test_scans_are_drawn_as_for_templates():
    table = cohort_of([*everyone("01", "abc", ("original",)), *everyone("23", "a", ("original",))], views=2).table
    kept = equally_many(table, np.random.default_rng(3))
    assert table[kept].groupby("subject")["sample"].nunique().tolist() == [1] * 4
    assert kept.sum() == 8
    assert equally_many(table[table["subject"] > "1"], np.random.default_rng(3)).all()


def test_without_scans_or_photos_there_is_no_table():
    assert attacked(made(photos())) == ()
    assert attacked(made(scans())) == ()
    assert attack_by_keypoints([], np.random.default_rng(0)) == ()


def test_all_scans_lost_is_a_table_of_failures():
    asked = made(photos())
    gone = no_keypoints("orb", made(scans()).table.drop(columns=["detected", "reason"]), "lost")
    table = pd.concat([asked.table, gone.table], ignore_index=True)
    (found,) = attacked(label_keypoints("orb", table, [PER_PICTURE] * 4 + [0] * 4, asked.points, asked.descriptors))
    assert np.isnan(found.scores).all()
    assert found.compared.all()


def test_templates_are_not_what_it_works_on():
    with pytest.raises(UsageError, match="keypoints"):
        run(LOCAL_FEATURES, cohort_of(everyone()))
