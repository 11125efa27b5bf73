"""What a run leaves for the gate, and how an older record is taken away before a new one can be made."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

from reid_audit.errors import StoreError
from reid_audit.gating.digests import hash_released
from reid_audit.gating.measuring import measure
from reid_audit.gating.records import EVIDENCE, Evidence, RebuiltOf
from reid_audit.report import names_in
from reid_audit.report.losses import LOST_STAGES
from reid_audit.store import write_text
from reid_audit.types import ORIGINAL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from reid_audit.gating.records import Measured, Released
    from reid_audit.types import Findings, Rebuilt, ScoreTable

__all__ = ["begin_evidence", "write_evidence"]


def begin_evidence(out: Path | str | None) -> int:
    """Take away what an earlier run left for the gate, so that a run that stops cannot be taken for a finished one.

    Parameters
    ----------
    out : path-like or None
        Of the run; None where it keeps nothing.

    Returns
    -------
    int
        The time now, ns: what :func:`write_evidence` asks for.

    Raises
    ------
    StoreError
        If the old record cannot be removed.
    """
    if out is not None:
        try:
            (Path(out) / EVIDENCE).unlink(missing_ok=True)
        except NotADirectoryError:  # OUT is a file: who writes to it says so
            pass
        except OSError as error:
            raise StoreError(
                f"The record of an earlier run, '{EVIDENCE}', cannot be removed: {error.strerror}.",
                remedy="Name another OUT, or remove the file.",
            ) from error
    return time.time_ns()


def write_evidence(findings: Findings, out: Path | str, since: int, scores: Sequence[ScoreTable] | None = None) -> Path:
    """Write the record of a finished run beside its report.

    It holds counts, hashes, settings and versions, and who is worst off under each attack by the pseudonym of the
    report: no label, no path, and of the originals nothing but how many of them were found. Scans that attackers made
    are not released: those with rebuilt faces are attacks on the scans that they were made of, controls are left out.

    Parameters
    ----------
    findings : Findings
    out : path-like
        Where ``report.json`` stands.
    since : int
        When the run began, from :func:`begin_evidence`.
    scores : sequence of ScoreTable, optional
        What is counted, with every released scan searched (:func:`~reid_audit.attackers.search_all_scans`); those of
        the findings by default.

    Returns
    -------
    Path

    Raises
    ------
    StoreError
        If the disk refuses.
    """
    folder = Path(out)
    cohort, of_release = findings.cohort, findings.cohort.released
    rebuilt = {name: made for name, made in cohort.rebuilt.items() if not made.control}
    released, samples, changed = hash_released(of_release, since, workers=int(findings.settings.get("workers", 1)))
    content = (folder / "report.json").read_bytes()
    shared = json.loads(content)  # what it says of settings and models names nobody
    names = names_in(findings, folder)
    places = _places(released, samples)
    lost = sum(each.stage in LOST_STAGES and each.condition not in cohort.controls for each in findings.failures)
    conditions = {*of_release["condition"], *(made.condition for made in rebuilt.values())}
    record = Evidence(
        version=str(shared["provenance"]["versions"].get("reid_audit", "unknown")),
        made=str(shared["provenance"].get("time", "")),
        complete=not lost and not changed,
        lost=lost,
        changed=changed,
        phantom=cohort.phantom,
        people=int(of_release["subject"].nunique()),
        attackers=tuple(attacker.name for attacker in findings.attackers),
        conditions=tuple(sorted(map(str, conditions))),
        attacks=tuple(
            _measured(table, rebuilt, names.person, places)
            for table in (findings.scores if scores is None else scores)
            if table.condition not in cohort.controls
        ),
        released=released,
        rebuilt=tuple(RebuiltOf(condition=made.condition, attacker=made.attacker) for made in rebuilt.values()),
        settings=shared["settings"],
        provenance=shared["provenance"],
        models=tuple(shared["models"]),
        report=hashlib.sha256(content).hexdigest(),
    )
    return write_text(folder / EVIDENCE, record.model_dump_json(indent=1) + "\n")


def _measured(
    table: ScoreTable,
    rebuilt: Mapping[str, Rebuilt],
    name: Callable[[str], str],
    places: Mapping[str, Mapping[str, int]],
) -> Measured:
    """Measure an attack: one in rebuilt scans is one more on the released scans that they were made of."""
    if table.condition == ORIGINAL:
        return measure(table)
    made = rebuilt.get(table.condition)
    if made is None:
        return measure(table, name, places.get(table.condition))
    return measure(table, name).model_copy(update={"condition": made.condition, "rebuilt": made.attacker})


def _places(released: Sequence[Released], samples: Sequence[str]) -> dict[str, dict[str, int]]:
    """Return the place of every released scan in the record, by condition and sample."""
    found: dict[str, dict[str, int]] = {}
    for place, (scan, sample) in enumerate(zip(released, samples, strict=True)):
        found.setdefault(scan.condition, {})[sample] = place
    return found
