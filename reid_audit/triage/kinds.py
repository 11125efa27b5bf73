"""What kind of file something is, by its first bytes and its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

from reid_audit.inputs.names import is_mask_name, split_extension
from reid_audit.triage.answer import Told, cannot_tell, nothing
from reid_audit.triage.contents import Content, content_of

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Kind", "kind_of_file", "told_by_contradiction"]

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
_READ_AS_TEXT = ("page", "header", "table")


def kind_of_file(path: Path) -> Kind:
    """Return the kind of a file that can be read: by its first bytes, and by its name where they leave it open.

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
        If it cannot be opened, or is a pipe, a device or a folder.
    """
    return _kind(path, content_of(path))


def _kind(path: Path, content: Content) -> Kind:
    named = _named(path)
    if content.holds == "scan":
        return "mask" if is_mask_name(path.name) else "scan"
    if content.holds in {"dicom", "picture"}:
        return cast("Kind", content.holds)
    if content.holds in {"document", "archive"}:  # many documents are archives by their bytes
        return "document" if "document" in {named, content.holds} else "archive"
    if content.holds == "packed":
        return "table" if named == "table" else "archive"
    if named == "scan" and is_mask_name(path.name):
        return "mask"
    return named or ("text" if content.holds == "text" else "other")


def told_by_contradiction(path: Path) -> Told:
    """Answer for a file whose name and first bytes say different things; it is read as what it is.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Told
        ``"cannot tell"`` where they do: whoever named it meant something else, or nobody to look.

    Raises
    ------
    OSError
    """
    content = content_of(path)
    named = _named(path)
    said = f"the file holds a {content.holds}, and its name says otherwise"
    if content.holds == "scan" and not path.name.lower().endswith(content.extensions):
        return cannot_tell("content", said)
    if content.holds == "picture" and named != "picture":
        return cannot_tell("content", said)
    if content.holds == "dicom" and named is not None:
        return cannot_tell("content", "the file holds DICOM, and its name says otherwise")
    if content.holds == "packed" and named == "table" and not path.name.lower().endswith(content.extensions):
        return cannot_tell("content", "the file is packed, and its name says otherwise")
    if content.holds == "unknown" and named in _READ_AS_TEXT:
        return cannot_tell("content", f"the name says {named}, and the file holds bytes that are no text")
    return nothing("content", "the file is what its name says")


def _named(path: Path) -> Kind | None:
    """Return the kind that a name promises."""
    if split_extension(path.name)[1]:
        return "scan"
    name = path.name.lower()
    return next((kind for kind, endings in _BY_EXTENSION.items() if name.endswith(tuple(endings.split()))), None)
