"""Templates of people who do not exist, straight from their meshes: something to measure matchers on.

``python benchmarks/phantom_templates.py FILE [--people 160] [--seed 61]`` writes a ``.npz`` with ``renders`` (people x
views x 128) and ``photos`` (people x 128), float32, NaN where no face was found; about 4 s a person. Renders show the
mesh with its eyes closed, without a scan's voxels and noise; one photograph a person, at the default difficulty.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from reid_audit.anatomy import estimate_scale
from reid_audit.faces import embed_photo, embed_renders
from reid_audit.phantom import PhotoSettings, head_mesh, sample_identities, take_photo
from reid_audit.plugins import load_detector, load_embedder
from reid_audit.render import DEFAULT_GRID, render_head
from reid_audit.settings import Settings
from reid_audit.types import HeadSurface, SurfaceQuality

__all__ = ["main", "phantom_templates"]

_UNKNOWN = SurfaceQuality((1.0, 1.0, 1.0), 1.0, (), 0.0, (0.0, 0.0, 0.0), 0, 0.0)
_LABELS = {"subject": "", "sample": ""}
_SCAN = {"session": "", "condition": "original", "modality": "T1w", **_LABELS}


def phantom_templates(people: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Render, photograph and embed: (people, views, D) and (people, D), float32, NaN where no face was found."""
    settings = Settings()
    detector, embedder = load_detector(settings.detector), load_embedder(settings.embedder)
    photo_detector = load_detector(settings.photo_detector)
    renders, photos = [], []
    for number, person in enumerate(sample_identities(people, np.random.default_rng(seed))):
        mesh = head_mesh(person, expression={"blink": 1.0})
        surface = HeadSurface(mesh.points, mesh.triangles, np.eye(4), _UNKNOWN, estimate_scale(mesh.points))
        pictures = render_head(surface, DEFAULT_GRID, size=settings.size)
        renders.append(embed_renders(pictures, detector, embedder, **_SCAN).vectors)
        photo = take_photo(person, PhotoSettings(), np.random.default_rng([seed, number]))
        photos.append(embed_photo(photo, photo_detector, embedder, **_LABELS).vectors[0])
        if number % 10 == 9:
            print(f"{number + 1} of {people} people", flush=True)
    return np.stack(renders), np.stack(photos)


def main(given: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--people", type=int, default=160)
    parser.add_argument("--seed", type=int, default=61)
    asked = parser.parse_args(given)
    began = time.perf_counter()
    renders, photos = phantom_templates(asked.people, asked.seed)
    np.savez(asked.file, renders=renders, photos=photos)
    print(f"{asked.people} people, {renders.shape[1]} renders each, {time.perf_counter() - began:.0f} s: {asked.file}")


if __name__ == "__main__":
    main()
