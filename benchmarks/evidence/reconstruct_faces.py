"""Rebuilt faces: how near each attacker comes, whom the faces identify, and how the cascade's learning went."""

from __future__ import annotations

import platform
import time
from typing import TYPE_CHECKING, Any

from benchmarks.evidence.commands import of_this_code
from benchmarks.evidence.runner import Claim
from reid_audit.store import remove_tree

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from benchmarks.evidence.runner import Context
    from reid_audit.reproduce import Row

__all__ = ["faces", "faces_apart"]

SEED = 7_601
_VOXEL = 2.0
"""Mm of the phantoms: half of a usual scan's resolution, in an eighth of the time; the faces are 3 mm grids anyway."""
_DISTANCE = "mean surface distance, mm, less the average face's"
_STATED = ("rank 1,", "ceiling", "heads with", "voxels of the face", "mean surface distance, mm")
_SHARE, _LITTLE = 0.5, 0.2
"""Of the face that the rest of a head tells."""


def faces(context: Context) -> Sequence[Claim]:
    """Repeat S3 where the rest of a head tells half of the face."""
    return _repeated(context, 0.8 if context.small else _SHARE)


def faces_apart(context: Context) -> Sequence[Claim]:
    """Repeat S3 where the rest of a head tells little of the face: where it tells much, phantoms are made to be won."""
    return _repeated(context, _LITTLE)


def _repeated(context: Context, share: float) -> Sequence[Claim]:
    from reid_audit import Settings
    from reid_audit.reconstruct.diffusion.extra import missing_packages
    from reid_audit.reproduce import STUDIES, reproduce_s3, write_rows

    people, training = (3, 8) if context.small else (32, 64)
    lacking = missing_packages()
    preset = None if lacking else "tiny" if context.small else "small"
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
    folder = of_this_code(context.folder, people, training, share, preset, SEED)
    began = time.monotonic()
    done = reproduce_s3(
        folder,
        subjects=people,
        training=training,
        seed=SEED,
        voxel_size=3.0 if context.small else _VOXEL,
        populations=("main",) if context.small else ("main", "withheld"),
        shares=(share,),
        conditions=("zero",) if context.small else ("zero", "meanface"),
        diffusion=preset,
        settings=settings,
        workers=1 if context.small else 2,
    )
    write_rows(STUDIES["s3"], done.rows, folder / "table", phantoms=True)
    names = dict.fromkeys(row.population for row in done.rows)
    claims = [claim for name in names for claim in _of(done.rows, name, preset, small=context.small)]
    if preset is None:
        why = f"the extra 'reconstruct' is not installed: {', '.join(lacking)} (make reconstruct)"
        claims.append(
            Claim("The cascade of diffusion models is trained and attacks", None, "trained", met=False, how=why)
        )
    else:
        seconds = time.monotonic() - began
        claims += _learning(folder / f"share-{share:g}" / preset, share, preset, seconds)
    if not context.small:
        remove_tree(folder / f"share-{share:g}")
    return claims


def _of(rows: Sequence[Row], population: str, preset: str | None, *, small: bool) -> list[Claim]:
    own = [row for row in rows if row.population == population]
    attackers = ["template", "shape", "shape-sample", *([f"diffusion:{preset}"] if preset else [])]
    found = []
    for condition in ("zero", "meanface"):
        if any(row.condition == condition for row in own):
            found += [_beats(own, population, attacker, condition, small=small) for attacker in attackers]
    found += [_stated(row, population) for row in own if row.method.startswith(_STATED) and row.method != _DISTANCE]
    return found


def _one(rows: Sequence[Row], condition: str, method: str) -> Row:
    return next(row for row in rows if (row.condition, row.method) == (condition, method))


def _beats(rows: Sequence[Row], population: str, attacker: str, condition: str, *, small: bool) -> Claim:
    """State the gain over the average face; the shape model claims one, and so does the cascade of ``small``."""
    row = _one(rows, f"{condition}+{attacker}", _DISTANCE)
    share = _one(rows, f"{condition}+{attacker}", "share of what the average face misses")
    ceiling = max((r.value or 0.0) for r in rows if r.method.startswith("ceiling"))
    recovered = "none" if share.value is None else f"{share.value:.2f}"
    how = (
        f"{row.n_subjects} people; {row.note}; recovered share {recovered} (nearest points); "
        f"regression on true heads recovers {ceiling:.2f} (corresponding points: no bound)"
    )
    name = f"{population}, {condition}: {attacker} less the average face, mean surface distance in mm"
    value = _rounded(row.value)
    if attacker == "shape" and small:
        return Claim(name, value, "below 0", (row.value or 0.0) < 0, how, row.low, row.high)
    if attacker == "shape" or (attacker.startswith("diffusion:") and not small):
        p = float(row.note.split("Wilcoxon p = ")[1].split(",")[0]) if row.value is not None else 1.0
        met = row.value is not None and row.value < 0 and p < 0.05
        return Claim(name, value, "below 0, paired p < 0.05", met, how, row.low, row.high)
    return Claim(name, value, "stated with its interval", row.value is not None, how, row.low, row.high)


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


def _learning(folder: Path, share: float, preset: str, seconds: float) -> list[Claim]:
    """State how the learning of both networks went, by their curves."""
    import pandas as pd

    from reid_audit.reconstruct.diffusion.networks import device_of

    how = f"preset {preset}; {seconds:.0f} s for the whole step, as far as this run did it, on {_hardware(device_of())}"
    curves = {name: pd.read_csv(folder / f"{name}.tsv", sep="\t").to_dict("records") for name in ("coarse", "fine")}
    return [_curve(name, curve, share, how) for name, curve in curves.items()]


def _curve(stage: str, curve: Sequence[Mapping[str, Any]], share: float, how: str) -> Claim:
    """State what a network adds, on people held back, to where it begins."""
    best = min(curve, key=lambda row: float(row["noise_alone"]))
    some = curve[:: max(len(curve) // 8, 1)]
    points = ", ".join(f"{row['step']:.0f}: {row['validation']:.3g} and {row['noise_alone']:.3g}" for row in some)
    steps = f"best at step {best['step']:.0f} of {curve[-1]['step']:.0f}"
    begins = "ridge regression from the rest of the head" if stage == "coarse" else "the coarse face"
    return Claim(
        f"Predictable share {share:g}, diffusion, {stage}: what is left of the mean square that {begins} leaves, where "
        "the network sees noise alone (1: it adds nothing; people held back)",
        _rounded(float(best["noise_alone"])),
        "stated, with the curve",
        met=True,
        how=f"{how}; {steps}; loss over all times and that, by step: {points}",
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _hardware(device: object) -> str:
    from reid_audit.reconstruct.diffusion.extra import need

    if str(device).startswith("cuda"):
        return str(need("torch").cuda.get_device_name(device))
    return f"{platform.machine()}, {need('torch').get_num_threads()} threads"
