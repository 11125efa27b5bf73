"""Pictures, alone and inside of documents."""

from __future__ import annotations

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image, ImageDraw

from reid_audit.phantom import ScanSettings, acquire, sample_identities
from reid_audit.render import camera_grid, render_head
from reid_audit.surface import head_surface
from reid_audit.triage.embedded import embedded_pictures
from reid_audit.triage.pages import told_by_page
from reid_audit.triage.pictures import _detector, told_by_picture, told_by_pixels
from reid_audit.triage.shading import shaded_share, soft_part


def bytes_of(image, kind="PNG", **more):
    buffer = io.BytesIO()
    image.save(buffer, format=kind, **more)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def render():
    who = sample_identities(1, np.random.default_rng(101))[0]
    volume = acquire(who, ScanSettings(voxel_size=(2.0, 2.0, 2.0)), np.random.default_rng(1)).volume
    image = render_head(head_surface(volume), camera_grid((0,), (0,), (0,), (38,)), size=300).images[0]
    return Image.fromarray(np.asarray(image)), volume


@pytest.fixture(scope="module")
def drawing():
    image = Image.new("RGB", (400, 300), "white")
    pen = ImageDraw.Draw(image)
    pen.rectangle((40, 40, 300, 200), fill=(30, 90, 160))
    pen.line((0, 299, 399, 0), fill="black", width=3)
    pen.text((50, 220), "rank 1 over the number of people", fill="black")
    return image


def test_a_render_shows_a_face(render) -> None:
    assert told_by_picture(bytes_of(render[0])).answer == "face"
    assert told_by_picture(bytes_of(render[0], "JPEG")).answer == "face"


def test_a_slice_is_shaded_and_nobody_can_tell(render) -> None:
    data = np.asarray(render[1].data)
    plane = data[data.shape[0] // 2]
    shown = np.clip(plane / np.percentile(plane, 99) * 255, 0, 255).astype(np.uint8)
    told = told_by_picture(bytes_of(Image.fromarray(shown).resize((300, 300))))
    assert told.answer == "cannot tell"
    assert told.why.startswith("shades: ")


def test_a_drawing_shows_nobody(drawing) -> None:
    assert told_by_picture(bytes_of(drawing)).answer == "none"
    assert shaded_share(np.asarray(drawing)) < 0.03


def test_a_face_in_the_midst_of_an_animation_is_found(render, drawing) -> None:
    frames = [drawing.resize((300, 300))] * 3
    frames.insert(2, render[0].convert("RGB"))
    moving = bytes_of(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert told_by_picture(moving).answer == "face"


def on_white(image, width, turn=0, size=800):
    """Return a render, turned and brought to a width, in the middle of an empty page."""
    small = image.convert("RGB").resize((width, width)).rotate(turn, expand=True, fillcolor="white")
    page = Image.new("RGB", (size, size), "white")
    page.paste(small, ((size - small.width) // 2, (size - small.height) // 2))
    return page


@pytest.mark.parametrize(("turn", "answer"), [(90, "face"), (180, "face"), (270, "face"), (45, "cannot tell")])
def test_a_turned_face_on_an_empty_page(render, turn, answer) -> None:
    page = on_white(render[0], 120, turn)
    assert shaded_share(np.asarray(page)) < 0.06
    assert told_by_picture(bytes_of(page)).answer in {answer, "face"}


def test_what_is_found_under_a_turn_must_be_certain(monkeypatch) -> None:
    from reid_audit.types import Face

    class Found:
        def __init__(self, confidence: float, turned: bool) -> None:
            self.confidence, self.looks = confidence, -1 if turned else 0

        def detect(self, _pixels):
            self.looks += 1
            return (Face(box=(0, 0, 9, 9), confidence=self.confidence),) if self.looks else ()

    noise = np.random.default_rng(0).integers(100, 130, (64, 64, 3)).astype(np.uint8)
    for confidence, turned, answer in ((0.5, True, "cannot tell"), (2.0, True, "face"), (0.5, False, "face")):
        found = Found(confidence, turned)
        monkeypatch.setattr("reid_audit.triage.pictures.load_detector", lambda _, found=found: found)
        _detector.cache_clear()
        assert told_by_pixels(noise).answer == answer
    _detector.cache_clear()


def test_half_a_face_and_a_small_one_are_no_drawing(render, monkeypatch) -> None:
    monkeypatch.setattr("reid_audit.triage.pictures._LONGEST", 600)
    whole = render[0].convert("RGB")
    half = Image.new("RGB", (900, 900), "white")
    half.paste(whole.crop((0, 0, whole.width // 2, whole.height)).resize((150, 300)), (100, 100))
    assert told_by_picture(bytes_of(half)).answer in {"cannot tell", "face"}
    for size in (800, 2400):  # a larger picture is brought to fewer pixels before a detector looks
        small = on_white(render[0], 80, 90, size)
        assert shaded_share(np.asarray(small)) < 0.06
        assert told_by_picture(bytes_of(small)).answer in {"cannot tell", "face"}


def test_plots_and_letters_have_no_part_like_a_face(drawing) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    rng = np.random.default_rng(0)
    figure, axes = plt.subplots(2, 2)
    axes[0, 0].plot(rng.normal(size=200).cumsum(), label="rank one")
    axes[0, 0].legend()
    axes[0, 1].hist(rng.normal(size=500), 20)
    axes[1, 0].imshow(rng.normal(size=(12, 12)))
    axes[1, 1].text(0, 0.2, "The quick brown fox jumps over the lazy dog\n" * 8, fontsize=6)
    held = io.BytesIO()
    figure.savefig(held, dpi=120)
    plt.close(figure)
    assert told_by_picture(held.getvalue()).answer == "none"
    assert soft_part(np.asarray(drawing.convert("L"))) == 0


def test_a_soft_part_is_measured_across_strips() -> None:
    page = np.full((2400, 64), 255, np.uint8)
    page[1000:1080] = np.random.default_rng(0).integers(120, 135, (80, 64))
    assert 4000 <= soft_part(page) <= 80 * 64
    assert soft_part(page[:4]) == 0


def test_every_frame_of_an_animation_is_looked_at(render, drawing, monkeypatch) -> None:
    page = drawing.resize((200, 200), Image.Resampling.NEAREST)
    frames = []
    for number in range(60):
        frames.append(page.copy())
        ImageDraw.Draw(frames[-1]).rectangle((number, 180, number + 5, 190), fill="black")
    clean = bytes_of(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert told_by_picture(clean).answer == "none"
    hidden = [*frames[:1], render[0].convert("RGB").resize((200, 200)), *frames[1:]]
    assert told_by_picture(bytes_of(hidden[0], "GIF", save_all=True, append_images=hidden[1:])).answer == "face"
    monkeypatch.setattr("reid_audit.triage.pictures._MOST_SEARCHED", 200 * 200 * 30)
    told = told_by_picture(clean)
    assert (told.answer, told.why) == ("cannot tell", "frames: 30 of 60 frames of the picture were looked at")


def test_what_is_no_picture_was_not_audited(tmp_path, render) -> None:
    (tmp_path / "x.png").write_bytes(b"no picture at all")
    assert told_by_picture(tmp_path / "x.png").answer == "unaudited"
    (tmp_path / "y.png").write_bytes(bytes_of(render[0])[:2000])
    assert told_by_picture(tmp_path / "y.png").answer == "unaudited"


def test_a_bomb_is_refused_before_it_is_decoded(monkeypatch, drawing) -> None:
    monkeypatch.setattr("reid_audit.triage.pictures.MAX_PIXELS", 1000)
    told = told_by_picture(bytes_of(drawing))
    assert (told.answer, told.why[:5]) == ("unaudited", "size:")


def uri(image):
    return f"data:image/png;base64,{base64.b64encode(bytes_of(image)).decode()}"


@pytest.mark.parametrize("name", ["report.html", "report.svg", "README.md"])
def test_a_render_inside_of_a_document_is_found(tmp_path, render, drawing, name) -> None:
    text = f'<p><img src="{uri(drawing)}"></p><p><img alt="x" src="{uri(render[0])}"></p>'
    (tmp_path / name).write_text(text)
    told = told_by_page(tmp_path / name, frozenset())
    assert told.answer == "face"
    assert "pictures inside of the document: 2" in told.why


def test_a_notebook_carries_its_pictures_in_json(tmp_path, render) -> None:
    code = base64.encodebytes(bytes_of(render[0])).decode()
    cell = {"outputs": [{"data": {"image/png": code, "text/plain": ["<Figure>"]}}]}
    (tmp_path / "x.ipynb").write_text(json.dumps({"cells": [cell]}))
    assert told_by_page(tmp_path / "x.ipynb", frozenset()).answer == "face"


def test_a_document_without_faces(tmp_path, drawing) -> None:
    (tmp_path / "x.html").write_text(f'<img src="{uri(drawing)}"><img src="figures/x.png">')
    assert told_by_page(tmp_path / "x.html", frozenset()).answer == "none"
    (tmp_path / "y.html").write_text('<script>Plotly.newPlot("x", [{"type": "mesh3d", "x": [1]}])</script>')
    assert told_by_page(tmp_path / "y.html", frozenset()).answer == "cannot tell"
    (tmp_path / "z.html").write_text("<p>Patient name: Rossi^Ada</p>")
    assert told_by_page(tmp_path / "z.html", frozenset()).answer == "face"


def test_a_picture_that_cannot_be_decoded_is_told() -> None:
    assert list(embedded_pictures("data:image/png;base64," + "A" * 41)) == [None]


def base64_of(raw):
    return base64.b64encode(raw).decode()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_picture_without_its_label_is_found(tmp_path, render, kind) -> None:
    from reid_audit.triage.json_words import told_by_json
    from reid_audit.triage.texts import told_by_text

    code = base64_of(bytes_of(render[0].convert("RGB"), kind))
    (tmp_path / "x.html").write_text(f'<script>var view = {{"bg_base64":"{code}"}};</script>')
    (tmp_path / "x.json").write_text(json.dumps({"thumb": code}).replace("/", r"\/" if kind == "JPEG" else "/"))
    (tmp_path / "x.js").write_text(f"const a='{code}'")
    assert told_by_page(tmp_path / "x.html", frozenset()).answer == "face"
    assert told_by_json(tmp_path / "x.json", frozenset()).answer == "face"
    assert told_by_text(tmp_path / "x.js", frozenset()).answer == "face"


def test_packed_bytes_in_a_document(tmp_path, drawing) -> None:
    import gzip

    import nibabel as nib

    def told(raw):
        (tmp_path / "x.html").write_text(f'<script>var x = ["{base64_of(raw)}"]</script>')
        return told_by_page(tmp_path / "x.html", frozenset())

    volume = nib.Nifti1Image(np.random.default_rng(0).integers(0, 99, (20, 20, 20), np.uint8), np.eye(4)).to_bytes()
    for raw in (volume, gzip.compress(volume)):
        assert (told(raw).answer, told(raw).why.split(":")[0]) == ("cannot tell", "volume")
    noise = np.random.default_rng(0).bytes(60_000)
    assert told(gzip.compress(noise)).why.startswith("packed: ")
    assert told(b"x" + noise).why.startswith("packed: ")
    facts = {"mark": "\N{REPLACEMENT CHARACTER}", "x": list(range(3000)), "picture": base64_of(bytes_of(drawing))}
    plot = json.dumps(facts, ensure_ascii=False).encode()
    assert told(gzip.compress(plot)).answer == "none"
    assert told(gzip.compress(b'{"PatientName": "Rossi^Ada", "x": %s}' % plot)).answer == "face"
    assert told(gzip.compress(plot)[:2000]).answer == "unaudited"


def test_a_drawing_inside_of_a_style_sheet(tmp_path, render) -> None:
    from reid_audit.triage.texts import told_by_text

    def told(svg):
        (tmp_path / "x.css").write_text(f"a {{background: url(data:image/svg+xml;base64,{base64_of(svg.encode())})}}")
        return told_by_text(tmp_path / "x.css", frozenset())

    assert told('<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h10"/></svg>').answer == "none"
    assert told(f'<svg xmlns="http://www.w3.org/2000/svg"><image href="{uri(render[0])}"/></svg>').answer == "face"


def test_the_texts_of_a_picture_are_read(drawing) -> None:
    from PIL import ExifTags, PngImagePlugin

    def png(name, text, **more):
        info = PngImagePlugin.PngInfo()
        info.add_text(name, text, **more)
        return told_by_picture(bytes_of(drawing, pnginfo=info))

    def exif(tag, value):
        made = Image.Exif()
        made[tag] = value
        return told_by_picture(bytes_of(drawing, "JPEG", exif=made, quality=95))

    assert png("PatientName", "Anna Schmidt").answer == "face"
    assert png("PatientName", "Anna Schmidt", zip=True).answer == "face"
    assert png("Description", "Schmidt^Anna").answer == "face"
    assert png("Comment", "Anna Schmidt").answer == "cannot tell"
    assert png("Software", "Matplotlib version3.9, https://matplotlib.org/").answer == "none"
    assert exif(ExifTags.Base.ImageDescription, "Schmidt^Anna").answer == "face"
    assert exif(ExifTags.Base.Artist, "Anna Schmidt").answer == "cannot tell"
    assert exif(ExifTags.Base.XPComment, "geb. 12.03.1970".encode("utf-16-le")).answer == "face"
    assert exif(ExifTags.Base.ImageDescription, "bold, mean over time").answer == "none"
