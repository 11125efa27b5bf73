"""Time and memory of each stage on one phantom, and of the import; one thread is set by the caller."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np

__all__ = ["Import", "Matching", "Scan"]


class Import:
    """What a user waits for before anything is done."""

    def time_import(self) -> None:
        """Start Python and import the package."""
        subprocess.run([sys.executable, "-c", "import reid_audit"], check=True)

    def time_help(self) -> None:
        """Ask the command line for help."""
        subprocess.run([sys.executable, "-m", "reid_audit", "run", "--help"], check=True, stdout=subprocess.DEVNULL)


class Scan:
    """The path of one scan of 1 mm."""

    timeout = 300

    def setup_cache(self) -> Any:
        """Make the phantom once."""
        from reid_audit.phantom import ScanSettings, acquire, sample_identities

        rng = np.random.default_rng(7)
        return acquire(sample_identities(1, rng)[0], ScanSettings(), rng).volume

    def setup(self, volume: Any) -> None:
        """Do what comes before the stage that is timed."""
        from reid_audit.faces import embed_renders
        from reid_audit.plugins import load_detector, load_embedder
        from reid_audit.render import render_head
        from reid_audit.settings import Settings
        from reid_audit.surface import head_surface

        self.head_surface, self.render_head, self.embed_renders = head_surface, render_head, embed_renders
        self.models = load_detector(Settings().detector), load_embedder(Settings().embedder)
        self.surface = head_surface(volume)
        self.renders = render_head(self.surface)

    def time_surface(self, volume: Any) -> None:
        """Volume to mesh."""
        self.head_surface(volume)

    def peakmem_surface(self, volume: Any) -> None:
        """Volume to mesh."""
        self.head_surface(volume)

    def time_render(self, _volume: Any) -> None:
        """Mesh to 81 renders."""
        self.render_head(self.surface)

    def time_templates(self, _volume: Any) -> None:
        """81 renders to templates."""
        nobody = {"subject": "", "session": "", "condition": "", "modality": "", "sample": ""}
        self.embed_renders(self.renders, *self.models, **nobody)


class Matching:
    """A photograph in the scans of 182 people."""

    params = ("nearest", "mean", "topk", "svm")

    def setup(self, _name: str) -> None:
        """Draw templates."""
        import pandas as pd

        from reid_audit.types import Templates

        rng = np.random.default_rng(7)
        people = rng.normal(0, 0.08, (182, 1, 128))
        renders = (people + rng.normal(0, 0.03, (182, 81, 128))).reshape(-1, 128).astype(np.float32)
        photos = (people[:, 0] + rng.normal(0, 0.05, (182, 128))).astype(np.float32)
        names = np.char.add("p", np.arange(182).astype(str))

        def templates(vectors: Any, times: int) -> Templates:
            who = np.repeat(names, times)
            return Templates(pd.DataFrame({"subject": who, "sample": who}), vectors, "drawn")

        self.probes, self.references = templates(photos, 1), templates(renders, 81)

    def time_score(self, name: str) -> None:
        """Score everybody against everybody."""
        from reid_audit.plugins import load_matcher

        load_matcher(name).score(self.probes, self.references, np.random.default_rng(0))
