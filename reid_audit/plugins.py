"""Detectors, embedders, matchers, defacers and reconstructors by name: of the package, and of others.

Another distribution offers one by an entry point whose value is a callable without arguments, for example in its
``pyproject.toml``::

    [project.entry-points."reid_audit.embedders"]
    my-embedder = "my_package:MyEmbedder"

Nothing is imported before it is asked for by name. A name of this package always means the part of this package.
"""

from __future__ import annotations

import importlib
import importlib.metadata
from functools import partial
from pathlib import PurePath
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, cast

from reid_audit.errors import MissingResourceError, ReidAuditError, UsageError
from reid_audit.protocols import Defacer, Detector, Embedder, Matcher, Reconstructor

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "BUILT_IN",
    "FAMILIES",
    "Group",
    "available",
    "load_defacer",
    "load_detector",
    "load_embedder",
    "load_matcher",
    "load_reconstructor",
    "shareable_name",
]

Group = Literal["detectors", "embedders", "matchers", "defacers", "reconstructors"]

BUILT_IN: Mapping[Group, Mapping[str, str]] = MappingProxyType(
    {
        "detectors": MappingProxyType(
            {
                "dlib": "reid_audit.faces:DlibDetector",
                "dlib-large": "reid_audit.faces:DlibLargeFaceDetector",
                "yunet": "reid_audit.faces:YunetDetector",
            }
        ),
        "embedders": MappingProxyType(
            {"dlib-onnx": "reid_audit.faces:DlibOnnxEmbedder", "dlib": "reid_audit.faces:DlibEmbedder"}
        ),
        "matchers": MappingProxyType(
            {
                "nearest": "reid_audit.match:Nearest",
                "mean": "reid_audit.match:Mean",
                "topk": "reid_audit.match:TopK",
                "svm": "reid_audit.match:LinearSvm",
                "svm-rbf": "reid_audit.match:RbfSvm",
                "cosine": "reid_audit.match:Cosine",
            }
        ),
        "defacers": MappingProxyType(
            {
                "zero": "reid_audit.defacers:ZeroDefacer",
                "partial": "reid_audit.defacers:PartialDefacer",
                "meanface": "reid_audit.defacers:MeanFaceDefacer",
                "blur": "reid_audit.defacers:BlurDefacer",
                "quickshear": "reid_audit.defacers:QuickshearDefacer",
                "niimath": "reid_audit.defacers:NiimathDefacer",
                "deepdefacer": "reid_audit.defacers:DeepDefacer",
                "pydeface-sitk": "reid_audit.defacers:PydefaceSitkDefacer",
                "spm": "reid_audit.defacers:SpmDefacer",
                "skullstrip": "reid_audit.defacers:SkullStripDefacer",
                "afni-deface": "reid_audit.defacers.tools:AfniDeface",
                "afni-reface": "reid_audit.defacers.tools:AfniReface",
                "afni-reface-plus": "reid_audit.defacers.tools:AfniRefacePlus",
                "mri-deface": "reid_audit.defacers.tools:MriDeface",
                "mideface": "reid_audit.defacers.tools:MiDeFace",
                "mridefacer": "reid_audit.defacers.tools:MriDefacer",
                "fsl-deface": "reid_audit.defacers.tools:FslDeface",
                "pydeface": "reid_audit.defacers.tools:PyDeface",
                "mri-reface": "reid_audit.defacers.tools:MriReface",
                "totalsegmentator": "reid_audit.defacers.tools:TotalSegmentator",
                "cta-deface": "reid_audit.defacers.tools:CtaDeface",
                "pediatric-auto-defacer": "reid_audit.defacers.tools:PediatricAutoDefacer",
                "caideface": "reid_audit.defacers.tools:CaiDeface",
                "synthstrip": "reid_audit.defacers.tools:SynthStrip",
            }
        ),
        "reconstructors": MappingProxyType(
            {
                "template": "reid_audit.reconstruct:TemplateFill",
                "average": "reid_audit.reconstruct:AverageFace",
                "shape": "reid_audit.reconstruct:ShapeModel",
                "shape-sample": "reid_audit.reconstruct:ShapeSample",
            }
        ),
    }
)
"""Group to name to where the part is, as ``module:attribute``."""

FAMILIES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "onnx": ("PATH or NAME", "reid_audit.faces:OnnxEmbedder"),
        "deepface": ("MODEL", "reid_audit.faces:DeepFaceEmbedder"),
        "diffusion": ("FOLDER", "reid_audit.reconstruct.diffusion:CascadedDiffusion"),
    }
)
"""Parts that are named ``family:which``: what the second part is, and where the callable is that takes it."""

_GROUP_OF: Mapping[str, Group] = MappingProxyType(
    {"onnx": "embedders", "deepface": "embedders", "diffusion": "reconstructors"}
)


def available(group: Group) -> tuple[str, ...]:
    """Return the names of a group: those of the package, then those of others in alphabetical order.

    Parameters
    ----------
    group : {"detectors", "embedders", "matchers", "defacers", "reconstructors"}

    Returns
    -------
    tuple of str
        None of them is imported for it.
    """
    own = tuple(BUILT_IN[group])
    return own + tuple(sorted({point.name for point in _entry_points(group)} - set(own)))


def load_detector(name: str) -> Detector:
    """Return a new detector.

    Parameters
    ----------
    name : str
        One of ``available("detectors")``.

    Returns
    -------
    Detector

    Raises
    ------
    UsageError
        There is none of that name, two packages offer it, or what they offer is no detector.
    MissingResourceError
        It could not be imported or made.
    """
    return cast("Detector", _load("detectors", name, Detector))


def load_embedder(name: str) -> Embedder:
    """Return a new embedder.

    Parameters
    ----------
    name : str
        One of ``available("embedders")``; or ``onnx:`` with the path of an ``.onnx`` file or the name of an installed
        one, or ``deepface:`` with a model of DeepFace (:data:`FAMILIES`).

    Returns
    -------
    Embedder

    Raises
    ------
    UsageError
        There is none of that name, two packages offer it, or what they offer is no embedder.
    MissingResourceError
        It could not be imported or made.
    """
    return cast("Embedder", _load("embedders", name, Embedder))


def load_matcher(name: str) -> Matcher:
    """Return a new matcher.

    Parameters
    ----------
    name : str
        One of ``available("matchers")``.

    Returns
    -------
    Matcher

    Raises
    ------
    UsageError
        There is none of that name, two packages offer it, or what they offer is no matcher.
    MissingResourceError
        It could not be imported or made.
    """
    return cast("Matcher", _load("matchers", name, Matcher))


def load_defacer(name: str) -> Defacer:
    """Return a new defacer.

    Parameters
    ----------
    name : str
        One of ``available("defacers")``.

    Returns
    -------
    Defacer

    Raises
    ------
    UsageError
        There is none of that name, two packages offer it, or what they offer is no defacer.
    MissingResourceError
        It could not be imported or made.
    """
    return cast("Defacer", _load("defacers", name, Defacer))


def load_reconstructor(name: str) -> Reconstructor:
    """Return a new reconstructor.

    Parameters
    ----------
    name : str
        One of ``available("reconstructors")``; or ``diffusion:`` with the folder of a trained model.

    Returns
    -------
    Reconstructor

    Raises
    ------
    UsageError
        There is none of that name, two packages offer it, or what they offer is no reconstructor.
    MissingResourceError
        It could not be imported or made.
    """
    return cast("Reconstructor", _load("reconstructors", name, Reconstructor))


def shareable_name(name: str) -> str:
    """Return the name of a part without the folder of what it names: reports hold no path."""
    family, colon, which = name.partition(":")
    return f"{family}:{PurePath(which).name}" if colon and family in FAMILIES else name


def _load(group: Group, name: str, protocol: type) -> Any:
    kind = group.removesuffix("s")
    make = _maker(group, name)
    try:
        part = make()
    except ReidAuditError:
        raise
    except Exception as error:
        raise MissingResourceError(
            f"The {kind} '{name}' could not be made: {type(error).__name__}: {error}.",
            remedy="Ask those who wrote it; a plugin is a callable without arguments.",
        ) from error
    if not isinstance(part, protocol):
        raise UsageError(
            f"What is registered as {kind} '{name}' is none: it made a {type(part).__name__}.",
            remedy=f"Compare it with reid_audit.protocols.{protocol.__name__}; reid_audit.testing checks it.",
        )
    return part


def _maker(group: Group, name: str) -> Any:
    """Return the callable that is registered under a name."""
    kind = group.removesuffix("s")
    family, colon, which = name.partition(":")
    try:
        if name in BUILT_IN[group]:
            return _imported(BUILT_IN[group][name])
        if colon and _GROUP_OF.get(family) == group:
            return partial(_imported(FAMILIES[family][1]), which)
        offered = {point.value: point for point in _entry_points(group) if point.name == name}
        if len(offered) == 1:
            return next(iter(offered.values())).load()
    except Exception as error:
        raise MissingResourceError(
            f"The {kind} '{name}' could not be imported: {type(error).__name__}: {error}.",
            remedy="Install what it needs, or remove the package that offers it.",
        ) from error
    if offered:
        raise UsageError(
            f"The {kind} '{name}' is offered {len(offered)} times: {', '.join(sorted(offered))}.",
            remedy="Remove all but one of these packages.",
        )
    families = tuple(f"{family}:{what}" for family, (what, _) in FAMILIES.items() if _GROUP_OF[family] == group)
    raise UsageError(
        f"There is no {kind} '{name}'. Known: {', '.join((*available(group), *families))}.",
        remedy="Check the spelling, or install the package that offers it.",
    )


def _imported(where: str) -> Any:
    module, _, attribute = where.partition(":")
    return getattr(importlib.import_module(module), attribute)


def _entry_points(group: Group) -> importlib.metadata.EntryPoints:
    return importlib.metadata.entry_points(group=f"reid_audit.{group}")
