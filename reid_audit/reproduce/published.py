"""What the studies reported: facts to stand beside ours, never targets that ours are moved to."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["STUDIES", "Study"]


@dataclass(frozen=True)
class Study:
    """A published study and its figures.

    Parameters
    ----------
    name : str
        As the command line has it.
    title : str
    citation : str
    what : str
        Who was looked at, and how.
    figures : mapping of str to str
        What was reported, by the name that the rows use.
    unknown : tuple of str
        What the paper does not say, so that it is a choice here.
    """

    name: str
    title: str
    citation: str
    what: str
    figures: Mapping[str, str]
    unknown: tuple[str, ...]


_S0 = Study(
    name="s0",
    title="Defacing software over cohorts of all ages",
    citation=(
        "Theyers et al., Front. Psychiatry 12:617997, 2021, 'Multisite Comparison of MRI Defacing Software Across "
        "Multiple Cohorts', https://doi.org/10.3389/fpsyt.2021.617997"
    ),
    what=(
        "300 scans of three Ontario projects, ages 3 to 85; six defacers and FreeSurfer's skull stripping; a scan "
        "passes where all facial features are removed and no brain tissue is; preprocessing run on original and "
        "defaced scans. "
        "Failures concentrate in one cohort each: the youngest (3 to 20 years), the oldest (44 to 85)"
    ),
    figures=MappingProxyType(
        {
            "afni_refacer": "89 %",
            "pydeface": "83 %",
            "preprocessing": "within converter-to-converter variation",
        }
    ),
    unknown=(
        "how much of a feature may be left: raters decided (here: decision 0009)",
        "success of the other defacers, which the abstract does not give",
        "what converter-to-converter variation would be on phantoms",
    ),
)
_S1 = Study(
    name="s1",
    title="An automatic defacer for children with brain tumours",
    citation="pediatric-auto-defacer, Am. J. Neuroradiol., https://doi.org/10.3174/ajnr.A8581",
    what=(
        "976 images (T1w, T1w with contrast agent, T2w, FLAIR) of 208 patients with tumours and 36 controls, 7 days to "
        "21 years; tested on 98 people, 392 images; eyes, mouth, nose and ears; measures before and after"
    ),
    figures=MappingProxyType(
        {
            "face removed": "98 %",
            "ears removed": "73 %",
            "brain measures": "0.93 (mean over regions)",
            "tumour volume": "above 0.9",
            "temporalis": "above 0.9",
        }
    ),
    unknown=(
        "adults: the paper has none; its ages lie in the groups of newborns and children",
        "measures by region: here volumes by brightness of the tissue",
        "the mask of the temporalis: of phantoms the muscle of the temple, known from how they are made",
    ),
)
_S2 = Study(
    name="s2",
    title="Re-identification by photographs with open-source tools",
    citation="NeuroImage 2025, 121476, https://doi.org/10.1016/j.neuroimage.2025.121476",
    what=(
        "182 people from 30 to over 90, 3 T FLAIR; photographs by tablet, cropped loosely around the head, black and "
        "white; 81 renders a scan over camera and light; correct where the best render or set of renders is the "
        "person's own"
    ),
    figures=MappingProxyType(
        {
            "orb": "0 matches",
            "sift": "0 matches",
            "without SVM": "51 to 55 %",
            "with SVM": "58 to 59 %",
        }
    ),
    unknown=("the angles of the 81 renders", "the kernel and C of the SVM", "how a set of renders is scored"),
)
_S3 = Study(
    name="s3",
    title="Faces rebuilt from defaced head MRI",
    citation=(
        "Gao et al., Comput. Biol. Med. 197:111112, 'Pitfalls of defacing whole-head MRI: re-identification risk with "
        "diffusion models and compromised research potential', https://arxiv.org/abs/2501.18834"
    ),
    what=(
        "cascaded diffusion models, 180 people to learn from and 484 attacked, 469 of them of another data set; "
        "distance of the rebuilt to the true face, beside that of an average face; radiodensity of skeletal muscle "
        "predicted from facial voxels before and after defacing"
    ),
    figures=MappingProxyType(
        {
            "distance": "smaller than the average face's (p < 0.05)",
            "voxels": "Spearman's r falls when defaced (p < 1e-4)",
        }
    ),
    unknown=(
        "which part of the surface the distance is taken over (here: altered, in front of the ears, decision 0011)",
        "how well rebuilt faces are found among others: the abstract gives distances alone",
        "how much of a face the rest of a real head tells (of phantoms it is a setting)",
    ),
)
_S4 = Study(
    name="s4",
    title="Facial features left by TotalSegmentator in head CT",
    citation="Radiography 2025, 'Analyzing the TotalSegmentator for facial feature removal in head CT scans'",
    what="1404 renderings of head CT (UCLH EIT stroke set); SVM on the cosine of two renders, 5 folds",
    figures=MappingProxyType(
        {
            "detection": "76.5 %",
            "cosine mated": "0.65 (0.47 to 0.80)",
            "cosine non-mated": "0.50 (0.39 to 0.62)",
            "original auc": "0.69 (SD 0.01)",
            "original accuracy": "0.65",
            "totalsegmentator auc": "0.55",
            "totalsegmentator accuracy": "0.56",
            "cta-deface auc": "0.60",
            "cta-deface accuracy": "0.59",
        }
    ),
    unknown=("angles, detector and embedder", "whether a person's pairs were in one fold only (ours are)"),
)

STUDIES: Mapping[str, Study] = MappingProxyType({study.name: study for study in (_S0, _S1, _S2, _S3, _S4)})
"""Name to study."""
