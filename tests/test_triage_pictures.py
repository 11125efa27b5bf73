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
from reid_audit.triage.pages import embedded_pictures, told_by_page
from reid_audit.triage.pictures import shaded_share, told_by_picture


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
    assert "of 2 pictures inside" in told.why


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
