"""The tissues that a phantom is made of."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["BRAIN_TISSUES", "FACE_REGIONS", "Tissue"]


class Tissue(IntEnum):
    """Codes of the label volume; the order carries no meaning."""

    AIR = 0
    SKIN = 1
    FAT = 2
    MUSCLE = 3
    BONE = 4
    MARROW = 5
    CSF = 6
    GREY = 7
    WHITE = 8
    AIRWAY = 9
    VITREOUS = 10
    LENS = 11
    SCLERA = 12
    TOOTH = 13
    VESSEL = 14
    TUMOUR_RIM = 15
    TUMOUR_CORE = 16
    OEDEMA = 17
    MUCOSA = 18
    GLAND = 19
    CARTILAGE = 20
    NERVE = 21
    MARKER = 22


BRAIN_TISSUES: tuple[Tissue, ...] = (
    Tissue.GREY,
    Tissue.WHITE,
    Tissue.TUMOUR_RIM,
    Tissue.TUMOUR_CORE,
    Tissue.OEDEMA,
)
"""What counts as brain in the true mask: cerebrum, cerebellum, brain stem, and what grows in them; no CSF."""

FACE_REGIONS: dict[str, int] = {"face": 1, "eyes": 2, "nose": 3, "mouth": 4, "ears": 5}
"""Codes of the region volume. ``face`` is the rest of the face; the mask of the face holds codes 1 to 4."""
