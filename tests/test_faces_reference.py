"""dlib as we use it against face_recognition itself, and against photographs of real people."""

from __future__ import annotations

import csv
import importlib.util
import time
import warnings

import numpy as np
import pytest

from reid_audit.attackers import attack
from reid_audit.faces import DlibDetector, DlibEmbedder, DlibOnnxEmbedder, concatenate, embed_photo, embed_renders
from reid_audit.faces.picture import to_rgb
from reid_audit.match import Nearest
from reid_audit.testing import check_detector, check_embedder
from reid_audit.types import Face, Photo, Renders, View


@pytest.fixture(scope="module")
def face_recognition():
    """The package that our adapters are to be equal to; it imports what is deprecated."""
    if importlib.util.find_spec("face_recognition") is None:
        pytest.skip("NOT COMPARED: face_recognition is not installed; `make setup` installs it.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import face_recognition as package

        yield package


def _css(face: Face) -> tuple[int, int, int, int]:
    left, top, right, bottom = (int(edge) for edge in face.box)
    return top, right, bottom, left


@pytest.mark.parametrize(
    "box", [(30, 40, 120, 131), (0, 0, 149, 179), (-20, -30, 90, 80), (100, 100, 170, 200)], ids=str
)
def test_templates_equal_those_of_face_recognition_bit_for_bit(face_recognition, rng, box):
    picture = rng.integers(0, 256, (180, 150, 3), dtype=np.uint8)
    face = Face(tuple(map(float, box)), 1.0)
    (theirs,) = face_recognition.face_encodings(picture, [_css(face)], num_jitters=1, model="small")
    np.testing.assert_array_equal(DlibEmbedder().embed(picture, face), theirs)


@pytest.fixture(scope="module")
def london(real_data):
    """Person to the neutral and the smiling picture, RGB."""
    import cv2

    folder = real_data / "photos" / "london"
    if not folder.is_dir():
        pytest.skip("REAL PHOTOS NOT TESTED: the sample data have no folder 'photos/london'.")
    people: dict[str, dict[str, np.ndarray]] = {}
    with (folder / "photos.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            picture = cv2.cvtColor(cv2.imread(str(folder / row["file"])), cv2.COLOR_BGR2RGB)
            people.setdefault(row["subject"], {})["smiling" if "smiling" in row["file"] else "neutral"] = picture
    return people


@pytest.mark.real
def test_faces_equal_those_of_face_recognition_on_photographs(face_recognition, london):
    pictures = [picture for pair in list(london.values())[:3] for picture in pair.values()]
    cut = pictures[0][210:, 185:]  # the box of this face begins left of the picture and above it
    assert DlibDetector(0).detect(np.ascontiguousarray(cut))[0].box[:2] == (0.0, 0.0)
    grey = to_rgb(pictures[1][:, :, 0])
    for picture in [*pictures, np.ascontiguousarray(cut), grey]:
        for upsample in (0, 1):
            ours = DlibDetector(upsample).detect(picture)
            theirs = face_recognition.face_locations(picture, upsample)
            assert [_css(face) for face in ours] == theirs
            encodings = face_recognition.face_encodings(picture, theirs, num_jitters=1, model="small")
            for face, encoding in zip(ours, encodings, strict=True):
                np.testing.assert_array_equal(DlibEmbedder().embed(picture, face), encoding)


@pytest.mark.real
def test_templates_on_onnxruntime_are_those_of_dlib_on_photographs(london):
    pictures = [picture for pair in london.values() for picture in pair.values()][:12]
    faces = [DlibDetector(0).detect(picture)[0] for picture in pictures]
    ours = DlibOnnxEmbedder().embed_all(pictures, faces)
    theirs = [DlibEmbedder().embed(picture, face) for picture, face in zip(pictures, faces, strict=True)]
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=2e-6)


@pytest.mark.real
def test_contracts_on_a_photograph(london):
    picture = next(iter(london.values()))["neutral"]
    check_detector(DlibDetector(0), face=picture)
    for embedder in (DlibEmbedder(), DlibOnnxEmbedder()):
        check_embedder(embedder, image=picture, face=DlibDetector(0).detect(picture)[0])


@pytest.mark.real
def test_smiling_people_are_found_among_neutral_ones(london, rng, record_property):
    detector, embedder = DlibDetector(), DlibEmbedder()
    view = (View(0.0, 0.0, 0.0, 0.0),)
    start = time.process_time()
    scans = concatenate(
        [
            embed_renders(
                Renders(pair["neutral"].mean(axis=2).astype(np.uint8)[None], view, np.zeros((1, 3, 4))),
                detector,
                embedder,
                subject=person,
                session="",
                condition="original",
                modality="photo",
                sample=person,
            )
            for person, pair in london.items()
        ]
    )
    photos = concatenate(
        [
            embed_photo(Photo(pair["smiling"]), detector, embedder, subject=person, sample=f"{person}-smiling")
            for person, pair in london.items()
        ]
    )
    record_property("seconds_a_picture", (time.process_time() - start) / (2 * len(london)))
    assert scans.table["detected"].all()
    assert photos.table["detected"].all()
    (table,) = attack("photo-nearest", scans, photos, rng)
    assert (table.scores.argmax(axis=1) == np.arange(len(london))).sum() == len(london) == 20
    np.testing.assert_array_equal(table.scores, Nearest().score(photos, scans, rng))


@pytest.mark.real
def test_a_photo_of_two_people_is_refused_and_a_large_one_gives_nearly_the_same_template(london):
    import cv2

    first, second = (pair["neutral"] for pair in list(london.values())[:2])
    asked = {"subject": "1", "sample": "p"}
    both = embed_photo(Photo(np.hstack([first, second])), DlibDetector(), DlibEmbedder(), **asked)
    assert both.table["reason"].tolist() == ["several faces"]
    large = cv2.resize(first, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
    vectors = [embed_photo(Photo(p), DlibDetector(), DlibEmbedder(), **asked).vectors[0] for p in (first, large)]
    assert np.linalg.norm(vectors[0] - vectors[1]) < 0.2
