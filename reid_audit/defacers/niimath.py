"""niimath's ``-deface``: an affine registration and a mask, as an executable in a PyPI wheel."""

from __future__ import annotations

import importlib.metadata
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np

from reid_audit.defacers.checking import check_grid, read_stored
from reid_audit.defacers.filling import emptied
from reid_audit.defacers.head_template import TemplateFiles
from reid_audit.defacers.missing import missing_of
from reid_audit.defacers.reorienting import turned_back
from reid_audit.defacers.running import private_workspace, run_command
from reid_audit.errors import DefacingError, HeadError, MissingResourceError
from reid_audit.inputs import to_ras
from reid_audit.types import ModelSpec

if TYPE_CHECKING:
    from reid_audit.defacers.running import Finished
    from reid_audit.types import Mask, Volume

__all__ = ["NiimathDefacer"]

_MOST = 0.95
"""Share of a scan that it may take before the answer is refused."""


@dataclass(frozen=True)
class NiimathDefacer:
    """Runs ``niimath IN -deface TEMPLATE MASK OUT`` on a copy of the scan.

    The scan is put in RAS order, in whole numbers from 2 to 10002 so that a removed voxel is told from air. Where
    niimath removes a voxel the scan is set to air; elsewhere the scan keeps its own numbers (niimath writes float32).

    Parameters
    ----------
    files : TemplateFiles
        Head and mask to register; niimath ships none.
    executable : str, optional
        By default ``niimath`` beside the running Python, or on PATH.
    seconds : float
        After which it is stopped.
    """

    files: TemplateFiles = field(default_factory=TemplateFiles)
    executable: str | None = None
    seconds: float = 300.0

    @property
    def spec(self) -> ModelSpec:
        """Name, version, licence, hashes of template and mask."""
        try:
            version = importlib.metadata.version("niimath")
        except importlib.metadata.PackageNotFoundError:
            version = "not installed with Python"
        needs = ("the package niimath", "mean_reg2mean.nii.gz and facemask.nii.gz of pydeface")
        return ModelSpec("niimath", version, "BSD-2-Clause; template MIT", self.files.sha256, needs=needs)

    def missing(self) -> str:
        """Say what is not on this machine; empty where it can run."""
        return missing_of(self.files.paths, self._found)

    def deface(self, volume: Volume) -> tuple[Volume, Mask]:
        """Return the scan without what niimath removes, and that.

        Parameters
        ----------
        volume : Volume

        Returns
        -------
        Volume
            Same shape, affine and kind of numbers.
        Mask
            What was removed, labelled ``"footprint"``.

        Raises
        ------
        MissingResourceError
            niimath or the template is not there.
        DefacingError
            niimath failed, took too long, gave no image, one that cannot be read or one on another grid.
        HeadError
            It removed next to everything.
        """
        head, keep = self.files.paths()
        executable = self._found()
        turned = to_ras(volume)
        data = np.asarray(turned.data, np.float32)
        low, high = float(data.min()), float(data.max())
        shifted = 2.0 + np.rint(10000.0 * (data - low) / max(high - low, 1e-6))
        # What is removed gets the least value of the image, or 0; no other voxel has either.
        shifted[0, 0, 0] = 1.0
        with private_workspace() as folder:
            scan, out = folder / "scan.nii", folder / "defaced.nii.gz"
            nib.Nifti1Image(shifted.astype(np.float32), turned.affine).to_filename(scan)
            command = [executable, str(scan), "-deface", str(head), str(keep), str(out)]
            _check(run_command(command, folder=folder, seconds=self.seconds))
            # niimath adds the ending that FSLOUTPUTTYPE asks for.
            written = sorted(folder.glob("defaced.nii*"))
            if not written:
                raise DefacingError(
                    "niimath ended without an image.",
                    outcome="no output",
                    remedy="Try its command by hand on this scan.",
                )
            result = read_stored(written[0])
        check_grid(turned, result)
        removed = ~(result.data > 1.5)
        removed[0, 0, 0] = removed[0, 0, 1]
        region = turned_back(removed, volume.affine)
        if region.mean() > _MOST:
            raise HeadError(
                f"niimath removed {100 * region.mean():.0f} % of this scan; at most {100 * _MOST:.0f} % are believed.",
                remedy="Its registration failed; use another defacer for this scan.",
            )
        return emptied(volume, region)

    def _found(self) -> str:
        """Return the executable."""
        beside = shutil.which("niimath", path=str(Path(sys.executable).parent))
        found = shutil.which(self.executable) if self.executable else beside or shutil.which("niimath")
        if found is None:
            raise MissingResourceError(
                f"The program '{self.executable or 'niimath'}' is not here.",
                remedy="Install it (pip install niimath), or give the path of the executable.",
            )
        return found


def _check(finished: Finished) -> None:
    """Refuse a run that did not end well."""
    if finished.status:
        raise DefacingError(
            f"niimath failed with status {finished.status}.",
            outcome="crashed",
            remedy="Check that the scan shows a head; try its command by hand.",
        )
