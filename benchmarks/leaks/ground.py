"""The release that leaks are planted in: one phantom, each of whose scans is made when it is first asked for."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from reid_audit.defacers import ZeroDefacer
from reid_audit.inputs import write_volume
from reid_audit.phantom import ScanSettings, acquire, sample_identities

if TYPE_CHECKING:
    from pathlib import Path

    from reid_audit.phantom import Identity, PhantomScan
    from reid_audit.types import Volume

__all__ = ["VOXEL", "Ground"]

VOXEL = (3.0, 3.0, 3.0)


@dataclass(frozen=True)
class Ground:
    """A folder to plant in.

    Parameters
    ----------
    root : Path
        Of the release.
    seed : int
        Of who the person is.
    """

    root: Path
    seed: int = 9001
    _made: dict[str, PhantomScan] = field(default_factory=dict)

    def place(self, name: str) -> Path:
        """Return where a file of the release lies; its folder is made."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def text(self, name: str, content: str) -> None:
        """Write a text into the release."""
        self.place(name).write_text(content)

    def put(self, volume: Volume, *names: str) -> None:
        """Write a scan into the release, under each of some names."""
        for name in names:
            write_volume(volume, self.place(name))

    def scan(self, modality: str = "T1w") -> PhantomScan:
        """Return the whole scan of one modality."""
        if modality not in self._made:
            self._made[modality] = self.acquired(modality=modality)
        return self._made[modality]

    def acquired(self, **settings: Any) -> PhantomScan:
        """Scan the person with settings of the scanner."""
        return acquire(self._who, ScanSettings(voxel_size=VOXEL, **settings), np.random.default_rng(5))

    @cached_property
    def _who(self) -> Identity:
        return sample_identities(1, np.random.default_rng(self.seed))[0]

    @cached_property
    def zeroed(self) -> Volume:
        """The T1w scan without its face."""
        return ZeroDefacer().deface(self.scan().volume)[0]

    def with_voxels(self, data: np.ndarray[Any, Any]) -> Volume:
        """Return the T1w scan with other voxels."""
        return replace(self.scan().volume, data=np.asarray(data, dtype=np.float32))

    @cached_property
    def picture(self) -> Image.Image:
        """A render of the whole scan."""
        from reid_audit.render import camera_grid, render_head
        from reid_audit.surface import head_surface

        views = camera_grid((0,), (0,), (0,), (38,))
        return Image.fromarray(render_head(head_surface(self.scan().volume), views, size=300).images[0])

    @cached_property
    def png(self) -> bytes:
        """The render as a PNG."""
        held = io.BytesIO()
        self.picture.save(held, format="PNG")
        return held.getvalue()

    @property
    def page(self) -> str:
        """A page with the render in it."""
        return f'<html><img src="data:image/png;base64,{base64.b64encode(self.png).decode()}"></html>'
