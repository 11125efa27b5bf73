"""Biometric information: closed form, shuffled people, and what cannot be had."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from reid_audit.evaluate import biometric_information
from reid_audit.statistics import principal_scores, relative_entropies
from reid_audit.types import Templates


def people(rng, *, count=24, views=20, dimension=6, between=3.0, condition="original", source="scan"):
    """Templates around a mean a person; ``between`` is the variance of these means, 1 that of templates."""
    means = rng.normal(size=(count, dimension)) * np.sqrt(between)
    vectors = np.repeat(means, views, axis=0) + rng.normal(size=(count * views, dimension))
    subject = np.repeat([f"s{i:02}" for i in range(count)], views)
    made = pd.DataFrame({"subject": subject, "sample": [f"{name}_{condition}" for name in subject]})
    made = made.assign(session="1", condition=condition, modality="T1w", source=source, detected=True, reason="")
    made["yaw"] = np.tile(np.arange(views, dtype=float), count)
    made = made.assign(pitch=0.0, light_azimuth=0.0, light_elevation=0.0)
    return Templates(made, vectors, "dlib")


def joined(*parts):
    return Templates(pd.concat([p.table for p in parts], ignore_index=True), np.vstack([p.vectors for p in parts]), "d")


def information(templates, seed=1, **more):
    return biometric_information(templates, rng=np.random.default_rng(seed), **more)


def test_gaussian_people_have_the_closed_form(rng):
    vectors, person = np.zeros((0, 2)), np.repeat(np.arange(800), 30)
    means = rng.normal(size=(800, 2)) * np.sqrt([8.0, 1.0])
    vectors = means[person] + rng.normal(size=(len(person), 2))
    bits = relative_entropies(principal_scores(vectors, np.ones(len(person)), 799), person)
    assert bits.mean() == pytest.approx((np.log2(9) + np.log2(2)) / 2, abs=0.15)


def test_more_differences_between_people_are_more_bits_and_none_are_what_shuffling_gives(rng):
    found = [information(people(rng, between=between))[0] for between in (0.0, 1.0, 8.0)]
    assert found[0].value < found[1].value < found[2].value
    assert found[0].value == pytest.approx(found[0].control, abs=0.15)
    assert found[2].value > 3 * found[2].control
    assert all(each.low < each.value < each.high for each in found)


def test_few_templates_a_person_give_bits_for_nothing(rng):
    few, many = (information(people(rng, views=views, between=0.0))[0] for views in (2, 60))
    assert few.control > 5 * many.control > 0
    assert few.value == pytest.approx(few.control, rel=0.5)


def test_unit_origin_and_rotation_of_templates_are_of_no_account(rng):
    made = people(rng)
    axes = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    turned = Templates(made.table, made.vectors @ axes * 7 + 3, "dlib")
    assert information(turned)[0].value == pytest.approx(information(made)[0].value, rel=1e-3)


def test_the_order_of_rows_changes_nothing(rng):
    made = people(rng)
    before, after = information(made)[0], information(made.select(rng.permutation(len(made.table))))[0]
    assert after == before


def test_conditions_apart_original_first_and_photographs_left_out(rng):
    made = joined(people(rng, condition="zero"), people(rng), people(rng, condition="photo", source="photo"))
    found = information(made)
    assert [each.condition for each in found] == ["original", "zero"]
    assert all((each.metric, each.attacker, each.n_subjects) == ("biometric_information", None, 24) for each in found)
    assert "one scan a person" in found[0].note


def test_renders_without_template_are_left_out_and_counted(rng):
    made = people(rng)
    vectors = made.vectors.copy()
    vectors[::4] = np.nan
    found = information(Templates(made.table, vectors, "dlib"))[0]
    assert "120 of 480 renders have no template" in found.note
    assert found.n_probes == 360


@pytest.mark.parametrize(
    ("change", "statement"),
    [
        (lambda made: made.select(made.table["subject"] == "s00"), "at least 3 people"),
        (lambda made: made.select(made.table["yaw"] == 0), "nobody has two templates"),
        (lambda made: Templates(made.table, np.full_like(made.vectors, np.nan), "dlib"), "there are 0"),
        (
            lambda made: Templates(made.table, np.ones_like(made.vectors), "dlib"),
            "nobody has two templates that differ",
        ),
    ],
)
def test_what_cannot_be_had_says_why(rng, change, statement):
    found = information(change(people(rng)))
    assert [each.value for each in found] == [None]
    assert statement in found[0].note


def test_identical_renders_of_each_person_have_no_spread(rng):
    made = people(rng)
    vectors = np.repeat(made.vectors[::20], 20, axis=0)
    found = information(Templates(made.table, vectors, "dlib"))[0]
    assert found.value is None


def test_nothing_gives_nothing(rng):
    assert information(None) == ()
    assert information(people(rng, source="photo")) == ()


def test_the_interval_holds_what_such_studies_give_where_dimensions_outnumber_people(rng):
    """A resample of people against a population that stays held it in one study of eight (decision 0006)."""
    studies = [information(people(rng, count=10, views=4, dimension=30, between=9.0), seed=k)[0] for k in range(40)]
    typical = np.mean([each.value for each in studies])
    held = sum(each.low <= typical <= each.high for each in studies)
    assert held >= 34, held
    assert "10 parts of the people left out in turn" in studies[0].note


def test_many_people_are_left_out_in_parts(rng):
    found = information(people(rng, count=60, views=3))[0]
    assert "25 parts of the people left out in turn" in found.note
    assert 0 < found.low < found.value < found.high
