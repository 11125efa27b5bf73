"""Whether words have the form of a person's name, and whether what stands beside them speaks of people or of things."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["Form", "Setting", "form_of_name", "is_of_makers", "is_of_people", "may_name", "names_within", "setting_of"]

Form = Literal["dicom", "words", "letters", "none"]
"""``dicom``: FAMILY^GIVEN. ``words``: two to four words with capitals. ``letters``: words that may be a name."""
Setting = Literal["person", "thing", "makers", "open"]
"""What a record is about; ``makers``: those who made the data, and are named on purpose."""

_DICOM = re.compile(r"[^\W\d_][\w'’. -]{0,60}\^[^\W\d_][\w'’. ^-]{0,60}")
_WITHIN = re.compile(
    r"(?<![^\W\d_])(?<![\^\\])[^\W\d_](?:[^\W\d_]|['’-]){1,40}\^[^\W\d_](?:[^\W\d_]|['’-]){1,40}(?![^\W\d_]|[\^(])"
)
_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|['’.-])*,?")
_PARTICLES_WORDS = """
    von van der den de del della di da do dos du la le el al bin ibn zu zum ter ten
"""
_PARTICLES = frozenset(_PARTICLES_WORDS.split())
_MOST_WORDS = 4
_THINGS_WORDS = """
    accumbens achieva adni adult adults affine africa age america american amygdala analysis anatomical angry anterior
    anxiety appendix approval area arrow asia assessment atlas atlases attention australia avanto average axial basal
    baseline battery bias bids birth block bold bonn born boston brain brainstem brodmann bval calgary callosum
    cambridge camera canada capsule caudate cerebellum cerebral checklist children china chronic cingulate cingulum
    citation clear clinical code cognitive cohort coil color colour common connectome consent contrast control
    converter coronal corpus corrected correction cortex cortical created csf ct cue cuneus curvature cut data
    database dataset date december deface defaced default demographics depression description descriptor desikan
    destrieux device dictionary difference diffusion digit direction discharge discovery displacement document dorsal
    dose dot drug dti echo edinburgh eeg elderly electric emotion entorhinal error ethics europe european events
    executive experiment face faces famous fasciculus fast february field figure figures files final finger first
    fixation flow fluency fluid followup foot form fornix freesurfer frontal fsl functional fusiform gambling game
    ganglia ge general geniculate germany gradient gray grey group guide gyrus hammers hand handedness happy harvard
    head healthy heart hemisphere high hippocampus hospital hot house houses human hyperfine hypothalamus image
    imaging infants inferior ingenia inhibition initiative institute instructions insula intake intensity interview
    intracranial inventory investigation investigators items jacobian january japan july killiany label labels
    language last lateral learn left letter licence license lingual list listen lobe lobule localizer log longitudinal
    loss low magnetom making manual map mapping maps mask math matrices matter maximum mean measures medial median
    medical medulla meg memory mental meta metadata midbrain middle minimum minutes mixed model montreal mood motion
    motor move mprage mr mri name names naming network neuroimaging neutral new nifti nilearn noise normal normalised
    normalized not notes november nuclei nucleus number object objects occipital october old open opercularis
    orbitalis output overview oxford pallidum paper paracentral parahippocampal parameters parametric parcellation
    parietal participants patient patients people pericalcarine pet phantom phantoms phase philips physics picture
    pipeline placebo plan plot plots pole pons postcentral posterior precentral precuneus preprocessed preprocessing
    prisma probability processing project protocol protocols pulse putamen quality question questionnaire rating
    ratings raw readme reasoning recall recognition region registered registration relational release report research
    response rest resting results review reward right rostral routine run sad sagittal sample saturday scale scales
    scan scanner scene scenes schaefer schema science scientific score scores screening segmentation self sentence
    september sequence series session setup shape siemens signa signal site skyra sleep smoothed social software sola
    somatosensory source spatial speech spin standard state statistical statistics stem stimuli stimulus stop stress
    string structural study style subject subjects sulcus summary superior supplement supplemental supplementary
    supramarginal symptom symptoms syndrome system table tables talairach target targets task template temporal terms
    test text thalamus the thickness thursday timing tissue tone tongue tool toolbox total tract tracts trail training
    trait transform transverse treatment tree trees trial triangularis trio tuesday type uncinate units university
    update usa user variables vector ventral ventricle ventricles verbal verio vermis version vessel vida vision visit
    visual volume volunteer volunteers warped wednesday weighted white word words working york
"""
_PROTOCOLS_WORDS = """
    abdomen adrenal ageing aging angio bic cabeza cardiac cerebro cmrr connectomics daily decision dementia
    development developmental epilepsy followup funktionell gehirn hals hcp hirn investigational kids kopf lab labs
    lifespan monthly neck neuro orbit orbits pelvis pilot pituitary qa rutina schaedel schädel sequences stroke
    thorax trauma tumor tumour tutorial users weekly wip wirbelsaeule wirbelsäule
"""
_THINGS = frozenset(_THINGS_WORDS.split()) | frozenset(_PROTOCOLS_WORDS.split())
"""Words that stand in names of data sets, regions, tasks, software and devices, and hardly in people's."""
_OF_PEOPLE_WORDS = """
    age sex gender dob birth birthdate dateofbirth participantid subjectid subjid patientid sub participant
    subject patient person diagnosis handedness weight height phone telephone email address mrn alter geschlecht
    geburtsdatum proband probandin patientin patienten edad sexo genero sexe teilnehmer participants subjects
    patients people
"""
_OF_PEOPLE = frozenset(_OF_PEOPLE_WORDS.split())
_CONTACTS = frozenset(["phone", "telephone", "email", "address"])
_OF_THINGS_WORDS = """
    abbreviation acronym bidsversion bdata codeurl color colour container description dtype generatedby hed hex
    href index license levels longname manufacturer mapping mimetype parameters pipelinedescription software
    softwareversions sourcedatasets task tasks termurl type units uri url value values version versions x y z r g
    b
"""
_OF_THINGS = frozenset(_OF_THINGS_WORDS.split())
_MAKERS_WORDS = """
    author authors creator creators contributor contributors maintainer maintainers publisher funder funding
    editor copyrightholder contact contactpoint acknowledgements organization affiliation
"""
_MAKERS = frozenset(_MAKERS_WORDS.split())


def form_of_name(text: str) -> Form:
    """Return in what way a text looks like a person's name.

    Parameters
    ----------
    text : str

    Returns
    -------
    Form
    """
    text = text.strip()
    if not 2 <= len(text) <= 120:
        return "none"
    if _DICOM.fullmatch(text):
        return "dicom"
    words = text.split()
    if len(words) > _MOST_WORDS or not all(map(_WORD.fullmatch, words)):
        return "none"
    if any(_is_thing(part) for word in words for part in re.split(r"[-.,'’]", word.lower())):
        return "none"
    own = [word for word in words if word.lower() not in _PARTICLES]
    return "words" if len(own) > 1 and all(word[0].isupper() for word in own) else "letters"


def _is_thing(word: str) -> bool:
    return word in _THINGS or (word.endswith("lab") and len(word) > 4)


def may_name(text: str) -> bool:
    """Tell whether a text that stands for itself may be a name: FAMILY^GIVEN, or two to four words with capitals.

    Parameters
    ----------
    text : str
        A short text that says nothing of what it is, such as a description of a study, or of an image.

    Returns
    -------
    bool
        False where one of the words is of anatomy, software, studies or files: ``CLINICAL^HEAD`` is no name.
    """
    text = " ".join(re.sub(r"[_^]+", " ", text).split())
    return form_of_name(text) == "words"


def names_within(text: str) -> bool:
    """Tell whether FAMILY^GIVEN stands anywhere in a text, in the spelling of names and not of mathematics."""
    return "^" in text and any(may_name(match[0]) for match in _WITHIN.finditer(text))


def is_of_people(field: str) -> bool:
    """Tell whether a field, spelled plainly, is one that people have and those who made something do not give."""
    return field in _OF_PEOPLE and field not in _CONTACTS


def is_of_makers(field: str) -> bool:
    """Tell whether a field, spelled plainly, speaks of those who made something."""
    return field in _MAKERS


def setting_of(fields: Collection[str], inside: str = "") -> Setting:
    """Return what a record is about, by the names of its fields and of what it stands in.

    Parameters
    ----------
    fields : collection of str
        As :func:`reid_audit.triage.identifiers.plain` spells them.
    inside : str
        Spelled alike; empty at the top.

    Returns
    -------
    Setting
        People count before things: a table of people may have a column ``description``.
    """
    if inside in _MAKERS:
        return "makers"
    if inside in _OF_PEOPLE or not _OF_PEOPLE.isdisjoint(fields):
        return "person"
    return "thing" if inside in _OF_THINGS or not _OF_THINGS.isdisjoint(fields) else "open"
