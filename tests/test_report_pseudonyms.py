"""Pseudonyms tell nothing about the labels, and free text is scrubbed of them."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_samples import LABELS, cohort, findings

from reid_audit.report.document import document
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


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("'/data/anna schmidt/x y/face.onnx' is no model", "'(path withheld)' is no model"),
        ("model onnx:/data/anna/face.onnx", "model onnx:(path withheld)"),
        ("see file:///data/anna/x", "see (path withheld)"),
        ("scheduler tcp://10.1.2.3:8786 is gone", "scheduler (path withheld) is gone"),
        ("see https://doi.org/10.1/x and 3/4", "see https://doi.org/10.1/x and 3/4"),
        ("'a' and/or 'b'", "'a' and/or 'b'"),
    ],
)
def test_paths_go_and_addresses_of_pages_stay(text, kept) -> None:
    assert draw_pseudonyms(findings(), key=KEY).scrub(text) == kept


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


WORDS = ("chance", "face", "people", "scan")
"""Labels that are words of the report as well."""


def spoken(words: tuple[str, ...] = WORDS):
    """Return findings in which labels and file names are ordinary words."""
    who = cohort()
    labels = dict(zip(LABELS, words, strict=False))
    scans = who.scans.assign(subject=who.scans["subject"].replace(labels))
    files = ("interval", "original", "empty") if words else ()
    scans["path"] = [f"/data/{name}.nii.gz" for name in files] + list(scans["path"])[len(files) :]
    who = replace(who, scans=scans, photos=who.photos.iloc[:0])
    return findings(cohort=who, scores=(), failures=(), surfaces=scans)


def test_the_reports_own_sentences_do_not_lose_words_that_are_labels() -> None:
    garbled, plainly = (document(found, draw_pseudonyms(found, key=KEY)) for found in (spoken(), spoken(())))
    for key in ("verdict", "limits", "not_assessed"):
        assert garbled[key] == plainly[key]
    assert "includes chance" in json.dumps(garbled["verdict"])


def test_a_word_of_a_message_stays_where_it_is_a_label() -> None:
    names = draw_pseudonyms(spoken(), key=KEY)
    for text in ("The scan's file is empty.", "No face was found, no better than chance.", "the people's 'zero' scan"):
        assert names.scrub(text) == text
    assert names.scrub("no scan has the condition 'original'") == "no scan has the condition 'original'"


@pytest.mark.parametrize(
    "text",
    [
        "'chance' is no label",
        'of "the chance" here',
        "sub-chance is lost",
        "chance_T1w is lost",
        "raw/chance is lost",
        "chance/anat is lost",
        "chance.nii is lost",
    ],
)
def test_a_word_that_is_a_label_goes_where_it_names_something(text: str) -> None:
    names = draw_pseudonyms(spoken(), key=KEY)
    assert names.scrub(text) == text.replace("sub-chance", "chance").replace("chance", names.people["chance"])


def test_a_file_named_by_a_word_goes_with_its_extension_and_in_quotes() -> None:
    names = draw_pseudonyms(spoken(), key=KEY)
    text = names.scrub("empty.nii.gz and original.nii.gz: 'empty' of /data/empty.nii.gz is empty.")
    name = names.secrets["empty.nii.gz"]
    assert text == f"{name} and {names.secrets['original.nii.gz']}: '{name}' of {name} is empty."


@pytest.mark.parametrize("label", ["Chance", "chance2", "chan-ce", "chan_ce", "häns", "chan ce"])
def test_a_label_that_is_no_ordinary_word_goes_everywhere(label: str) -> None:
    who = cohort()
    scans = who.scans.assign(subject=who.scans["subject"].replace({LABELS[0]: label}))
    found = findings(cohort=replace(who, scans=scans, photos=who.photos.iloc[:0], name=f"of {label}"), scores=())
    found = replace(found, failures=(), surfaces=scans)
    names = draw_pseudonyms(found, key=KEY)
    assert names.scrub(f"it is {label} here") == f"it is {names.people[label]} here"
    assert document(found, names)["cohort"]["name"] == f"of {names.people[label]}"


def test_the_cohorts_name_is_no_sentence() -> None:
    found = spoken()
    named = replace(found, cohort=replace(found.cohort, name="chance"))
    names = draw_pseudonyms(named, key=KEY)
    assert document(named, names)["cohort"]["name"] == names.people["chance"]


def test_notes_settings_and_provenance_are_scrubbed() -> None:
    label = LABELS[0]
    found = findings(settings={"given": [f"sub-{label}"]}, provenance={"seed": 5, "of": {"file": f"{label}.txt"}})
    found = replace(found, cohort=replace(found.cohort, notes=(f"'{label}' twice",)))
    names = draw_pseudonyms(found)
    written = document(found, names)
    assert written["settings"]["given"] == [names.people[label]]
    assert written["provenance"]["of"]["file"] == f"{names.people[label]}.txt"
    assert written["cohort"]["notes"] == [f"'{names.people[label]}' twice"]
