"""What attackers learn from: the heads of other people on one grid."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from scipy.ndimage import binary_erosion

from reid_audit.errors import HeadError, InputError, StoreError, UsageError
from reid_audit.reconstruct.frame import GRID, SHAPE, Placed, on_grid, place, rough_place
from reid_audit.reconstruct.signed import REACH, inside_mesh, signed_distance
from reid_audit.store import private_folder, write_bytes
from reid_audit.surface import head_surface
from reid_audit.types import Volume, frozen_array

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reid_audit.types import HeadSurface, Kind

__all__ = [
    "FEWEST",
    "HeadPopulation",
    "LazyScans",
    "brightness",
    "learn_population",
    "read_population",
    "write_population",
]

Array = np.ndarray[Any, Any]

FEWEST = 8
"""People below whom nothing is learnt."""
_FIRST = 8
"""People whose mean, laid by the pose of their skin, is the first template."""
_DEEP = 2
"""Places of the grid: what lies deeper in the head tells how bright its tissue is."""
_BAND = 9.0
"""Mm: places that lie nearer than this to somebody's skin are learnt."""
_VERSION = 1
_TRIANGLES = 60_000
"""Of the skin that distances are taken to: about 2 mm a side, finer than the grid."""


@dataclass(frozen=True, eq=False)
class HeadPopulation:
    """Heads of people on the common grid: shapes of real people are biometric data.

    Parameters
    ----------
    kind : {"mri", "ct", "pet"}
    modality : str
    template : ndarray, shape :data:`~reid_audit.reconstruct.frame.SHAPE`, float32
        Mean brightness of the first people: what scans are laid on. 0 is air, 1 the median of the tissue.
    mean : ndarray, same shape, float32
        Mean brightness of all people, laid by twelve degrees of freedom.
    inner : ndarray, same shape, bool
        Whether a place lies inside the mean skin: what is known beyond the band.
    band : ndarray, shape (M,), int64
        Places of the grid that are learnt, as flat indices.
    shapes : ndarray, shape (N, M), float32
        Signed distance to each person's skin there, mm of the mean head, negative inside.
    lost : int
        Scans that were given and could not be learnt from.
    """

    kind: Kind
    modality: str
    template: Array
    mean: Array
    inner: Array
    band: Array
    shapes: Array
    lost: int = 0

    def __post_init__(self) -> None:
        kinds = {"template": np.float32, "mean": np.float32, "inner": bool, "band": np.int64, "shapes": np.float32}
        for name, dtype in kinds.items():
            object.__setattr__(self, name, frozen_array(getattr(self, name), dtype))

    @property
    def n_people(self) -> int:
        """How many people were learnt from."""
        return len(self.shapes)

    @property
    def sha256(self) -> str:
        """Of everything that was learnt, in hexadecimal."""
        digest = hashlib.sha256(f"{_VERSION} {self.kind} {self.modality}".encode())
        for part in (self.template, self.mean, self.inner, self.band, self.shapes):
            digest.update(np.ascontiguousarray(part).data)
        return digest.hexdigest()

    def volume_of(self, values: Array) -> Volume:
        """Return values on the common grid as a scan."""
        return Volume(np.asarray(values, np.float32), GRID, "mri", self.modality)

    def __repr__(self) -> str:
        return f"HeadPopulation({self.n_people} people, {self.modality}; values not shown: biometric data)"


class LazyScans(Sequence[Volume]):
    """Scans that are read when they are asked for, and not kept.

    Parameters
    ----------
    readers : sequence of callable
        Each returns one scan.
    """

    def __init__(self, readers: Sequence[Callable[[], Volume]]) -> None:
        self._readers = tuple(readers)

    def __len__(self) -> int:
        return len(self._readers)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return LazyScans(self._readers[index])
        return self._readers[index]()


def brightness(kind: Kind, outside: Array, inside: Array) -> tuple[float, float]:
    """Return the value of air and how much brighter the median of the tissue is.

    Parameters
    ----------
    kind : {"mri", "ct", "pet"}
    outside, inside : ndarray
        Values outside and inside the head.

    Returns
    -------
    air, step : float
        In CT always -1000 and 1000 HU.

    Raises
    ------
    HeadError
        There is no tissue that is brighter than air.
    """
    if kind == "ct":
        return -1000.0, 1000.0
    air = float(np.median(outside)) if len(outside) else 0.0
    step = float(np.median(inside)) - air if len(inside) else 0.0
    if not step > 0:
        raise HeadError(
            f"The tissue of this scan is not brighter than its air: {step:.3g}.",
            remedy="Check that the image shows a head.",
        )
    return air, step


def learn_population(
    originals: Sequence[Volume], *, progress: Callable[[str, int, int], None] = lambda _stage, _done, _total: None
) -> HeadPopulation:
    """Lay heads on each other and keep their mean and their shapes.

    The mean of the first people, laid by the pose of their skin, is a first template; the same people laid on it by
    mutual information make the template that everybody is laid on. No face pulls at any of it.

    Parameters
    ----------
    originals : sequence of Volume
        Scans with their faces, one a person, all of one modality; may be read when asked for (:class:`LazyScans`).
        The order of the people changes the template a little.
    progress : callable
        Takes ``"learning"``, how many scans are done, and how many there are.

    Returns
    -------
    HeadPopulation

    Raises
    ------
    UsageError
        There are fewer than :data:`FEWEST` people, or scans of several kinds.
    HeadError
        Fewer than :data:`FEWEST` of the scans show a head.
    """
    if len(originals) < FEWEST:
        raise UsageError(
            f"A reconstruction learns from {FEWEST} people or more, got {len(originals)}.",
            remedy="Give more originals of people who are not attacked.",
        )
    total = _FIRST + len(originals)
    first = _first_people(originals, lambda done: progress("learning", done, total))
    template = _template(first)
    kind, modality = first[0].volume.kind, first[0].volume.modality
    known = {one.index: one.surface for one in first}
    means, rows = np.zeros(SHAPE), []
    for index, volume in _readable(originals):
        if volume.kind != kind:
            raise UsageError(
                f"Scans of kinds '{kind}' and '{volume.kind}' cannot be learnt from together.",
                remedy="Give originals of one modality.",
            )
        try:
            surface = known.get(index) or head_surface(volume, target_triangles=_TRIANGLES)
            placed = place(volume, surface, template)
            means += _laid(volume, surface, placed.affine)
            rows.append(shape_of(surface, placed).astype(np.float16))
        except HeadError:
            pass
        progress("learning", _FIRST + index + 1, total)
    if len(rows) < FEWEST:
        raise HeadError(
            f"A head was found and laid on the template in {len(rows)} of {len(originals)} scans; it takes {FEWEST}.",
            remedy="Check that the scans show whole heads with their skin.",
        )
    shapes = np.stack([row.ravel() for row in rows])
    band = np.flatnonzero(np.abs(shapes).min(axis=0) < _BAND)
    return HeadPopulation(
        kind=kind,
        modality=modality,
        template=np.asarray(template.data),
        mean=means / len(rows),
        inner=shapes.mean(axis=0, dtype=np.float32).reshape(SHAPE) < 0,
        band=band,
        shapes=shapes[:, band],
        lost=len(originals) - len(rows),
    )


def shape_of(surface: HeadSurface, placed: Placed) -> Array:
    """Return the signed distance to a skin on the common grid, laid by rotation, shift and size."""
    points = surface.points @ placed.similar[:3, :3].T + placed.similar[:3, 3]
    return signed_distance(points, np.asarray(surface.triangles))


@dataclass(frozen=True, eq=False)
class _First:
    """One of the people whom the template is made of."""

    index: int
    volume: Volume
    surface: HeadSurface


def _readable(originals: Sequence[Volume]) -> Iterator[tuple[int, Volume]]:
    """Yield the scans that can be read with their places: one series or empty image costs itself alone."""
    for index in range(len(originals)):
        try:
            volume = originals[index]
        except InputError:
            continue
        yield index, volume


def _first_people(originals: Sequence[Volume], tell: Callable[[int], None]) -> list[_First]:
    """Return the first people whose heads are found."""
    found: list[_First] = []
    for index, volume in _readable(originals):
        try:
            found.append(_First(index, volume, head_surface(volume, target_triangles=_TRIANGLES)))
        except HeadError:
            continue
        tell(len(found))
        if len(found) == _FIRST:
            break
    if not found:
        raise HeadError(f"None of the {len(originals)} scans shows a head.", remedy="Check that they show whole heads.")
    return found


def _template(first: Sequence[_First]) -> Volume:
    """Return the mean brightness of heads laid on their own mean, which is that of heads laid by their skin."""
    start = [_laid(one.volume, one.surface, rough_place(one.surface)) for one in first]
    rough = Volume(np.asarray(np.mean(start, axis=0), np.float32), GRID, "mri", first[0].volume.modality)
    total, n = np.zeros(SHAPE), 0
    for one in first:
        try:
            total += _laid(one.volume, one.surface, place(one.volume, one.surface, rough).affine)
            n += 1
        except HeadError:
            continue
    return replace(rough, data=np.asarray(total / n, np.float32)) if n else rough


def _laid(volume: Volume, surface: HeadSurface, to_grid: Array) -> Array:
    """Return the brightness of a head on the common grid: 0 air, 1 the median of its tissue."""
    values = on_grid(np.asarray(volume.data), volume.affine, to_grid, fill=np.nan)
    points = surface.points @ to_grid[:3, :3].T + to_grid[:3, 3]
    whole = inside_mesh(points, np.asarray(surface.triangles))
    inside = binary_erosion(whole, iterations=_DEEP)
    seen = np.isfinite(values)
    air, step = brightness(volume.kind, values[seen & ~inside], values[seen & inside])
    return np.where(seen, (values - air) / step, 0.0)


def write_population(population: HeadPopulation, path: Path | str) -> Path:
    """Write a population 0600 as ``.npz`` without pickle.

    Raises
    ------
    StoreError
        If the file cannot be written.
    """
    target = Path(path)
    private_folder(target.parent)
    stream = io.BytesIO()
    np.savez_compressed(
        stream,
        allow_pickle=False,
        version=np.array(_VERSION),
        kind=np.array(population.kind),
        modality=np.array(population.modality),
        template=population.template,
        mean=population.mean,
        inner=population.inner,
        band=population.band,
        shapes=population.shapes.astype(np.float16),
        lost=np.array(population.lost),
    )
    return write_bytes(target, stream.getvalue())


def read_population(path: Path | str) -> HeadPopulation:
    """Read a population.

    Parameters
    ----------
    path : path-like
        As :func:`write_population` wrote it.

    Returns
    -------
    HeadPopulation

    Raises
    ------
    StoreError
        The file is not there, damaged, or of another version or grid.
    """
    try:
        with Path(path).open("rb") as stream, np.load(stream, allow_pickle=False) as store:
            arrays = {name: store[name] for name in store.files}
        found = HeadPopulation(
            kind=cast("Kind", str(arrays["kind"])),
            modality=str(arrays["modality"]),
            template=arrays["template"],
            mean=arrays["mean"],
            inner=arrays["inner"],
            band=arrays["band"],
            shapes=arrays["shapes"],
            lost=int(arrays["lost"]),
        )
        version = int(arrays["version"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise StoreError(
            "The file of a population cannot be read: it is missing, damaged or none.",
            remedy="Learn it again from the originals.",
        ) from error
    fits = (
        found.template.shape == SHAPE == found.mean.shape == found.inner.shape
        and found.shapes.shape[1:] == found.band.shape
    )
    if version != _VERSION or not fits or (found.band.size and found.band.max() >= np.prod(SHAPE)):
        raise StoreError(
            f"The file of a population is of version {version} on a grid of {found.template.shape}; this is version "
            f"{_VERSION} on {SHAPE}.",
            remedy="Learn it again from the originals.",
        )
    if not (np.isfinite(found.shapes).all() and np.abs(found.shapes).max() <= REACH):
        raise StoreError("The shapes in the file of a population are none.", remedy="Learn it again.")
    return found
