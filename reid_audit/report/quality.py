"""What the quality of defaced scans is, on paper: ``quality.tsv``, ``quality.json`` and a page to read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reid_audit.quality.tables import quality_document, quality_table
from reid_audit.report.numbers import MISSING, format_interval, percent, plain
from reid_audit.report.page import render_page
from reid_audit.report.wording import counted, people_of
from reid_audit.statistics import rate_interval
from reid_audit.store import own_folder, take_back, write_json, write_text, write_tsv
from reid_audit.types import QUALITY_REGIONS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reid_audit.quality.limits import Limits
    from reid_audit.types import Result, ScanQuality

__all__ = ["quality_in_words", "write_quality"]

_JUDGED = (
    ("face", "Face removed"),
    ("ears", "Ears removed"),
    ("brain", "Brain kept"),
    ("both", "Face removed, brain kept"),
)
_NAMES = {
    "cohen_kappa": "Cohen's kappa",
    "fleiss_kappa": "Fleiss' kappa",
    "sensitivity": "Sensitivity of the verdict to failures",
    "specificity": "Specificity of the verdict",
}


def write_quality(
    judged: Sequence[ScanQuality],
    folder: Path | str,
    *,
    agreement: Sequence[Result] = (),
    notes: Sequence[str] = (),
    limits: Limits | None = None,
) -> Path:
    """Write ``quality.tsv`` and ``quality.json``, which name the scans, and ``quality.html``, which does not.

    Parameters
    ----------
    judged : sequence of ScanQuality
    folder : path-like
        Created when missing; files are 0600.
    agreement : sequence of Result
        Of raters, where there are any.
    notes : sequence of str
    limits : Limits, optional
        That the verdicts were made with; those in force by default.

    Returns
    -------
    Path
        Of ``quality.html``: scans stand in it by their row in ``quality.tsv``.

    Raises
    ------
    StoreError
        If the disk refuses.
    """
    base = own_folder(folder)
    table = quality_table(judged)
    more = {} if limits is None else {"limits": limits}
    content = plain(quality_document(judged, agreement=agreement, notes=notes, **more))
    take_back(base, "quality.html", "quality.json")
    write_tsv(base / "quality.tsv", table)
    write_json(base / "quality.json", content)
    return write_text(base / "quality.html", _page(judged, agreement, content))


def quality_in_words(judged: Sequence[ScanQuality], agreement: Sequence[Result] = ()) -> list[str]:
    """Return the summary for a terminal: one line a condition and question, then what cannot be judged.

    Parameters
    ----------
    judged : sequence of ScanQuality
    agreement : sequence of Result

    Returns
    -------
    list of str
        No name of a scan or person.
    """
    lines = []
    for condition, scans in _by_condition(judged).items():
        lines.append(f"Condition '{condition}', {counted(len(scans), 'scan')}:")
        for question, words in _JUDGED:
            lines.append(f"  {words}: {_tally(_verdicts(scans, question))}")
        left = {name: sum(scan.region(name).verdict == "fail" for scan in scans) for name in QUALITY_REGIONS}
        if any(left.values()):
            lines.append("  Left: " + ", ".join(f"{name} in {count}" for name, count in left.items() if count))
        if seen := _seen_all_the_same(scans):
            lines.append(f"  {seen}")
        failed = sum(scan.failure is not None for scan in scans)
        if failed:
            lines.append(f"  {counted(failed, 'scan')} could not be judged; the table says why")
    lines += [f"{_named(result)}: {_number(result)}" for result in agreement]
    return lines


def _verdicts(scans: Sequence[ScanQuality], question: str) -> list[str]:
    """Return the answers to one question, a scan each."""
    return [scan.brain.verdict if question == "brain" else getattr(scan, question) for scan in scans]


def _tally(verdicts: Sequence[str]) -> str:
    """Count verdicts: ``12 pass, 3 fail, 1 not assessed``."""
    return ", ".join(f"{verdicts.count(word)} {word}" for word in ("pass", "fail", "not assessed") if word in verdicts)


def _seen_all_the_same(scans: Sequence[ScanQuality]) -> str:
    """Say how many passed in whose renders a detector finds a face; empty where there are none."""
    passed = [scan for scan in scans if scan.face == "pass" and scan.n_views]
    seen = sum(2 * scan.n_detected >= scan.n_views for scan in passed)
    if not seen:
        return ""
    return (
        f"A face is found in half of the renders or more of {seen} of {counted(len(passed), 'scan')} whose face is "
        "removed: another face, or what lay under the skin. Whom it shows only an attack tells (reid-audit run)"
    )


def _success(scans: Sequence[ScanQuality]) -> tuple[str, str]:
    """Return the mean over people of their share of scans that passed, and its interval in words."""
    rates: dict[str, list[bool]] = {}
    for scan in scans:
        rates.setdefault(scan.subject or scan.sample, []).append(scan.both == "pass")
    means, trials = [sum(own) / len(own) for own in rates.values()], [len(own) for own in rates.values()]
    interval = rate_interval(means, trials)
    limits = format_interval("success_rate", interval.low, interval.high)
    return percent(sum(means) / len(means)), f"{limits}, {people_of(len(means))}; what is not assessed counts as no"


def _by_condition(judged: Sequence[ScanQuality]) -> dict[str, list[ScanQuality]]:
    names = sorted({scan.condition for scan in judged})
    return {name or "defaced": [scan for scan in judged if scan.condition == name] for name in names}


def _named(result: Result) -> str:
    kind, _, question = result.metric.rpartition("_")
    group = f", {result.group}" if result.group else ""
    return f"{_NAMES.get(kind, kind)}, {question}{group}"


def _number(result: Result) -> str:
    if result.value is None:
        return f"{MISSING} ({result.note})"
    interval = "" if result.low is None else f" ({result.low:.2f} to {result.high:.2f})"
    return f"{result.value:.2f}{interval}, {people_of(result.n_subjects)}, {counted(result.n_probes, 'scan')}"


def _page(judged: Sequence[ScanQuality], agreement: Sequence[Result], content: dict[str, Any]) -> str:
    return render_page(
        "reid_audit.report",
        "quality.html",
        facts=f"{counted(len(judged), 'defaced scan')}, {counted(len(_by_condition(judged)), 'condition')}.",
        questions=_JUDGED,
        regions=QUALITY_REGIONS,
        conditions=[_summary(name, scans) for name, scans in _by_condition(judged).items()],
        scans=[_scan(number, scan) for number, scan in enumerate(judged, start=1)],
        agreement=[(_named(result), _number(result), result.note) for result in agreement],
        notes=content["notes"],
        limits=content["limits"],
        calibration=content["calibration"],
    )


def _summary(name: str, scans: Sequence[ScanQuality]) -> dict[str, Any]:
    verdicts = {question: _verdicts(scans, question) for question, _ in _JUDGED}
    share, interval = _success(scans)
    return {
        "name": name,
        "n": counted(len(scans), "scan"),
        "share": share,
        "interval": interval,
        "seen": _seen_all_the_same(scans),
        "tallies": [(words, _tally(verdicts[question])) for question, words in _JUDGED],
        "left": {name: sum(scan.region(name).verdict == "fail" for scan in scans) for name in QUALITY_REGIONS},
        "lost": sum(scan.failure is not None for scan in scans),
    }


def _scan(number: int, scan: ScanQuality) -> dict[str, Any]:
    """Return what the page says of one scan; nothing that names it."""
    evidence = [scan.region(name).evidence for name in QUALITY_REGIONS]
    evidence += [scan.brain.evidence, scan.voxels.evidence, scan.behind.evidence]
    if scan.n_views:
        evidence.append(
            f"a face is found in {scan.n_detected} of {counted(scan.n_views, 'render')}, which alone decides nothing"
        )
    return {
        "row": number,
        "condition": scan.condition or "defaced",
        "face": scan.face,
        "ears": scan.ears,
        "brain": scan.brain.verdict,
        "pose": scan.pose,
        "open": scan.both != "pass",
        "shares": [percent(scan.region(name).share) for name in QUALITY_REGIONS],
        "lost_ml": MISSING if scan.brain.lost_ml is None else f"{scan.brain.lost_ml:.2f}",
        "failure": "" if scan.failure is None else f"{scan.failure.what} {scan.failure.remedy}".strip(),
        "evidence": list(dict.fromkeys([*evidence, *scan.notes])) if scan.failure is None else [],
    }
