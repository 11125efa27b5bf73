"""niimath's ``-deface``: an affine registration and a mask, as an executable in a PyPI wheel."""

from __future__ import annotations

import importlib.metadata
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np

from reid_audit.defacers.filling import emptied
from reid_audit.defacers.head_template import TemplateFiles
from reid_audit.defacers.reorienting import turned_back
from reid_audit.errors import HeadError, MissingResourceError
from reid_audit.inputs import to_ras
from reid_audit.types import ModelSpec

if TYPE_CHECKING:
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
        HeadError
            niimath failed, took too long, gave no image or one on another grid, or removed next to everything.
        """
        head, keep = self.files.paths()
        executable = self._found()
        turned = to_ras(volume)
        data = np.asarray(turned.data, np.float32)
        low, high = float(data.min()), float(data.max())
        shifted = 2.0 + np.rint(10000.0 * (data - low) / max(high - low, 1e-6))
        # What is removed gets the least value of the image, or 0; no other voxel has either.
        shifted[0, 0, 0] = 1.0
        with tempfile.TemporaryDirectory() as folder:
            scan, out = Path(folder, "scan.nii"), Path(folder, "defaced.nii.gz")
            nib.Nifti1Image(shifted.astype(np.float32), turned.affine).to_filename(scan)
            _run([executable, str(scan), "-deface", str(head), str(keep), str(out)], self.seconds)
            # niimath adds the ending that FSLOUTPUTTYPE asks for.
            written = sorted(Path(folder).glob("defaced.nii*"))
            if not written:
                raise HeadError("niimath ended without an image.", remedy="Try its command by hand on this scan.")
            result = np.asarray(nib.load(written[0]).dataobj)
        if result.shape != data.shape:
            raise HeadError(
                f"niimath gave an image of shape {result.shape} for a scan of {data.shape}.",
                remedy="Try its command by hand on this scan.",
            )
        removed = ~(result > 1.5)
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


def _run(command: list[str], seconds: float) -> None:
    """Run niimath and wait for its end."""
    try:
        done = subprocess.run(command, capture_output=True, timeout=seconds, check=False, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired as error:
        raise HeadError(
            f"niimath took longer than {seconds:.0f} seconds and was stopped.",
            remedy="Allow more, or use another defacer.",
        ) from error
    if done.returncode != 0:
        raise HeadError(
            f"niimath failed with status {done.returncode}.",
            remedy="Check that the scan shows a head; try its command by hand.",
        )
