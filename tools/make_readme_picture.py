"""Draw docs/images/phantoms.png: photograph, original, zeroed and replaced scan of people who do not exist.

Usage: ``python tools/make_readme_picture.py DEMO_FOLDER``, after ``make demo``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from reid_audit import Settings, read_cohort
from reid_audit.enrolment import enrol, scan_task

PEOPLE = 8
EDGE = 160
ROWS = ("original", "zero", "meanface")
LABELS = ("photograph", "original", "face zeroed", "face replaced")


def main() -> int:
    """Write the picture."""
    demo = Path(sys.argv[1])
    cohort, _ = read_cohort(demo / "cohort", photos=demo / "cohort" / "photos")
    if not cohort.phantom:
        print("Only people who do not exist may be pictured in the repository.")
        return 1
    settings, store = Settings(), str(demo / "private" / "templates")
    rows = [
        [_photo(cohort.photos[cohort.photos["subject"] == who].iloc[0]["path"]) for who in cohort.subjects[:PEOPLE]]
    ]
    for condition in ROWS:
        row = []
        for who in cohort.subjects[:PEOPLE]:
            wanted = (cohort.scans["subject"] == who) & (cohort.scans["condition"] == condition)
            picture = enrol(scan_task(cohort.scans[wanted].iloc[0], settings, store)).picture
            row.append(_fitted(np.repeat(np.asarray(picture)[:, :, None], 3, axis=2)))
        rows.append(row)
    sheet = Image.fromarray(np.vstack([np.hstack(row) for row in rows]))
    draw = ImageDraw.Draw(sheet)
    for index, label in enumerate(LABELS):
        draw.text((6, index * EDGE + 4), label, fill="white", stroke_width=2, stroke_fill="black", font_size=14)
    sheet.save(Path(__file__).parents[1] / "docs" / "images" / "phantoms.png", optimize=True)
    return 0


def _photo(path: str) -> np.ndarray:
    return _fitted(np.asarray(Image.open(path).convert("RGB")))


def _fitted(pixels: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(pixels).resize((EDGE, EDGE), Image.Resampling.LANCZOS))


if __name__ == "__main__":
    sys.exit(main())
