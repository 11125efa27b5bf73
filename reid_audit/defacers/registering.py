"""Affine registration of a template of the head to a scan, by mutual information."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.anatomy.resampling import air_value, resample, upright_copy
from reid_audit.errors import HeadError
from reid_audit.inputs import to_ras

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reid_audit.types import Volume

__all__ = ["register_template"]

Array = np.ndarray[Any, Any]

_SPACING = 3.0
"""Mm of the copies that are compared."""
_BINS = 32
_SEED = 3
"""Of the small shifts that SimpleITK gives even to a regular pattern of places."""
_SHARE = 0.5
"""Share of the voxels that are looked at."""
_CT_WINDOW = (-300.0, 400.0)
_FARTHEST = 45.0
"""Mm that the registration may move any part of the template's head from where the skin put it."""
_VOLUMES = (0.6, 1.7)
"""Factors between which it may change the head's volume."""


def register_template(
    scan: Volume, template: Volume, start: Array, ignore: Array | None = None, *, share: float = _SHARE
) -> Array:
    """Find the affine map from a scan to a template: first rigid, then affine, by Mattes' mutual information [1]_.

    Both are compared as upright copies, so that oblique and sheared scans need no special case. The same scan gives
    the same map: the seed is fixed, and one thread adds up.

    Parameters
    ----------
    scan : Volume
        With or without its face.
    template : Volume
        A head.
    start : ndarray, shape (4, 4)
        RAS mm of the scan to mm of the template, roughly: position, orientation and size.
    ignore : ndarray, shape of the scan, bool, optional
        Voxels that must not pull, such as a face that is or may be altered.
    share : float
        Of the voxels that are looked at.

    Returns
    -------
    ndarray, shape (4, 4), float64
        RAS mm of the scan to mm of the template.

    Raises
    ------
    HeadError
        The registration ran away.

    References
    ----------
    .. [1] D. Mattes et al., "PET-CT image registration in the chest using free-form deformations", IEEE Trans. Med.
       Imaging 22(1), 2003, doi:10.1109/TMI.2003.809072
    """
    import SimpleITK

    as_stored, scan = scan.affine, to_ras(scan)  # one answer whatever the storage order
    fixed = upright_copy(scan, _SPACING)
    shape = (fixed.data.shape[0], fixed.data.shape[1], fixed.data.shape[2])
    seen = resample(np.ones(scan.data.shape, np.float32), scan.affine, shape, fixed.affine) > 0.99
    if ignore is not None:
        seen &= resample(ignore.astype(np.float32), as_stored, shape, fixed.affine) < 0.01
    # The template is brought near first: what is left to find is a small map.
    moving = resample(
        template.data, np.linalg.inv(start) @ template.affine, shape, fixed.affine, fill=air_value(template)
    )
    centre = _centre(moving, fixed.affine)
    target = _image(_windowed(fixed.data, ct=scan.kind == "ct"), fixed.affine)
    source = _image(_windowed(moving, ct=template.kind == "ct"), fixed.affine)
    mask = _image(seen.astype(np.uint8), fixed.affine)
    rigid = SimpleITK.Euler3DTransform()
    rigid.SetCenter(centre.tolist())
    with _one_thread():
        _optimise(target, source, mask, rigid, share)
        affine = SimpleITK.AffineTransform(3)
        affine.SetCenter(centre.tolist())
        affine.SetMatrix(rigid.GetMatrix())
        affine.SetTranslation(rigid.GetTranslation())
        _optimise(target, source, mask, affine, share)
    found = _matrix(affine)
    _check(found, centre)
    return np.asarray(start @ found)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let SimpleITK add up in one order: the metric knows only the setting of the whole process."""
    import SimpleITK

    before = SimpleITK.ProcessObject.GetGlobalDefaultNumberOfThreads()
    SimpleITK.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    try:
        yield
    finally:
        SimpleITK.ProcessObject.SetGlobalDefaultNumberOfThreads(before)


def _optimise(fixed: Any, moving: Any, mask: Any, transform: Any, share: float) -> None:
    """Change a transform until it maps the fixed image onto the moving one."""
    import SimpleITK

    method = SimpleITK.ImageRegistrationMethod()
    method.SetNumberOfThreads(1)
    method.SetMetricAsMattesMutualInformation(_BINS)
    method.SetMetricSamplingStrategy(method.REGULAR)
    method.SetMetricSamplingPercentage(share, _SEED)
    method.SetMetricFixedMask(mask)
    method.SetInterpolator(SimpleITK.sitkLinear)
    method.SetOptimizerAsRegularStepGradientDescent(
        learningRate=1.0,
        minStep=5e-3,
        numberOfIterations=80,
        relaxationFactor=0.6,
        gradientMagnitudeTolerance=1e-6,
    )
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetShrinkFactorsPerLevel([2, 1])
    method.SetSmoothingSigmasPerLevel([2.0, 0.0])
    method.SmoothingSigmasAreSpecifiedInPhysicalUnitsOn()
    method.SetInitialTransform(transform, inPlace=True)
    try:
        method.Execute(fixed, moving)
    except RuntimeError as error:
        raise HeadError(
            "The template of the head could not be registered to this scan.",
            remedy="Check the scan's orientation, and that it shows a head.",
        ) from error


def _image(data: Array, affine: Array) -> Any:
    """Return an upright grid as an image of SimpleITK; its millimetres are those of the grid."""
    import SimpleITK

    image = SimpleITK.GetImageFromArray(np.ascontiguousarray(data.T))
    image.SetSpacing(np.diag(affine)[:3].tolist())
    image.SetOrigin(affine[:3, 3].tolist())
    return image


def _windowed(data: Array, *, ct: bool) -> Array:
    """Keep metal, noise peaks and air from taking most of the bins."""
    low, high = _CT_WINDOW if ct else np.percentile(data, (0.0, 99.5))
    return np.clip(data, low, high).astype(np.float32)


def _centre(values: Array, affine: Array) -> Array:
    """Return the centre of what is bright, mm."""
    index = np.argwhere(values > values.min() + 0.3 * (np.percentile(values, 99) - values.min()))
    if len(index) == 0:
        raise HeadError(
            "The template of the head lies outside this scan.",
            remedy="Check the scan's orientation, and that it shows a head.",
        )
    return np.asarray(affine[:3, :3] @ index.mean(axis=0) + affine[:3, 3])


def _matrix(transform: Any) -> Array:
    """Return a transform of SimpleITK as one matrix."""
    linear = np.array(transform.GetMatrix()).reshape(3, 3)
    centre = np.array(transform.GetCenter())
    found = np.eye(4)
    found[:3, :3] = linear
    found[:3, 3] = np.array(transform.GetTranslation()) + centre - linear @ centre
    return found


def _check(found: Array, centre: Array) -> None:
    """Refuse a map that no head needs."""
    reach = np.array([[x, y, z] for x in (-80, 80) for y in (-100, 100) for z in (-100, 100)], float) + centre
    away = float(np.linalg.norm(reach @ found[:3, :3].T + found[:3, 3] - reach, axis=1).max())
    volume = float(np.linalg.det(found[:3, :3]))
    if away > _FARTHEST or not _VOLUMES[0] < volume < _VOLUMES[1]:
        raise HeadError(
            f"The registration of the template moved parts of the head by {away:.0f} mm and changed its volume by a "
            f"factor of {volume:.2f}; allowed are {_FARTHEST:.0f} mm and {_VOLUMES[0]} to {_VOLUMES[1]}.",
            remedy="Check the scan's orientation, and that it shows a head with its skin.",
        )
