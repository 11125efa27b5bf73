"""What ``reid-audit reconstruct`` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from reid_audit.cli.errors import INCOMPLETE
from reid_audit.cli.progress import telling
from reid_audit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from reid_audit.types import Cohort, Failure

__all__ = ["run_attack", "run_train"]


def run_train(source: Path, out: Path, *, preset: str, seed: int, device: str | None, quiet: bool) -> int:
    """Train a diffusion model on the originals of a cohort, and return the exit status.

    Raises
    ------
    ReidAuditError
        As :func:`reid_audit.reconstruct.diffusion.train_diffusion` does.
    """
    from reid_audit.inputs import read_cohort
    from reid_audit.reconstruct.diffusion.extra import need
    from reid_audit.reconstruct.diffusion.people import train_on

    need("torch")
    cohort, lost = read_cohort(source)
    _check_out(out, source, cohort)
    with telling(quiet=quiet) as tell:
        done = train_on(cohort, out, preset=preset, seed=seed, device=device, progress=tell)
    for name, curve in done.curves.items():
        if curve:
            best = min(curve, key=lambda row: row[3])
            kept = f"{best[3]:.3f} of what it begins with is left (step {best[0]:.0f})"
            typer.echo(f"{name}: {curve[-1][0]:.0f} steps; {kept if best[3] < 1 else 'it adds nothing'}.")
    typer.echo(f"Model of {done.people} people: {out} (private: it can draw faces like theirs)")
    if done.lost:
        typer.echo(
            f"{done.lost} more people: their scans cannot be read, or show no face that could be laid on the others.",
            err=True,
        )
    _tell_lost(lost)
    typer.echo(f"Attack with it: reid-audit reconstruct attack COHORT OUT --training COHORT --by diffusion:{out}")
    return INCOMPLETE if lost or done.lost or not done.finished else 0


def run_attack(
    source: Path,
    out: Path,
    *,
    training: Path,
    attackers: Sequence[str],
    options: Mapping[str, Any],
    quiet: bool,
    with_faces: bool = False,
    predicted: Sequence[str] = (),
    participants: Path | None = None,
) -> int:
    """Rebuild the faces of a cohort's defaced scans, print how near they come, audit them, and return the exit status.

    With faces, original, defaced and rebuilt heads stand side by side in the private folder, as does every match. What
    is to be predicted are columns of the table of participants, that of the data set if none is given.

    Raises
    ------
    ReidAuditError
        As :func:`reid_audit.reconstruct.study.attack_cohort` and :func:`reid_audit.audit` do, and
        :func:`~reid_audit.inputs.quantities.read_quantity`.
    """
    from reid_audit.appendix import forget_faces, write_faces
    from reid_audit.auditing import audit
    from reid_audit.inputs import read_cohort
    from reid_audit.reconstruct.study import attack_cohort, learn_from
    from reid_audit.reconstruct.voxel_study import study_voxels
    from reid_audit.report.reconstruction import distances_in_words, learnt_in_words, write_distances
    from reid_audit.report.voxels import voxels_in_words
    from reid_audit.settings import make_settings
    from reid_audit.store import alone_in, private_folder

    settings = make_settings({name: value for name, value in options.items() if name != "photos"})
    quantities = _quantities(source, predicted, participants)
    cohort, lost = read_cohort(source, options.get("photos"))
    others, unread = read_cohort(training)
    for place, part in ((source, cohort), (training, others)):
        _check_out(out, place, part)
    with alone_in(out), telling(quiet=quiet, out=out, command="reconstruct attack") as tell:
        private_folder(out / "private")
        forget_faces(out)
        private = out / "private" / "reconstruct"
        study = attack_cohort(
            cohort,
            others,
            private,
            attackers=attackers,
            swapped=attackers,
            seed=settings.seed,
            workers=settings.workers,
            progress=tell,
        )
        voxels = None
        if quantities:
            voxels = study_voxels(
                cohort,
                quantities,
                learn_from(others, private, progress=tell)[0],
                private,
                seed=settings.seed,
                confidence=settings.confidence,
                resamples=settings.resamples,
                workers=settings.workers,
                progress=tell,
            )
        write_distances(
            study.faces,
            out,
            seed=settings.seed,
            learnt=study.learnt,
            not_learnt=study.not_learnt,
            phantom=study.cohort.phantom,
            voxels=voxels,
        )
        failures = (*lost, *study.failures)
        done = audit(study.cohort, settings=settings, out=out, failures=failures, progress=tell)
        faces = write_faces(done.findings, settings=settings, out=out, progress=tell) if with_faces else None
    typer.echo(distances_in_words(study.faces))
    typer.echo(learnt_in_words(study.learnt, study.not_learnt))
    if voxels:
        typer.echo(voxels_in_words(voxels))
    _tell_lost(unread)
    for failure in (*study.failures, *(voxels.failures if voxels else ())):
        typer.echo(f"  {failure.condition}: {failure.what}", err=True)
    typer.echo(f"Distances: {out / 'reconstruction.html'}")
    typer.echo(f"Risk after reconstruction: {out / 'report.html'}")
    if faces is not None:
        typer.echo(f"Faces, private, not to be handed on: {faces}")
    lacking = study.failures or study.not_learnt or unread or (voxels and voxels.failures)
    whole = done.findings.complete and not lacking
    return 0 if whole else INCOMPLETE


def _quantities(source: Path, columns: Sequence[str], participants: Path | None) -> dict[str, dict[str, float]]:
    """Return each column by person."""
    from reid_audit.inputs.quantities import participants_file, read_quantity

    if not columns:
        return {}
    table = participants or participants_file(source)
    if table is None:
        raise UsageError(
            "There is no table to predict a column of: no participants.tsv lies in the data set.",
            remedy="Name a table with a column 'participant_id' or 'subject' (--participants).",
        )
    return {column: read_quantity(table, column) for column in columns}


def _tell_lost(files: Sequence[Failure]) -> None:
    """Say which files were not learnt from."""
    for failure in files:
        typer.echo(f"  Not learnt from: {failure.what}", err=True)


def _check_out(out: Path, source: Path, cohort: Cohort) -> None:
    """Refuse an OUT among the scans, wherever a manifest finds them: what is learnt would be released with them."""
    from pathlib import Path

    scans = [Path(path) for path in cohort.scans["path"]]
    folders = {scan if scan.is_dir() else scan.parent for scan in scans} | {source}
    inside = any(out.resolve().is_relative_to(folder.resolve()) for folder in folders if folder.is_dir())
    if inside or (source.is_file() and out.resolve() == source.parent.resolve()):
        raise UsageError(f"OUT '{out}' is, or lies in, the folder of the scans.", remedy="Name a folder elsewhere.")
