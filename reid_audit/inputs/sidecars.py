"""What BIDS sidecars say about defacing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reid_audit.inputs.names import deface_variant, split_extension

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Sidecars", "defacing_named"]

_FACE_CODE = "113102"  # DICOM: Clean Recognizable Visual Features Option
_TOOLS = (
    "pydeface", "mri_deface", "quickshear", "mridefacer", "fsl_deface", "afni_refacer", "afni_reface", "mideface",
    "mri_reface", "deepdefacer", "petdeface", "spm_deface", "cta-deface", "niimath", "totalsegmentator",
    "afni-deface", "afni-reface", "afni-reface-plus", "mri-deface", "fsl-deface", "pydeface-sitk", "mri-reface",
    "pediatric-auto-defacer", "caideface", "synthstrip",
)  # fmt: skip
_MAX_BYTES = 16 * 2**20
_LEVELS = 3


class Sidecars:
    """Reads sidecars by the inheritance principle, each file once.

    Parameters
    ----------
    root : Path
        Of the data set; files above it are not asked.
    files : collection of Path
        The JSON files that exist.
    """

    def __init__(self, root: Path, files: list[Path]) -> None:
        self._root = root
        self._by_folder: dict[Path, list[Path]] = {}
        self._content: dict[Path, dict[str, Any]] = {}
        for file in files:
            self._by_folder.setdefault(file.parent, []).append(file)
        self.n_unreadable = 0

    def of(self, image: Path) -> dict[str, Any]:
        """Return the merged sidecar of an image; the nearest file wins."""
        stem, _ = split_extension(image.name)
        *pairs, suffix = stem.split("_")
        merged: dict[str, Any] = {}
        for folder in self._folders(image.parent):
            candidates = [
                (len(parts), file)
                for file in self._by_folder.get(folder, ())
                if (parts := file.name[:-5].split("_"))[-1] == suffix and set(parts[:-1]) <= set(pairs)
            ]
            for _, file in sorted(candidates):
                merged |= self._read(file)
        return merged

    def _folders(self, folder: Path) -> list[Path]:
        """From the root down to the image's folder."""
        chain = [folder]
        while chain[-1] != self._root and self._root in chain[-1].parents:
            chain.append(chain[-1].parent)
        return chain[::-1]

    def _read(self, file: Path) -> dict[str, Any]:
        if file not in self._content:
            content: Any = None
            try:
                if file.is_file() and file.stat().st_size <= _MAX_BYTES:
                    content = json.loads(file.read_text(encoding="utf-8-sig"))
            except (OSError, ValueError, RecursionError):
                content = None
            if not isinstance(content, dict):
                self.n_unreadable += 1
                content = {}
            self._content[file] = content
        return self._content[file]


def defacing_named(sidecar: dict[str, Any]) -> str | None:
    """Return the condition that a sidecar names, None where it says nothing of the face.

    Parameters
    ----------
    sidecar : dict
        ``DeidentificationMethod`` and ``DeidentificationMethodCodeSequence`` are asked. A de-identification that
        speaks of the header alone leaves the scan an original.

    Returns
    -------
    str or None
        The tool's name where one is recognised, else ``"defaced"``.
    """
    words = _strings(sidecar.get("DeidentificationMethod"))
    words += _strings(sidecar.get("DeidentificationMethodCodeSequence"))
    text = " ".join(words).lower()
    for tool in sorted(_TOOLS, key=len, reverse=True):  # a name may be a part of another
        if tool in text:
            return tool
    spoken_of = any("face" in word.lower() or "facial" in word.lower() or _says_defaced(word) for word in words)
    return "defaced" if spoken_of or _FACE_CODE in text or "recognizable visual features" in text else None


def _says_defaced(word: str) -> bool:
    return (
        deface_variant(word)
        and "de-id" not in word.lower()
        and "deid" not in word.lower()
        and "anon" not in word.lower()
    )


def _strings(value: Any, levels: int = _LEVELS) -> list[str]:
    """Return every string and number inside a JSON value, outermost 3 levels, of a list the first 100."""
    if isinstance(value, str | int):
        return [str(value)]
    items = value.values() if isinstance(value, dict) else value[:100] if isinstance(value, list) else ()
    return [text for item in items for text in _strings(item, levels - 1)] if levels else []
