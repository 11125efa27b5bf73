"""``--with-faces``: pictures behind each match, in the private folder and nowhere else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from reid_audit.cli.app import app

if TYPE_CHECKING:
    from pathlib import Path

QUICK = [
    *("--yaws", "0", "--pitches", "0", "--azimuths", "0,30", "--elevations", "38"),
    *("--triangles", "20000", "--size", "300", "--resamples", "200", "--quiet"),
]
ATTACKERS = ["--attacker", "photo-nearest", "--attacker", "original-to-released"]
JPEG = "data:image/jpeg;base64,"


def call(*words: object):
    return CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "200", "TERM": "dumb"})


@pytest.fixture
def shown(shared_people: Path, warm: Path) -> Path:
    done = call("run", shared_people, warm, "--photos", shared_people / "photos", *ATTACKERS, *QUICK, "--with-faces")
    assert done.exit_code == 0, done.output
    assert "Faces, private, not to be handed on:" in done.output
    return warm


def test_pictures_are_private_and_go_with_purge(shown: Path, shared_people: Path) -> None:
    pages = sorted((shown / "private" / "faces").glob("attack-*.html"))
    assert len(pages) == 8  # photographs in three conditions; originals in three, in two of them by the same scan
    others = [shown / "private" / "faces" / name for name in ("index.html", "people.html")]
    for path in (*pages, *others):
        assert path.stat().st_mode & 0o777 == 0o600
        text = path.read_text()
        assert "Private: th" in text
        assert "PRIVATE, shows faces" in text
        assert "script" not in text
        assert not re.search(r"sub-|phantom0", text)
    first = pages[0].read_text()
    assert "photo-nearest, original" in first
    assert first.count('class="match"') == 4
    assert 8 <= first.count(JPEG) <= 12
    assert "could not" not in first
    assert len(set(re.findall(JPEG + r"[^\"]+", first))) >= 6
    assert "rank 1 among 4" in first
    index = (shown / "private" / "faces" / "index.html").read_text()
    assert all(f'href="{path.name}"' in index for path in (*pages, others[1]))

    everybody = others[1].read_text()
    assert everybody.count('class="match"') == 4
    assert everybody.count(JPEG) == 4 * 3
    assert [everybody.count(f"<strong>{name}: ") for name in ("original", "meanface", "zero")] == [4, 4, 4]

    shareable = [path for path in shown.rglob("*") if path.is_file() and "private" not in path.parts]
    assert len(shareable) > 5
    assert not [path.name for path in shareable if JPEG.encode() in path.read_bytes()]
    assert "private/faces" not in (shown / "report.html").read_text()

    again = call("run", shared_people, shown, "--photos", shared_people / "photos", *ATTACKERS, *QUICK)
    assert again.exit_code == 0, again.output
    assert not list((shown / "private" / "faces").glob("*"))  # they were of the run before

    (shown / "private" / "faces").mkdir(mode=0o700, exist_ok=True)
    (shown / "private" / "faces" / "attack-001.html").write_text("face")
    done = call("purge", shown)
    assert "removed private/faces/: 1 file (attack-001.html)" in done.output
    assert not (shown / "private").exists()


def test_a_picture_that_cannot_be_made_again_is_said(shown: Path, people: Path, tmp_path: Path) -> None:
    from reid_audit.appendix.shots import Shot
    from reid_audit.appendix.taking import take_pictures
    from reid_audit.inputs import read_cohort
    from reid_audit.settings import Settings

    cohort, _ = read_cohort(people, photos=people / "photos")
    first, second = cohort.photos["sample"].iloc[:2]
    open(cohort.photos["path"].iloc[0], "w").close()  # noqa: PTH123 - emptied
    told = []
    made = take_pictures(
        [Shot(first, None), Shot(second, None)], cohort, Settings(), lambda *counts: told.append(counts)
    )
    assert list(made) == [Shot(second, None)]
    assert told[-1] == ("faces", 2, 2)


def test_nobody_is_matched_at_the_level_of_participants(people: Path, tmp_path: Path) -> None:
    done = call("run", people, tmp_path / "out", "participant", "--with-faces", *QUICK)
    assert done.exit_code == 2
    assert "level group" in done.output
    assert not (tmp_path / "out").exists()
