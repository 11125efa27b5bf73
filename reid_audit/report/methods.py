"""How a report was made, as a paper says it: one paragraph, and the sources as BibTeX."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_audit.report.numbers import percent
from reid_audit.report.wording import counted, people_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reid_audit.types import Findings

__all__ = ["bibtex", "methods_paragraph"]

_SOURCES = {
    "clopper1934": """@article{clopper1934,
  author = {Clopper, C. J. and Pearson, E. S.},
  title = {The use of confidence or fiducial limits illustrated in the case of the binomial},
  journal = {Biometrika},
  volume = {26},
  number = {4},
  pages = {404--413},
  year = {1934},
  doi = {10.1093/biomet/26.4.404}
}""",
    "king2009": """@article{king2009,
  author = {King, Davis E.},
  title = {Dlib-ml: A Machine Learning Toolkit},
  journal = {Journal of Machine Learning Research},
  volume = {10},
  pages = {1755--1758},
  year = {2009}
}""",
    "grother2019": """@techreport{grother2019,
  author = {Grother, Patrick and Ngan, Mei and Hanaoka, Kayee},
  title = {Face Recognition Vendor Test (FRVT) Part 2: Identification},
  institution = {National Institute of Standards and Technology},
  number = {NISTIR 8271},
  year = {2019},
  doi = {10.6028/NIST.IR.8271}
}""",
}


def methods_paragraph(findings: Findings) -> str:
    """Return how the numbers were made, in the words of a methods section.

    Parameters
    ----------
    findings : Findings

    Returns
    -------
    str
        Conditions, attackers, models and settings as they were; no label, no path.
    """
    cohort, settings = findings.cohort, findings.settings
    conditions = sorted(set(cohort.scans["condition"].astype(str))) if len(cohort.scans) else []
    who = " who do not exist, computed phantoms" if cohort.phantom else ""
    kept = settings.get("triangles")
    mesh = f"reduced to {int(kept):,} triangles" if kept else "kept whole"
    views = _views(settings)
    attackers = ", ".join(attacker.name for attacker in findings.attackers) or "no attacker"
    models = "; ".join(f"{model.name} {model.version}".strip() for model in findings.models) or "no model"
    version = findings.provenance.get("versions", {}).get("reid_audit", "of unknown version")
    share = percent(float(settings.get("confidence", 0.95)))
    return (
        f"Re-identification risk was measured with reid_audit {version}. {counted(len(cohort.scans), 'head scan')} of "
        f"{people_of(len(cohort.subjects))}{who} ({counted(len(conditions), 'condition')}: "
        f"{', '.join(conditions) or 'none'}) and {counted(len(cohort.photos), 'photograph')} were searched by these "
        f"attackers: {attackers}. Of each scan the skin was found as a surface, {mesh}, and rendered{views}; faces "
        f"were found and compared by {models}. Whoever "
        "has no template counts as not found. The person is the unit of every interval: shares of people have exact "
        f"{share} limits (Clopper and Pearson, 1934), ties count by their share, and every number stands beside what "
        "guessing and shuffled labels give. False positive identification rates follow NISTIR 8271. The seed was "
        f"{findings.provenance.get('seed', 'not recorded')}."
    )


def _views(settings: Mapping[str, object]) -> str:
    """Return from how many sides and lights, where the settings say it."""
    counts = [len(found) for name in ("yaws", "pitches") if isinstance(found := settings.get(name), list | tuple)]
    lights = [
        len(found) for name in ("azimuths", "elevations") if isinstance(found := settings.get(name), list | tuple)
    ]
    if len(counts) != 2 or len(lights) != 2:
        return ""
    return f" from {counted(counts[0] * counts[1], 'camera')} under {counted(lights[0] * lights[1], 'light')}"


def bibtex(findings: Findings) -> str:
    """Return the sources of the methods that were used, and this package, as BibTeX.

    Parameters
    ----------
    findings : Findings

    Returns
    -------
    str
        The entry of dlib only where its models looked at something.
    """
    version = findings.provenance.get("versions", {}).get("reid_audit", "")
    own = "\n".join(
        (
            "@software{reid_audit,",
            "  title = {reid\\_audit: re-identification risk auditing of head scans},",
            f"  version = {{{version}}}",
            "}",
        )
    )
    by_dlib = any("dlib" in model.name for model in findings.models)
    used = [text for name, text in _SOURCES.items() if name != "king2009" or by_dlib]
    return "\n\n".join((own, *used))
