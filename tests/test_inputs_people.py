"""Ages and sexes as people write them."""

from __future__ import annotations

import math

import pytest

from reid_audit.inputs.people import read_age, read_sex


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("34", 34),
        ("034Y", 34),
        ("89+", 89),
        (" 7.5 years", 7.5),
        ("6 months", 0.5),
        ("26w", 0.4983),
        (">89", 89),
        (41, 41),
    ],
)
def test_ages(text, age):
    assert read_age(text) == pytest.approx(age, abs=1e-3)


def test_missing_and_wrong_ages():
    assert math.isnan(read_age("n/a"))
    assert math.isnan(read_age(""))
    for wrong in ("old", "-3", "1e3", "200", "30-40"):
        with pytest.raises(ValueError, match="not an age"):
            read_age(wrong)


@pytest.mark.parametrize(
    ("text", "sex"),
    [
        ("F", "F"),
        ("female", "F"),
        ("Woman", "F"),
        ("m", "M"),
        ("MALE", "M"),
        ("other", "O"),
        ("", "n/a"),
        ("n/a", "n/a"),
    ],
)
def test_sexes(text, sex):
    assert read_sex(text) == sex


def test_a_number_is_no_sex():
    with pytest.raises(ValueError, match="not a sex"):
        read_sex("1")
