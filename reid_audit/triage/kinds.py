"""What kind of file something is, by its name and its first bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from reid_audit.inputs.dicom_headers import looks_like_dicom
from reid_audit.inputs.names import is_mask_name, split_extension

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Kind", "kind_of_file"]

Kind = Literal[
    "scan", "mask", "dicom", "picture", "page", "mesh", "header", "table", "text", "document", "archive", "other"
]

_BY_EXTENSION: dict[Kind, str] = {  # tables before archives: .tsv.gz
    "picture": ".png .jpg .jpeg .gif .webp .bmp .tif .tiff .heic .heif",
    "page": ".html .htm .xhtml .svg .ipynb .md .mhtml",
    "mesh": ".gii .stl .obj .ply .vtk .vtp .vtu .glb .gltf .fbx .x3d .off .pial .white .inflated .sphere .orig",
    "header": ".json .jsonl .geojson",
    "table": ".tsv .csv .tsv.gz .csv.gz",
    "document": ".pdf .ps .eps .doc .docx .ppt .pptx .odt .rtf .xls .xlsx .ods",
    "archive": ".zip .tar .tgz .gz .bz2 .xz .zst .7z .rar .tbz .txz",
}
_LOOKED_AT = 8192
_PART = 3
"""Bytes of a character of UTF-8 that the end of the block may have cut."""


def kind_of_file(path: Path) -> Kind:
    """Return the kind of a file that can be read.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Kind
        ``"other"`` for what nothing here can read.

    Raises
    ------
    OSError
        If it cannot be opened.
    """
    name = path.name.lower()
    if split_extension(name)[1]:
        return "mask" if is_mask_name(path.name) else "scan"
    if looks_like_dicom(path):
        return "dicom"
    for kind, extensions in _BY_EXTENSION.items():
        if name.endswith(tuple(extensions.split())):
            return kind
    with path.open("rb") as stream:
        start = stream.read(_LOOKED_AT)
    return "text" if _is_text(start) else "other"


def _is_text(start: bytes) -> bool:
    if b"\0" in start:
        return False
    for cut in range(_PART + 1):
        try:
            start[: len(start) - cut].decode()
        except UnicodeDecodeError:
            continue
        return True
    return False
