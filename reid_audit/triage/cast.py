"""Whether the outline of a mask follows a person's face: such a mask is a cast of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reid_audit.quality.face import standing_skin
from reid_audit.quality.limits import LIMITS
from reid_audit.quality.regions import PARTS
from reid_audit.triage.answer import Told, cannot_tell, gives_away, nothing

if TYPE_CHECKING:
    from reid_audit.quality.skin import ExpectedSkin
    from reid_audit.types import Volume

__all__ = ["told_by_cast"]

_CAST, _TRACE = 0.5, 0.2
"""Share of the face's skin along which the outline runs, from which on it is a cast, and from which on it may be."""


def told_by_cast(mask: Volume, skin: ExpectedSkin) -> Told:
    """Answer for a mask, by the skin of the scan that it belongs to.

    Parameters
    ----------
    mask : Volume
        What is greater than its least value is marked.
    skin : ExpectedSkin
        Of the original.

    Returns
    -------
    Told
    """
    data, affine = np.asarray(mask.data), np.asarray(mask.affine)
    reach = LIMITS.skin_mm + 0.5 * float(mask.voxel_size.min())
    along = standing_skin(skin, affine, data > data.min(), reach)
    face = np.asarray(skin.parts) != PARTS["ears"]
    share = float(skin.area[face & along].sum() / max(float(skin.area[face].sum()), 1e-9))
    why = f"the outline of the mask runs along {share:.0%} of the face's skin"
    if share >= _CAST:
        return gives_away("cast", why)
    return cannot_tell("cast", why) if share >= _TRACE else nothing("no face", why)
