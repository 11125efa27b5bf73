"""Pseudonyms tell nothing about the labels, and free text is scrubbed of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from report_samples import LABELS, cohort, findings

from reid_audit.report.pseudonyms import draw_pseudonyms

KEY = bytes(range(32))


def test_everyone_has_one_of_their_own() -> None:
    names = draw_pseudonyms(findings(), key=KEY)
    assert sorted(names.people) == sorted(LABELS)
    assert len(set(names.people.values())) == len(LABELS)
    assert len(set(names.samples.values())) == len(names.samples)


def test_the_order_says_nothing_about_the_alphabet() -> None:
    ranks = [
        [int(draw_pseudonyms(findings(), key=bytes([i]) * 32).people[label][1:]) for label in sorted(LABELS)]
        for i in range(20)
    ]
    correlations = [np.corrcoef(row, np.arange(16))[0, 1] for row in ranks]
    assert abs(float(np.mean(correlations))) < 0.2
    assert max(correlations) < 0.9


def test_without_the_key_the_order_cannot_be_drawn_again() -> None:
    assert draw_pseudonyms(findings(), key=KEY).people != draw_pseudonyms(findings(), key=KEY[::-1]).people
    assert draw_pseudonyms(findings(), key=KEY).people == draw_pseudonyms(findings(), key=KEY).people


def test_phantoms_take_the_order_from_the_seed() -> None:
    again = {"seed": 5}
    assert draw_pseudonyms(findings()).people == draw_pseudonyms(findings(provenance=again)).people
    assert draw_pseudonyms(findings()).people != draw_pseudonyms(findings(provenance={"seed": 6})).people


def test_a_pseudonym_is_never_somebodys_label() -> None:
    who = cohort()
    labels = {label: f"P{number:03d}" for number, label in enumerate(LABELS)}
    who = replace(who, scans=who.scans.assign(subject=who.scans["subject"].map(labels)), photos=who.photos.iloc[:0])
    names = draw_pseudonyms(findings(cohort=who, scores=(), failures=(), surfaces=who.scans), key=KEY)
    assert not set(names.people) & set(names.people.values())


def test_free_text_loses_labels_files_and_paths() -> None:
    names = draw_pseudonyms(findings(), key=KEY)
    label = LABELS[3]
    text = names.scrub(
        f"sub-{label}_ses-20190312_zero in /data/clinic/sub-{label}/x.nii.gz of {label} (see ../a/b): 26 of 180"
    )
    assert label not in text
    assert "20190312" not in text
    assert "clinic" not in text
    assert names.people[label] in text
    assert "26 of 180" in text


def test_numbers_survive_where_labels_are_numbers() -> None:
    who = cohort()
    labels = {label: f"{number:02d}" for number, label in enumerate(LABELS, start=20)}
    who = replace(who, scans=who.scans.assign(subject=who.scans["subject"].map(labels)), photos=who.photos.iloc[:0])
    names = draw_pseudonyms(findings(cohort=who, scores=(), failures=(), surfaces=who.scans), key=KEY)
    assert names.scrub("shape 26 x 30; sub-26 lost") == f"shape 26 x 30; {names.people['26']} lost"


@given(st.sampled_from(LABELS), st.text("abc/._- :'", max_size=12), st.text("xyz/._- :'", max_size=12))
def test_no_label_survives_between_separators(label: str, before: str, after: str) -> None:
    names = draw_pseudonyms(findings(), key=KEY)
    text = f"{before} {label}_{after}"
    assert label not in names.scrub(text)
