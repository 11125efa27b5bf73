"""Make reid_audit/anatomy/brain_prior.npz: where the brain lies in the mean head, as depth below its hull.

Run in the package's own environment::

    python tools/make_brain_prior.py reid_audit/anatomy/brain_prior.npz

The brain is the one that the phantoms' mean head is painted with (drawn by hand, fitted to nobody), its folds and
ventricles filled. The same versions of NumPy and SciPy give the same bytes.
"""

from __future__ import annotations

import argparse
import io
import zipfile
from pathlib import Path

import numpy as np
from scipy.ndimage import binary_closing, binary_fill_holes, distance_transform_edt, gaussian_filter, label

from reid_audit.phantom.interior import mean_interior
from reid_audit.phantom.labels import BRAIN_TISSUES

SPACING = 2.0
FOLD = 4
"""Voxels: folds and cisterns up to twice as wide are filled."""
FLOOR = -34.0
"""Height in mm, head frame, at which the brain ends and the spinal cord begins."""
MARGIN = 30.0


def brain_depth() -> tuple[np.ndarray, np.ndarray]:
    """Return mm below the hull of the brain (negative outside), and the place of voxel (0, 0, 0)."""
    interior = mean_interior(SPACING)
    brain = np.isin(interior.labels, [int(tissue) for tissue in BRAIN_TISSUES])
    height = interior.origin[2] + SPACING * np.arange(brain.shape[2])
    brain[:, :, height < FLOOR] = False
    pieces, _ = label(brain)
    brain = pieces == np.bincount(pieces.ravel())[1:].argmax() + 1
    index = np.argwhere(brain)
    pad = int(MARGIN / SPACING)
    low = index.min(axis=0) - pad
    box = np.pad(brain, pad)[
        tuple(slice(a, b + 2 * pad + 1) for a, b in zip(low + pad, index.max(axis=0), strict=True))
    ]
    ball = np.linalg.norm(np.indices([2 * FOLD + 1] * 3) - FOLD, axis=0) <= FOLD
    hull = binary_fill_holes(binary_closing(box, ball))
    depth = distance_transform_edt(hull) - distance_transform_edt(~hull)
    depth = gaussian_filter(SPACING * (depth - 0.5 * np.sign(depth)), 0.7)
    return np.clip(np.rint(4 * depth), -4 * MARGIN, 127).astype(np.int8), interior.origin + SPACING * low


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    path = parser.parse_args().path
    depth, origin = brain_depth()
    arrays = {
        "depth": depth,
        "unit": np.float32(0.25),
        "origin": origin,
        "spacing": np.float64(SPACING),
        "licence": np.str_("Apache-2.0"),
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, values in arrays.items():
            buffer = io.BytesIO()
            np.save(buffer, np.asarray(values), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), buffer.getvalue(), zipfile.ZIP_DEFLATED)
    print(f"{path}: {depth.shape}, {path.stat().st_size} bytes, brain {8e-3 * (depth > 0).sum():.0f} ml")


if __name__ == "__main__":
    main()
