"""How a report was made, as a paper says it: one paragraph, and the sources as BibTeX."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_audit.report.numbers import percent
from reid_audit.report.rebuilt import rebuilt_scans
from reid_audit.report.wording import counted, people_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reid_audit.types import Cohort, Findings

__all__ = ["CITED", "bibtex", "methods_paragraph"]

CITED = {
    "reid_audit": "reid_audit",
    "Clopper and Pearson, 1934": "clopper1934",
    "NISTIR 8271": "grother2019",
    "McNemar's exact test": "mcnemar1947",
    "corrected by Holm": "holm1979",
    "King, 2009": "king2009",
}
"""Words of the paragraph that name a source, and its key in the BibTeX."""

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
    "mcnemar1947": """@article{mcnemar1947,
  author = {McNemar, Quinn},
  title = {Note on the sampling error of the difference between correlated proportions or percentages},
  journal = {Psychometrika},
  volume = {12},
  number = {2},
  pages = {153--157},
  year = {1947},
  doi = {10.1007/BF02295996}
}""",
    "holm1979": """@article{holm1979,
  author = {Holm, Sture},
  title = {A simple sequentially rejective multiple test procedure},
  journal = {Scandinavian Journal of Statistics},
  volume = {6},
  number = {2},
  pages = {65--70},
  year = {1979}
}""",
    "grother2019": """@techreport{grother2019,
  author = {Grother, Patrick and Ngan, Mei and Hanaoka, Kayee},
  title = {Face Recognition Vendor Test ({FRVT}) Part 2: Identification},
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
    given = cohort.given
    conditions = sorted(set(given["condition"].astype(str))) if len(given) else []
    who = " who do not exist, computed phantoms" if cohort.phantom else ""
    kept = settings.get("triangles")
    mesh = f"reduced to {int(kept):,} triangles" if kept else "kept whole"
    views = _views(settings)
    attackers = ", ".join(attacker.name for attacker in findings.attackers) or "no attacker"
    models = "; ".join(f"{model.name} {model.version}".strip() for model in findings.models) or "no model"
    by_dlib = " (dlib: King, 2009)" if _uses_dlib(findings) else ""
    version = findings.provenance.get("versions", {}).get("reid_audit", "of unknown version")
    share = percent(float(settings.get("confidence", 0.95)))
    return (
        f"Re-identification risk was measured with reid_audit {version}. {counted(len(given), 'head scan')} of "
        f"{people_of(len(cohort.subjects))}{who} ({counted(len(conditions), 'condition')}: "
        f"{', '.join(conditions) or 'none'}) and {counted(len(cohort.photos), 'photograph')} were searched by these "
        f"attackers: {attackers}.{_rebuilt(cohort)} Of each scan the skin was found as a surface, {mesh}, and "
        f"rendered{views}; faces were found and compared by {models}{by_dlib}. Whoever has no template counts "
        "as not found. The person is the unit of every interval: shares of people have exact "
        f"{share} limits (Clopper and Pearson, 1934), ties count by their share, and every number stands beside what "
        f"guessing and shuffled labels give.{_paired(findings)} False positive identification rates follow "
        "NISTIR 8271. The seed was "
        f"{findings.provenance.get('seed', 'not recorded')}."
    )


def _rebuilt(cohort: Cohort) -> str:
    """Return whose faces were rebuilt before they were searched, where any were."""
    made = rebuilt_scans(cohort, control=False)
    if not made:
        return ""
    who = sorted({each.attacker for each in cohort.rebuilt.values()})
    controls = rebuilt_scans(cohort, control=True)
    swapped = f", and as a control {counted(controls, 'head')} with another person's rebuilt face" if controls else ""
    return (
        f" Searched as well were {counted(made, 'scan')} in which an attacker had rebuilt the face "
        f"({', '.join(who)}){swapped}."
    )


def _paired(findings: Findings) -> str:
    """Return how conditions were compared, where they were."""
    if not findings.differences:
        return ""
    return (
        " Conditions were compared over the people who are in both: differences with limits from resamples of people, "
        "and McNemar's exact test on people found by more than half of their searches, corrected by Holm over the "
        "conditions of one attack."
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


def _uses_dlib(findings: Findings) -> bool:
    return any("dlib" in model.name for model in findings.models)


def bibtex(findings: Findings) -> str:
    """Return the sources of the methods that were used, and this package, as BibTeX.

    Parameters
    ----------
    findings : Findings

    Returns
    -------
    str
        The entry of dlib only where its models looked at something, those of paired tests where there were any.
    """
    version = findings.provenance.get("versions", {}).get("reid_audit", "")
    own = "\n".join(
        (
            "@misc{reid_audit,",
            "  author = {{The developers of reid\\_audit}},",
            "  title = {reid\\_audit: re-identification risk auditing of head scans},",
            f"  note = {{Software, version {version}}}",
            "}",
        )
    )
    paired = bool(findings.differences)
    wanted = {"king2009": _uses_dlib(findings), "mcnemar1947": paired, "holm1979": paired}
    used = [text for name, text in _SOURCES.items() if wanted.get(name, True)]
    return "\n\n".join((own, *used))
