"""Photos in every dress come out upright, in RGB and 8 bits, or as one clear error."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from reid_audit.errors import PhotoError
from reid_audit.inputs import read_photo
from reid_audit.inputs.photo import MAX_PIXELS

SIZE = (90, 70)  # width, height


def picture(mode="RGB"):
    """Red at the top left, dark elsewhere: shows every turn and mirror."""
    pixels = np.full((SIZE[1], SIZE[0], 3), 20, np.uint8)
    pixels[:35, :30] = (220, 30, 40)
    return Image.fromarray(pixels).convert(mode)


def corner(photo, where):
    row, column = {"top left": (5, 5), "top right": (5, -6), "bottom left": (-6, 5), "bottom right": (-6, -6)}[where]
    return photo.pixels[row, column].astype(int)


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.heic", "picture_without_extension"])
def test_formats(tmp_path, name):
    path = tmp_path / name
    if name.endswith(".heic"):
        import pillow_heif

        pillow_heif.register_heif_opener()
    picture().save(path, format=None if "." in name else "JPEG")
    photo = read_photo(path)
    assert photo.pixels.shape == (70, 90, 3)
    assert photo.pixels.dtype == np.uint8
    assert corner(photo, "top left") == pytest.approx([220, 30, 40], abs=12)
    assert corner(photo, "bottom right") == pytest.approx([20, 20, 20], abs=12)


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
@pytest.mark.parametrize(
    ("orientation", "where"),
    [(1, "top left"), (2, "top right"), (3, "bottom right"), (4, "bottom left"),
     (5, "top left"), (6, "top right"), (7, "bottom right"), (8, "bottom left")],
)  # fmt: skip
def test_exif_orientation(tmp_path, orientation, where, suffix):
    image = picture()
    exif = image.getexif()
    exif[0x0112] = orientation
    image.save(tmp_path / f"a{suffix}", exif=exif)
    photo = read_photo(tmp_path / f"a{suffix}")
    assert photo.pixels.shape[:2] == ((70, 90) if orientation < 5 else (90, 70))
    assert corner(photo, where)[0] > 180
    others = {"top left", "top right", "bottom left", "bottom right"} - {where}
    assert all(corner(photo, other)[0] < 60 for other in others)


@pytest.mark.parametrize("mode", ["CMYK", "L"])
def test_colour_spaces_of_jpeg(tmp_path, mode):
    picture(mode).save(tmp_path / "a.jpg", quality=95)
    photo = read_photo(tmp_path / "a.jpg")
    top = corner(photo, "top left")
    assert photo.pixels.shape == (70, 90, 3)
    if mode == "L":
        assert len(set(top)) == 1
    else:
        assert top == pytest.approx([220, 30, 40], abs=25)


def test_palette_and_one_bit(tmp_path):
    picture("P").save(tmp_path / "a.png")
    assert corner(read_photo(tmp_path / "a.png"), "top left")[0] > 180
    picture("1").save(tmp_path / "b.png")
    assert set(np.unique(read_photo(tmp_path / "b.png").pixels)) <= {0, 255}


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_lies_on_white(tmp_path, mode):
    image = picture(mode)
    image.putalpha(Image.fromarray(np.pad(np.zeros((35, 30), np.uint8), ((0, 35), (0, 60)), constant_values=255)))
    image.save(tmp_path / "a.png")
    photo = read_photo(tmp_path / "a.png")
    assert corner(photo, "top left").tolist() == [255, 255, 255]
    assert corner(photo, "bottom right").tolist() == [20, 20, 20]


def test_sixteen_bits_become_eight(tmp_path):
    values = np.linspace(0, 65535, 70 * 90).reshape(70, 90).astype(np.uint16)
    Image.fromarray(values).save(tmp_path / "a.png")
    photo = read_photo(tmp_path / "a.png")
    assert photo.pixels[..., 0] == pytest.approx(values / 257, abs=1)
    assert photo.pixels.min() == 0
    assert photo.pixels.max() == 255


def test_a_damaged_exif_block_costs_the_orientation_alone(tmp_path):
    picture().save(tmp_path / "a.jpg", exif=b"Exif\0\0MM\0*\0\0\0\x08" + b"\xff" * 40)
    assert read_photo(tmp_path / "a.jpg").pixels.shape == (70, 90, 3)


def bomb(side):
    """A PNG that says it is huge; its data need not be there."""

    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 1000))


def encoded(image, **settings):
    import io

    stream = io.BytesIO()
    image.save(stream, **settings)
    return stream.getvalue()


BAD = {
    "missing": (None, "does not exist"),
    "empty": (b"", "empty"),
    "text": (b"no picture " * 20, "no photo that can be read"),
    "scan": (b"\x1f\x8b" + b"\0" * 200, "no photo that can be read"),
    "tiff": (encoded(picture(), format="TIFF"), "no photo that can be read"),
    "cut jpeg": (encoded(picture(), format="JPEG")[:-300], "ends too early"),
    "cut png": (encoded(picture(), format="PNG")[:-60], "ends too early"),
    "header alone": (encoded(picture(), format="JPEG")[:25], ""),
    "small": (encoded(picture().resize((63, 200)), format="PNG"), "63 x 200"),
    "bomb": (bomb(60_000), f"{MAX_PIXELS:,}"),
    "large": (bomb(11_000), "11000 x 11000"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_photo_is_one_clear_error(tmp_path, case):
    content, words = BAD[case]
    path = tmp_path / "sub-secretlabel.jpg"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(PhotoError) as caught:
        read_photo(path)
    assert words in str(caught.value)
    assert caught.value.remedy
    assert "secretlabel" not in str(caught.value)


def test_a_folder_is_no_photo(tmp_path):
    with pytest.raises(PhotoError):
        read_photo(tmp_path)


def test_the_repr_shows_nothing(tmp_path):
    picture().save(tmp_path / "a.png")
    assert "220" not in repr(read_photo(tmp_path / "a.png"))


@pytest.mark.real
def test_every_real_photo_is_read(real_data):
    for path in sorted((real_data / "photos" / "london").glob("*.jpg")):
        assert read_photo(path).pixels.shape == (512, 512, 3)


def test_a_truncated_photo_is_refused_even_when_another_library_told_pillow_otherwise(tmp_path, monkeypatch):
    from PIL import ImageFile

    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    path = tmp_path / "cut.png"
    path.write_bytes(encoded(picture(), format="PNG")[:-60])
    with pytest.raises(PhotoError, match="ends too early"):
        read_photo(path)
    assert ImageFile.LOAD_TRUNCATED_IMAGES
