"""Reconstruction: what was altered, told from a scan alone; and how near rebuilt faces come, whom they identify."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.evidence.commands import of_this_code
from benchmarks.evidence.reconstruct_diffusion import diffusion
from benchmarks.evidence.runner import Claim
from reid_audit.store import remove_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.evidence.runner import Context, Step
    from reid_audit.reproduce import Row
    from reid_audit.types import Mask, Volume

__all__ = ["STEPS"]

SEED = 7_601
_REGION_SEED = 7_611
_VOXEL = 2.0
"""Mm of the phantoms: half of a usual scan's resolution, in an eighth of the time; the faces are 3 mm grids anyway."""
_PATCH = 12.0
"""Mm a side of the patches that are shuffled."""
_DISTANCE = "mean surface distance, mm, less the average face's"


def region(context: Context) -> Sequence[Claim]:
    """Estimate what was altered in scans that were treated in six ways, without their originals."""
    from reid_audit.defacers import BlurDefacer, MeanFaceDefacer, PartialDefacer, ZeroDefacer
    from reid_audit.phantom import ScanSettings, acquire, sample_identities
    from reid_audit.reconstruct import estimate_region, region_error
    from reid_audit.surface import head_mask

    ways: dict[str, tuple[Callable[[Volume], Any], float]] = {
        "zeros": (ZeroDefacer().deface, 0.85),
        "zeros in half of the face": (PartialDefacer().deface, 0.75),
        "blur": (BlurDefacer().deface, 0.6),
        "constant value": (_made_constant, 0.85),
        "shuffled patches": (_shuffled, 0.7),
        "another face": (MeanFaceDefacer().deface, 0.4),
    }
    people = sample_identities(1 if context.small else 16, np.random.default_rng(_REGION_SEED), population="withheld")
    voxel = 3.0 if context.small else _VOXEL
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in ways}
    for k, who in enumerate(people):
        rng = np.random.default_rng([_REGION_SEED, k])
        how = ScanSettings(voxel_size=(voxel, voxel, voxel), pitch=4.0 * rng.normal(), yaw=2.0 * rng.normal())
        scan = acquire(who, how, rng).volume
        head = np.asarray(head_mask(scan).data)
        for name, (deface, _) in ways.items():
            altered, meant = deface(scan)
            error = region_error(estimate_region(altered).mask, meant, head)
            found[name].append((error.dice, error.missed, error.extra_ml))
    claims = []
    for name, (_, least) in ways.items():
        dice, missed, extra = np.array(found[name]).T
        value = float(np.median(dice))
        how_far = f"{len(people)} withheld phantoms, inside the head; median share missed {np.median(missed):.2f}"
        claims.append(
            Claim(
                f"Region estimated from the defaced scan alone, {name}: median Dice with the truth",
                round(value, 3),
                f"at least {least}",
                value >= least,
                f"{how_far}, {np.median(extra):.0f} ml too much; worst {dice.min():.2f}",
            )
        )
    return claims


def _made_constant(scan: Volume) -> tuple[Volume, Mask]:
    """Give a whole face the median of the head."""
    from reid_audit.defacers import ZeroDefacer
    from reid_audit.surface import head_mask

    _, meant = ZeroDefacer().deface(scan)
    data = np.array(scan.data)
    data[meant.data] = np.median(data[np.asarray(head_mask(scan).data)])
    return replace(scan, data=data), meant


def _shuffled(scan: Volume) -> tuple[Volume, Mask]:
    """Deal the patches of a face among their places."""
    from reid_audit.defacers import ZeroDefacer

    _, meant = ZeroDefacer().deface(scan)
    side = max(round(_PATCH / float(np.mean(scan.voxel_size))), 2)
    corners = np.ndindex(*(n // side for n in scan.data.shape))
    patches = [tuple(slice(side * k, side * (k + 1)) for k in corner) for corner in corners]
    patches = [patch for patch in patches if meant.data[patch].mean() > 0.5]
    order = np.random.default_rng([_REGION_SEED, 1]).permutation(len(patches))
    data, altered = np.array(scan.data), np.zeros(scan.data.shape, dtype=bool)
    for here, k in zip(patches, order, strict=True):
        data[here] = np.asarray(scan.data)[patches[k]]
        altered[here] = True
    return replace(scan, data=data), replace(meant, data=altered)


def faces(context: Context) -> Sequence[Claim]:
    """Repeat S3 at two shares of the face that the rest of a head tells, on both populations."""
    from reid_audit import Settings
    from reid_audit.reproduce import STUDIES, reproduce_s3, write_rows

    people, training = (3, 8) if context.small else (32, 64)
    conditions = ("zero",) if context.small else ("zero", "meanface")
    shares = (0.8,) if context.small else (0.2, 0.5)
    settings = Settings()
    if context.small:
        settings = Settings(
            attackers=("photo-nearest", "original-to-released"),
            yaws=(0.0,),
            pitches=(0.0,),
            azimuths=(0.0,),
            elevations=(38.0,),
            resamples=100,
        )
    folder = of_this_code(context.folder, people, training, SEED)
    done = reproduce_s3(
        folder,
        subjects=people,
        training=training,
        seed=SEED,
        voxel_size=3.0 if context.small else _VOXEL,
        populations=("main",) if context.small else ("main", "withheld"),
        shares=shares,
        conditions=conditions,
        settings=settings,
        workers=1 if context.small else 2,
    )
    write_rows(STUDIES["s3"], done.rows, folder / "table", phantoms=True)
    claims = [
        claim for name in dict.fromkeys(row.population for row in done.rows) for claim in _of(done.rows, name, context)
    ]
    if not context.small:
        for share in shares:
            remove_tree(folder / f"share-{share:g}")
    return claims


def _of(rows: Sequence[Row], population: str, context: Context) -> list[Claim]:
    own = [row for row in rows if row.population == population]
    found = []
    for condition in ("zero", "meanface"):
        if not any(row.condition == condition for row in own):
            continue
        for attacker in ("template", "shape", "shape-sample"):
            row = _one(own, f"{condition}+{attacker}", _DISTANCE)
            found.append(_beats(row, population, attacker, condition, rows=own, small=context.small))
    for row in own:
        if row.method.startswith(
            ("rank 1,", "ceiling", "heads with", "voxels of the face", "mean surface distance, mm")
        ):
            if row.method == _DISTANCE:
                continue
            found.append(_stated(row, population))
    return found


def _one(rows: Sequence[Row], condition: str, method: str) -> Row:
    return next(row for row in rows if (row.condition, row.method) == (condition, method))


def _beats(row: Row, population: str, attacker: str, condition: str, *, rows: Sequence[Row], small: bool) -> Claim:
    """State the gain over the average face; only the shape model claims one."""
    share = _one(rows, f"{condition}+{attacker}", "share of what the average face misses")
    ceiling = max((r.value or 0.0) for r in rows if r.method.startswith("ceiling"))
    recovered = "none" if share.value is None else f"{share.value:.2f}"
    how = (
        f"{row.n_subjects} people; {row.note}; recovered share {recovered} (nearest points); "
        f"regression on true heads recovers {ceiling:.2f} (corresponding points: no bound)"
    )
    name = f"{population}, {condition}: {attacker} less the average face, mean surface distance in mm"
    if attacker != "shape":
        return Claim(
            name, _rounded(row.value), "stated with its interval", row.value is not None, how, row.low, row.high
        )
    if small:
        return Claim(name, _rounded(row.value), "below 0", (row.value or 0.0) < 0, how, row.low, row.high)
    met = row.value is not None and row.value < 0 and float(row.note.split("Wilcoxon p = ")[1].split(",")[0]) < 0.05
    return Claim(name, _rounded(row.value), "below 0, paired p < 0.05", met, how, row.low, row.high)


def _stated(row: Row, population: str) -> Claim:
    parts = [f"{row.n_subjects} people"]
    parts += [
        f"{name} {value:.3g}" for name, value in (("chance", row.chance), ("control", row.control)) if value is not None
    ]
    parts += [row.note] if row.note else []
    return Claim(
        f"{population}, {row.condition}: {row.method}",
        _rounded(row.value),
        "stated, or why there is no number",
        row.value is not None or bool(row.note),
        "; ".join(parts),
        row.low,
        row.high,
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


STEPS: dict[str, Step] = {"region": region, "faces": faces, "diffusion": diffusion}
