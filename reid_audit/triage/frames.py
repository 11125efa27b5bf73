"""Volumes of a series: the first and the last are judged, and every one that looks like none of those that were."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reid_audit.triage.answer import Told, cannot_tell, nothing, of_volumes, worst
from reid_audit.triage.outline import outline_of, unlike
from reid_audit.triage.voxel_stream import open_voxels

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from reid_audit.inputs.scan_header import ScanHeader
    from reid_audit.triage.outline import Outline
    from reid_audit.triage.voxel_stream import VoxelStream

__all__ = ["told_by_frames", "told_by_rest"]

_FIRST = 2
"""Volumes at the beginning that are judged whatever they look like; the last is as well."""
_MOST_OTHERS = 5
"""Volumes between them that are judged because they look like none of the others."""
_MOST_BYTES = 2**36
"""Bytes of a series up to which every volume is compared."""
_MOST_NAMED = 8


@dataclass(frozen=True)
class Compared:
    """What one reading of a series showed.

    Parameters
    ----------
    others : tuple of int
        Volumes, counted from 0, that look like none before them: they stand for those like them.
    left : tuple of int
        Volumes that look like none of them either, and are too many to be judged.
    unread : str
        Why volumes were not compared; empty where all were.
    more : bool
        Whether bytes stand around the voxels that nothing claims.
    """

    others: tuple[int, ...] = ()
    left: tuple[int, ...] = ()
    unread: str = ""
    more: bool = False


def told_by_frames(path: Path, header: ScanHeader, judge: Callable[[int], Told]) -> Told:
    """Answer for a series.

    Parameters
    ----------
    path : Path
        In a format whose volumes stand one after another.
    header : ScanHeader
    judge : callable
        Takes the number of a volume, counted from 0, and answers for it.

    Returns
    -------
    Told
        Ends with what was judged and what was only compared. A face ends the search.
    """
    count = header.n_frames
    told: dict[int, Told] = {}
    for frame in dict.fromkeys((*range(min(_FIRST, count)), count - 1)):
        told[frame] = judge(frame)
        if told[frame].answer == "face":
            return _found(told[frame], frame, count)
    compared = _compared(path, header)
    for frame in compared.others:
        if frame not in told:
            told[frame] = judge(frame)
            if told[frame].answer == "face":
                return _found(told[frame], frame, count)
    return _summed(told, compared, count)


def _found(told: Told, frame: int, count: int) -> Told:
    return Told(told.answer, f"{told.why} (volume {frame + 1} of {count} volumes)")


def _summed(told: dict[int, Told], compared: Compared, count: int) -> Told:
    """Say what was judged, and what nobody looked at."""
    answer = of_volumes(told.values())
    judged = f"of {count} volumes {_numbers(told)} judged"
    rest = (
        "" if compared.unread or compared.left or len(told) == count else ", the others have the outline of one of them"
    )
    answers = [Told(answer.answer, f"{answer.why} ({judged}{rest})")]
    if compared.unread:
        answers.append(cannot_tell("series", f"{judged}, the others not compared: {compared.unread}"))
    if compared.left:
        named = _numbers(compared.left)
        answers.append(cannot_tell("series", f"{judged}; {named} look like none of them and were not judged"))
    return worst([*answers, _rest(more=compared.more)])


def _numbers(frames: Collection[int]) -> str:
    """Return numbers counted from 1, runs of them as one, at most eight."""
    runs: list[list[int]] = []
    for frame in sorted(frames):
        if runs and frame == runs[-1][1] + 1:
            runs[-1][1] = frame
        else:
            runs.append([frame, frame])
    shown = [str(a + 1) if a == b else f"{a + 1} to {b + 1}" for a, b in runs[:_MOST_NAMED]]
    more = len(runs) - len(shown)
    return ", ".join(shown) + (f" and {more} more runs" if more > 0 else "")


def _compared(path: Path, header: ScanHeader) -> Compared:
    """Read a series once and compare every volume with those that stand for others."""
    try:
        with open_voxels(path) as stream:
            if header.n_voxels * header.n_frames * stream.dtype.itemsize > _MOST_BYTES:
                return Compared(unread=f"the series has more than {_MOST_BYTES:,} bytes")
            return _read(stream, header)
    except (OSError, EOFError, ValueError, zlib.error):
        return Compared(unread="the file ends too early or is damaged")


def _read(stream: VoxelStream, header: ScanHeader) -> Compared:
    known: list[Outline] = []
    others: list[int] = []
    left: list[int] = []
    for frame, data in enumerate(stream.frames()):
        outline = outline_of(data, header.voxel_size)
        if frame < _FIRST:
            known.append(outline)
        elif unlike(outline, known):
            if len(others) < _MOST_OTHERS:
                known.append(outline)
                others.append(frame)
            elif frame < header.n_frames - 1:
                left.append(frame)
    return Compared(tuple(others), tuple(left), more=stream.holds_more())


def told_by_rest(path: Path) -> Told:
    """Answer for bytes of a scan's file that stand before or behind its voxels, where another scan may be.

    Parameters
    ----------
    path : Path
        NIfTI or MGH.

    Returns
    -------
    Told
    """
    try:
        with open_voxels(path) as stream:
            if stream.n_frames * math.prod(stream.shape) * stream.dtype.itemsize > _MOST_BYTES:
                return cannot_tell("rest", f"the header claims more than {_MOST_BYTES:,} bytes of voxels: not read")
            stream.skip()
            return _rest(more=stream.holds_more())
    except (OSError, EOFError, zlib.error):
        return Told("unaudited", "damaged: the file ends too early, or goes on with what cannot be unpacked")


def _rest(*, more: bool) -> Told:
    if more:
        return cannot_tell("rest", "bytes stand before or behind the voxels that the header does not claim")
    return nothing("no rest", "nothing stands around the voxels")
