"""What write_report leaves on disk, and what it must never leave there."""

from __future__ import annotations

import base64
import csv
import hashlib
import itertools
import json
import math
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from report_samples import CONDITIONS, LABELS, findings, results

from reid_audit.errors import DiskFullError
from reid_audit.report import PHANTOM_NOTICE, RESULT_KEYS, write_report

KEYS = [
    *("attacker", "matcher", "embedder", "condition", "metric", "k", "value", "low", "high", "confidence"),
    *("n_subjects", "n_probes", "chance", "control", "relation", "note", "group"),
]
PICTURE = (np.add.outer(np.arange(60), np.arange(90)) * 7 % 251).astype(np.uint8)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(findings(phantom=False, pictures={"original": PICTURE}), tmp_path_factory.mktemp("real")).parent


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pictures = dict.fromkeys(CONDITIONS, PICTURE)
    return write_report(findings(pictures=pictures), tmp_path_factory.mktemp("phantoms")).parent


def shared_files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and "private" not in path.parts]


def load(folder: Path) -> dict:
    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    return json.loads((folder / "report.json").read_text(), parse_constant=refuse)


class Page(HTMLParser):
    """Tags with their attributes, and the text."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed((folder / "report.html").read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.cdata_elem != "script":
            self.words.append(data)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


def test_a_result_in_json_has_exactly_the_agreed_keys_in_order(real: Path) -> None:
    content = load(real)
    assert content["schema_version"] == "1.4"
    assert len(content["results"]) == len(results())
    assert all(list(row) == KEYS for row in content["results"])
    assert list(RESULT_KEYS) == KEYS


def test_json_holds_the_numbers_as_they_came(real: Path) -> None:
    row = next(
        row
        for row in load(real)["results"]
        if (row["attacker"], row["condition"], row["metric"], row["k"]) == ("photo-nearest", "original", "rank", 1)
    )
    assert row["value"] == 13 / 16
    assert (row["low"], row["high"], row["confidence"]) == (0.5435, 0.9595, 0.95)
    assert (row["n_subjects"], row["n_probes"], row["chance"], row["control"]) == (16, 32, 1 / 16, 0.07)


def test_nan_becomes_null(tmp_path: Path) -> None:
    bad = tuple(result.__class__(**{**vars(result), "value": math.nan, "high": math.inf}) for result in results())
    write_report(findings(results=bad, scores=(), detection=pd.DataFrame()), tmp_path)
    assert {row["value"] for row in load(tmp_path)["results"]} == {None}


def test_json_has_what_the_officer_and_the_engineer_need(real: Path) -> None:
    content = load(real)
    assert {"failures", "settings", "provenance", "models", "attackers", "cohort", "verdict", "not_assessed"} <= set(
        content
    )
    assert content["cohort"]["n_people"] == 16
    assert content["cohort"]["scans_per_condition"] == dict.fromkeys(CONDITIONS, 16)
    assert content["models"][1]["licence"] == "CC0-1.0"
    assert content["complete"] is False


def test_no_original_identifier_in_anything_shared(real: Path) -> None:
    files = shared_files(real)
    assert len(files) == 16
    secrets = [*LABELS, "clinic", "20190312", "Northgate", "photo-"]
    for path in files:
        if path.suffix == ".parquet":
            content = pd.read_parquet(path).to_csv().encode() + path.read_bytes()
        else:
            content = path.read_bytes()
        found = [
            secret
            for secret in secrets
            if secret.encode() in content.replace(b"photo-nearest", b"").replace(b"photo-set", b"")
        ]
        assert not found, f"{path.name} holds {found}"


def test_the_key_is_private_and_opens_every_pseudonym(real: Path) -> None:
    with (real / "private" / "pseudonyms.csv").open() as stream:
        key = list(csv.DictReader(stream))
    people = {row["pseudonym"]: row["original"] for row in key if row["kind"] == "person"}
    assert sorted(people.values()) == sorted(LABELS)
    assert sorted(people) == [f"P{number:03d}" for number in range(1, 17)]
    samples = {row["pseudonym"] for row in key if row["kind"] == "sample"}
    failure = next(row for row in load(real)["failures"] if row["stage"] == "detect")
    assert people[failure["subject"]] == LABELS[2]
    assert failure["sample"] in samples


def test_files_are_the_owners_alone(real: Path) -> None:
    for path in [real, *real.rglob("*")]:
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path.name


def test_every_table_is_there_as_parquet_and_csv(real: Path) -> None:
    names = {path.stem for path in (real / "tables").glob("*.parquet")}
    assert names == {"results", "differences", "conditions", "failures", "detection", "surfaces"}
    assert names == {path.stem for path in (real / "tables").glob("*.csv")}
    frame = pd.read_parquet(real / "tables" / "results.parquet")
    assert list(frame.columns) == KEYS
    assert frame["k"].dtype == "Int64"


def test_a_private_table_of_scores_holds_what_the_score_table_held(real: Path) -> None:
    frame = pd.read_parquet(real / "private" / "scores_photo-nearest_nearest_zero.parquet")
    source = next(t for t in findings().scores if (t.attacker, t.condition) == ("photo-nearest", "zero"))
    assert len(frame) == source.compared.sum()
    assert frame["mated"].sum() == source.mated.sum()
    np.testing.assert_array_equal(np.sort(frame["score"].dropna()), np.sort(source.scores[np.isfinite(source.scores)]))
    mated = frame[frame["mated"]]
    assert (mated["probe_subject"].astype(str) == mated["reference_subject"].astype(str)).all()
    assert "age" not in frame.columns


def test_no_score_of_a_comparison_is_shared(real: Path) -> None:
    assert not [path for path in shared_files(real) if path.name.startswith("scores")]
    shared = "".join(path.read_text() for path in shared_files(real) if path.suffix in {".csv", ".json", ".html"})
    for table in findings().scores:
        assert not [
            score for score in table.scores[table.mated] if np.isfinite(score) and f"{score:.6f}"[:-1] in shared
        ]


def test_what_could_be_worked_out_from_a_released_scan_stays_private(real: Path) -> None:
    shared = pd.read_parquet(real / "tables" / "surfaces.parquet")
    assert not {"threshold", "pose_angles", "n_triangles"} & set(shared.columns)
    assert "threshold" in (real / "private" / "surfaces.csv").read_text()


def test_pictures_of_real_people_are_refused_though_given(real: Path, phantoms: Path) -> None:
    assert not [tag for tag in Page(real).of("img") if str(tag["src"]).startswith("data:image/png")]
    assert "Pictures of heads were given and are not shown" in Page(real).text
    assert load(real)["pictures_withheld"] is True
    assert len([tag for tag in Page(phantoms).of("img") if str(tag["src"]).startswith("data:image/png")]) == 3


def test_the_page_asks_for_nothing_outside_itself(phantoms: Path) -> None:
    page = Page(phantoms)
    for tag, attributes in page.tags:
        for name in ("src", "href", "srcset", "data", "action", "poster"):
            value = attributes.get(name)
            beside = (tag, name, value) == ("a", "href", "attestation.html")
            assert value is None or beside or value.startswith(("data:image/", "#")), f"{tag} {name}={value[:60]}"
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
    assert not page.of("link")
    assert not page.of("iframe")
    kinds = Counter(script.get("type") for script in page.of("script"))
    assert kinds == {"application/json": 6, "text/plain": 1, None: 1}
    policy = next(meta["content"] for meta in page.of("meta") if meta.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    source = (phantoms / "report.html").read_text()
    own = re.findall(r"<script>(.*?)</script>", source, re.DOTALL)
    digests = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in own]
    assert [f"'sha256-{digest}'" in policy for digest in digests] == [True]
    assert "url(" not in source
    assert "@import" not in source


def test_the_page_can_be_read_without_eyes_or_mouse(phantoms: Path) -> None:
    page = Page(phantoms)
    assert page.of("html")[0]["lang"] == "en"
    assert all(len(image["alt"] or "") > 40 for image in page.of("img"))
    assert len(page.of("caption")) == len(page.of("table")) > 4
    assert all(head["scope"] in {"col", "row", "rowgroup"} for head in page.of("th"))
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = {link["href"] for link in page.of("a") if link["href"]}
    assert {link[1:] for link in links - {"attestation.html"}} <= set(ids)
    assert "attestation.html" in links  # verdict, threshold and bounds: the other page, which links back


def test_hostile_names_are_shown_and_not_run(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    formula = "=cmd|' /C calc'!A0"
    base = findings()
    renamed = tuple(
        result.__class__(
            **{**vars(result), "condition": {"zero": evil, "meanface": formula}.get(result.condition, "original")}
        )
        for result in base.results
    )
    scores = tuple(
        t.__class__(**{**vars(t), "condition": {"zero": evil, "meanface": "../../$x^{$"}.get(t.condition, t.condition)})
        for t in base.scores
    )
    write_report(findings(results=renamed, scores=scores), tmp_path)
    page = Page(tmp_path)
    runnable = [script for script in page.of("script") if script.get("type") is None]
    assert len(runnable) == 1  # ours; the browser test sees that nothing else runs
    assert "<script>alert" not in (tmp_path / "report.html").read_text()
    assert evil in page.text
    assert formula in page.text
    assert {path.parent.name for path in tmp_path.rglob("scores_*")} == {"private"}
    with (tmp_path / "tables" / "results.csv").open() as stream:
        assert not [row for row in csv.DictReader(stream) if row["condition"].startswith("=")]


def test_every_table_from_phantoms_says_so(phantoms: Path, real: Path) -> None:
    for path in (*(phantoms / "tables").glob("*.parquet"), *(phantoms / "private").glob("scores_*.parquet")):
        frame = pd.read_parquet(path)
        assert frame["population"].str.contains(PHANTOM_NOTICE).all(), path.name
    source = (phantoms / "report.html").read_text()
    captions = re.findall(r"<caption>.*?</caption>|<figcaption>.*?</figcaption>", source, re.DOTALL)
    assert len(captions) > 8
    assert all(PHANTOM_NOTICE in caption for caption in captions)
    assert PHANTOM_NOTICE not in (real / "report.html").read_text()


@pytest.mark.parametrize(
    "word", ["anonymous", "anonymised", "anonymized", "safe", "safely", "pass", "passed", "guaranteed"]
)
def test_the_report_never_says(word: str, real: Path) -> None:
    text = Page(real).text.replace("Safe Harbor", "")  # the name of a rule, and no verdict
    assert not re.search(rf"\b{word}\b", text, re.IGNORECASE)


def test_an_empty_audit_still_gives_a_report(tmp_path: Path) -> None:
    base = findings()
    nothing = findings(
        results=(),
        failures=(),
        scores=(),
        detection=base.detection.iloc[:0],
        surfaces=pd.DataFrame(),
        attackers=(),
        models=(),
    )
    text = Page(write_report(nothing, tmp_path).parent).text
    assert "No attack on original scans gave a number" in text
    assert "None: every scan and photograph was read" in text


def test_people_keep_their_pseudonyms_when_a_report_is_written_again(tmp_path: Path) -> None:
    def key() -> str:
        write_report(findings(phantom=False, results=(), scores=(), detection=pd.DataFrame()), tmp_path)
        return (tmp_path / "private" / "pseudonyms.csv").read_text()

    assert key() == key()


def test_a_report_that_was_cut_short_is_none_and_no_older_one_stands_beside_its_tables(
    tmp_path: Path, monkeypatch
) -> None:
    write_report(findings(phantom=False, results=(), scores=(), detection=pd.DataFrame()), tmp_path)

    def full(*_arguments: object) -> None:
        raise DiskFullError("Cannot write 'results.csv'.", remedy="Free space.")

    with monkeypatch.context() as patch:
        patch.setattr("reid_audit.report.write.shareable_tables", full)
        with pytest.raises(DiskFullError):
            write_report(findings(phantom=False, results=(), detection=pd.DataFrame()), tmp_path)
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith("report")]


def test_scores_of_an_attacker_who_is_no_longer_asked_for_are_removed(tmp_path: Path) -> None:
    write_report(findings(phantom=False, results=(), detection=pd.DataFrame()), tmp_path)
    (tmp_path / "private" / "scores.txt").write_text("mine")
    assert list((tmp_path / "private").glob("scores_*"))
    write_report(findings(phantom=False, results=(), scores=(), detection=pd.DataFrame()), tmp_path)
    assert not list((tmp_path / "private").glob("scores_*"))
    assert (tmp_path / "private" / "scores.txt").exists()


def test_the_json_has_the_published_form(real: Path, phantoms: Path) -> None:
    from jsonschema import Draft202012Validator

    published = Path(__file__).parents[1] / "docs" / "schemas" / "report-1.4.json"
    judge = Draft202012Validator(json.loads(published.read_text()))
    for folder in (real, phantoms):
        assert [error.message for error in judge.iter_errors(load(folder))] == []
    broken = load(real)
    broken["results"][0]["n_subjects"] = -1
    assert list(judge.iter_errors(broken))
    assert list(judge.iter_errors(load(real) | {"more": 1}))


def test_the_report_can_be_signed_and_is_no_determination(real: Path) -> None:
    page = Page(real)
    for field in ("Controller", "Purpose of the release", "Legal basis, or reference of the ethics vote", "Signature"):
        assert field in page.text
    assert "neither a determination under any law nor legal advice" in page.text
    for question in ("Singling out", "Linkability", "Inference", "Safe Harbor", "Expert Determination"):
        assert question in page.text
    laws = load(real)["laws"]["questions"]
    assert [(row["law"], bool(row["measured"])) for row in laws] == [
        ("GDPR", True),
        ("GDPR", True),
        ("GDPR", False),
        ("HIPAA", True),
        ("HIPAA", True),
    ]
    assert "original: Rank 1 88 %, at most 98 % (attacker photo-set, n = 16, chance 6 %)" in laws[0]["measured"]
    assert "meanface: a face found in" in " ".join(laws[3]["measured"])


def test_methods_are_in_the_words_of_a_paper(real: Path, phantoms: Path) -> None:
    methods = load(real)["methods"]
    assert "48 head scans of 16 people (3 conditions: meanface, original, zero)" in methods["paragraph"]
    assert "photo-nearest, photo-set, scan-to-scan" in methods["paragraph"]
    assert "who do not exist" in load(phantoms)["methods"]["paragraph"]
    assert methods["bibtex"].count("@") == 6
    assert methods["bibtex"].count("{") == methods["bibtex"].count("}")
    assert "10.1093/biomet/26.4.404" in methods["bibtex"]
