"""Adapters of tools that write a mask and leave it to others to apply it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from reid_audit.anatomy.resampling import air_value
from reid_audit.defacers.checking import Stored, read_stored
from reid_audit.defacers.tools.tool import ToolDefacer
from reid_audit.errors import DefacingError

if TYPE_CHECKING:
    from pathlib import Path
    from typing import ClassVar

    from reid_audit.types import Volume

__all__ = ["MaskDefacer"]

Array = np.ndarray[Any, Any]


class MaskDefacer(ToolDefacer):
    """A tool whose mask is applied here: what goes is set to air."""

    keeps: ClassVar[bool] = False
    """True where the mask marks what stays."""

    def take(self, folder: Path, volume: Volume) -> Stored:
        """Return the scan with air where the tool's mask says so, on the geometry of the mask."""
        found = self._found(folder, self.tool.masks)
        if found is None:
            raise self._no_output()
        mask = read_stored(found)
        if mask.data.shape != volume.data.shape:
            return mask
        if not np.isfinite(mask.data).all():
            raise DefacingError(
                f"The mask of {self.tool.name} holds values that are not finite.",
                outcome="not finite",
                remedy="Run the tool by hand on this scan and look at its mask.",
            )
        goes = self._goes(mask.data)
        data = np.array(volume.data, dtype=np.float32)
        data[goes] = air_value(volume)
        return replace(mask, data=data, dtype=np.asarray(volume.data).dtype, scaled=False)

    def meant(self, mask: Array | None, altered: Array) -> Array:
        """Return what was set to air, altered by it or air before."""
        return altered if mask is None else self._goes(mask)

    def _goes(self, mask: Array) -> Array:
        return np.asarray((mask > 0) != self.keeps)
