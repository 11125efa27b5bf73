"""Stand-ins for tools that are not installed: they take the documented arguments and write the documented files.

One script, with nothing but the standard library so that it starts quickly, is installed under the name of each tool.
The environment variable STANDIN says how it behaves: ``ok`` or one of :data:`FAILURES`.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np

from reid_audit.types import Volume

if TYPE_CHECKING:
    from pathlib import Path

FAILURES = {
    "silent": "no output",
    "crash": "crashed",
    "hang": "hung",
    "shift": "affine shifted",
    "crop": "wrong shape",
    "overwrite": "input altered",
    "everything": "everything gone",
    "unchanged": "returned unchanged",
    "nan": "not finite",
    "garbage": "unreadable output",
}
"""What a stand-in can do wrong, and the outcome that it must get."""

SCRIPT = r'''
import array, gzip, os, struct, subprocess, sys, time

TOOL = os.path.basename(sys.argv[0])
MODE = os.environ.get("STANDIN", "ok")
WORDS = sys.argv[1:]


def after(option):
    return WORDS[WORDS.index(option) + 1]


def read(path):
    raw = open(path, "rb").read()
    raw = gzip.decompress(raw) if path.endswith(".gz") else raw
    shape = struct.unpack("<8h", raw[40:56])[1:4]
    code = struct.unpack("<h", raw[70:72])[0]
    values = array.array({4: "h", 16: "f"}[code])
    values.frombytes(raw[352:])
    return raw[:348], shape, [float(v) for v in values]


def write(path, header, shape, values, mask=False):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    if MODE == "garbage" and not mask:
        open(path, "wb").write(b"no image")
        return
    header = bytearray(header)
    values = list(values)
    if MODE == "shift":
        for at in (292, 308, 324):
            header[at:at + 4] = struct.pack("<f", struct.unpack("<f", header[at:at + 4])[0] + 5.0)
        header[252:256] = struct.pack("<hh", 0, 1)
    if MODE == "crop":
        plane = shape[0] * shape[1]
        values, shape = values[plane:], (shape[0], shape[1], shape[2] - 1)
        header[40:56] = struct.pack("<8h", 3, *shape, 1, 1, 1, 1)
    if MODE == "nan":
        values[len(values) // 2] = float("nan")
    header[70:74] = struct.pack("<hh", 16, 32)
    header[112:120] = struct.pack("<ff", 1.0, 0.0)
    raw = bytes(header) + b"\0" * 4 + array.array("f", values).tobytes()
    open(path, "wb").write(gzip.compress(raw, 1, mtime=0) if path.endswith(".gz") else raw)


def work(given, result=None, mask=None, keep=False, filling=0.0, labels=(1.0,)):
    """Deface the front third; the mask marks what goes, or with keep what stays."""
    header, shape, values = read(given)
    width, depth, height = shape
    limit = {"everything": -1, "unchanged": depth}.get(MODE, 2 * depth // 3)
    front = [(index // width) % depth >= limit for index in range(len(values))]
    if result:
        write(result, header, shape, [filling if gone else value for value, gone in zip(values, front)])
    if mask and mask.endswith(".mgz"):
        head = struct.pack(">7ih", 1, *shape, 1, 0, 0, 0).ljust(284, b"\0")
        open(mask, "wb").write(gzip.compress(head + bytes(front)))
    elif mask:
        marks = [labels[0] if gone != keep else 0.0 for gone in front]
        write(mask, header, shape, marks, mask=bool(result))
    if MODE == "overwrite":
        write(given, header, shape, [0.0] * len(values))


if WORDS in (["--version"], ["-ver"]):
    print(TOOL + " 9.8.7")
    sys.exit(0)
if MODE == "crash":
    print("starting", flush=True)
    print("ERROR: no face in " + os.getcwd() + "/scan", file=sys.stderr)
    sys.exit(3)
if MODE == "hang":
    child = subprocess.Popen(["sleep", "600"])
    open(os.environ["STANDIN_LOG"], "a").write(str(child.pid) + "\n")
    time.sleep(600)
if MODE == "silent":
    print("all is well")
    sys.exit(0)

if TOOL == "@afni_refacer_run":
    assert "-anonymize_output" in WORDS and "-no_images" in WORDS
    mode = next(word for word in WORDS if word.startswith("-mode_"))[6:]
    assert mode in ("deface", "reface", "reface_plus")
    prefix = after("-prefix")
    label = "face_plus" if mode == "reface_plus" else "face"
    filling = 0.0 if mode == "deface" else 77.0
    filling = 0.0 if MODE == "everything" else filling
    work(after("-input"), prefix, prefix[:-7] + "." + label + ".nii.gz", filling=filling, labels=(-3.0,))
elif TOOL == "mri_deface":
    given, head, face, result = WORDS
    assert os.path.isfile(head) and os.path.isfile(face)
    work(given, result)
elif TOOL == "mideface":
    os.makedirs(after("--odir"))
    assert "--facemask" not in WORDS
    work(after("--i"), after("--o"), after("--odir") + "/face.mask.mgz")
elif TOOL == "mridefacer":
    given, folder = WORDS[-1], after("--outdir") if "--outdir" in WORDS else None
    assert "--apply" in WORDS
    base = (folder or os.path.dirname(given)) + "/" + os.path.basename(given)
    work(given, base, base[:-7] + "_defacemask.nii.gz", keep=True)
elif TOOL == "fsl_deface":
    work(WORDS[0], WORDS[1], after("-d"), keep=True)
elif TOOL == "pydeface":
    assert "--force" in WORDS
    mask = WORDS[0][:-7] + "_pydeface_mask.nii.gz" if "--nocleanup" in WORDS else None
    work(WORDS[0], after("--outfile"), mask, keep=True)
elif TOOL == "run_mri_reface.sh":
    assert after("-imType") in ("T1", "T2", "FLAIR", "CT") and after("-saveQCRenders") == "0"
    base = WORDS[1] + "/" + os.path.basename(WORDS[0])[:-4]
    write(base + "_Warp.nii", *read(WORDS[0]))
    work(WORDS[0], base + "_deFaced.nii", base + "_faceMask.nii", labels=(3.0,),
         filling=0.0 if MODE == "everything" else 55.0)
elif TOOL == "TotalSegmentator":
    assert after("-ta") in ("face", "face_mr") and after("-d") == "cpu"
    work(after("-i"), None, after("-o") + "/face.nii.gz")
elif TOOL == "run_CTA-DEFACE.py":
    assert (after("-i"), after("-o")) == ("input", "output") and os.path.isfile("model/weights")
    for name in os.listdir("input"):
        base = "output/" + name.replace("_0000.nii.gz", "")
        lowest = min(read("input/" + name)[2])
        work("input/" + name, base + "_defaced.nii.gz", base + "_mask.nii.gz", filling=lowest)
elif TOOL == "peds-brain-auto-deface":
    for name in os.listdir("input"):
        base = "output/" + name[:-7]
        work("input/" + name, base + "_defaced.nii.gz", base + "_face_mask.nii.gz")
elif TOOL == "caideface":
    assert WORDS[0] == "run" and after("--modality") in ("mri", "ct")
    if not os.path.isfile(after("--brainsfit")):
        assert os.environ["STANDIN_LOG"] and after("--brainsfit") == "BRAINSFit"  # inside an image
    for name in os.listdir(WORDS[1]):
        work(WORDS[1] + "/" + name, WORDS[2] + "/defaced/" + name[:-7] + "_dilated_masked.nii.gz")
elif TOOL == "mri_synthstrip":
    write(after("-o"), *read(after("-i")))
    work(after("-i"), None, after("-m"), keep=True)
else:
    sys.exit("no such stand-in: " + TOOL)
'''

DOCKER = r"""
import os, subprocess, sys

WORDS = sys.argv[1:]
open(os.environ["STANDIN_LOG"], "a").write(" ".join(WORDS) + "\n")
if WORDS[:2] == ["image", "inspect"]:
    if "absent" in WORDS[-1]:
        sys.exit(1)
    print("sha256:0123456789abcdef")
    sys.exit(0)
if WORDS[0] == "rm":
    sys.exit(0)
assert WORDS[0] == "run" and WORDS[WORDS.index("--network") + 1] == "none"
assert WORDS[WORDS.index("--pull") + 1] == "never"
mounts = [WORDS[at + 1].split(":")[:2] for at, word in enumerate(WORDS) if word == "--volume"]
outside = {inside: host for host, inside in mounts}
at = WORDS.index("--workdir") + 2
image, arguments = WORDS[at], WORDS[at + 1:]


def mapped(word):
    for inside, host in outside.items():
        if word == inside or word.startswith(inside + "/"):
            return host + word[len(inside):]
    return word


own = {"afam00/peds-brain-auto-deface:latest": "peds-brain-auto-deface", "freesurfer/synthstrip:1.8": "mri_synthstrip"}
program = WORDS[WORDS.index("--entrypoint") + 1] if "--entrypoint" in WORDS else own[image]
folder = os.path.dirname(next(iter(outside.values()))) if len(outside) > 1 else next(iter(outside.values()))
tools = os.environ["STANDIN_INSIDE"]
sys.exit(subprocess.call([os.path.join(tools, os.path.basename(program)), *map(mapped, arguments)], cwd=folder))
"""

PROGRAMS = (
    "@afni_refacer_run mri_deface mideface mridefacer fsl_deface pydeface run_mri_reface.sh TotalSegmentator caideface "
    "mri_synthstrip"
)
BESIDE = ("tcsh", "3dAllineate", "flirt", "BRAINSFit", "BRAINSResample", "nnUNetv2_predict")


def _executable(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def _python(source: str) -> str:
    return f"#!{sys.executable} -IS\n{source}"


def install(folder: Path, monkeypatch) -> Path:
    """Put every stand-in on PATH, and return the folder with files that tools need (``--files``)."""
    bin_folder, inside, files = folder / "bin", folder / "inside", folder / "files"
    for name in PROGRAMS.split():
        _executable(bin_folder / name, _python(SCRIPT))
        _executable(inside / name, _python(SCRIPT))
    _executable(inside / "peds-brain-auto-deface", _python(SCRIPT))
    for name in BESIDE:
        _executable(bin_folder / name, "#!/bin/sh\n")
    _executable(bin_folder / "python", f'#!/bin/sh\nexec {sys.executable} -IS "$@"\n')
    _executable(bin_folder / "docker", _python(DOCKER))
    files.mkdir()
    (files / "run_CTA-DEFACE.py").write_text(SCRIPT)
    (files / "model").mkdir()
    (files / "model" / "weights").write_text("weights")
    for name in ("talairach_mixed_with_skull.gca", "face.gca"):
        (files / name).write_text("atlas")
    (folder / "fsl" / "etc").mkdir(parents=True)
    (folder / "fsl" / "etc" / "fslversion").write_text("6.0.7\n")
    (folder / "freesurfer").mkdir()
    (folder / "freesurfer" / "build-stamp.txt").write_text("freesurfer-linux-7.4.1\n")
    monkeypatch.setenv("PATH", f"{bin_folder}{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.setenv("FSLDIR", str(folder / "fsl"))
    monkeypatch.setenv("FREESURFER_HOME", str(folder / "freesurfer"))
    monkeypatch.setenv("STANDIN_LOG", str(folder / "log"))
    monkeypatch.setenv("STANDIN_INSIDE", str(inside))
    monkeypatch.delenv("STANDIN", raising=False)
    return files


AFFINE = np.array([[0.1, 0.2, 3.0, -31.0], [-2.0, 0.1, 0.1, 27.0], [0.1, -2.5, 0.2, 25.0], [0, 0, 0, 1.0]])
"""Axes run to the back, down and to the right, oblique and sheared a little."""


def head(kind: str = "mri", *, affine=AFFINE, dtype=np.float32) -> Volume:
    """Return a ball of tissue on a background, brighter to the front, of whole numbers."""
    shape = (19, 17, 21)
    index = np.indices(shape).reshape(3, -1)
    world = (affine[:3, :3] @ index + affine[:3, 3:]).reshape(3, *shape)
    middle = world.reshape(3, -1).mean(axis=1)
    away = np.linalg.norm(world - middle[:, None, None, None], axis=0)
    noise = np.random.default_rng(3).integers(0, 9, shape)
    data = np.where(away < 20, 300 + np.rint(2 * (world[1] - middle[1])), 0) + noise
    if kind == "ct":
        data = np.where(away < 20, data - 260, -1000 + noise)
    return Volume(data.astype(dtype), affine, kind, "CT" if kind == "ct" else "T1w")


def write_tree(root: Path) -> Path:
    """Write a BIDS data set of two scans, a damaged one, a defaced one and a sidecar."""
    for number, name in enumerate(("sub-01/anat/sub-01_T1w", "sub-02/ses-a/anat/sub-02_ses-a_run-1_T2w")):
        place = root / f"{name}.nii.gz"
        place.parent.mkdir(parents=True)
        volume = head()
        nib.save(nib.Nifti1Image(np.asarray(volume.data, np.int16) + number, volume.affine), place)
    (root / "sub-03" / "anat").mkdir(parents=True)
    (root / "sub-03" / "anat" / "sub-03_T1w.nii.gz").write_bytes(b"\x1f\x8b broken")
    made = root / "derivatives" / "pydeface" / "sub-01" / "anat" / "sub-01_desc-defaced_T1w.nii.gz"
    made.parent.mkdir(parents=True)
    shutil.copyfile(root / "sub-01/anat/sub-01_T1w.nii.gz", made)
    (root / "dataset_description.json").write_text('{"Name": "trial", "BIDSVersion": "1.10.0"}')
    (root / "T1w.json").write_text('{"EchoTime": 0.003, "DeidentificationMethod": ["header cleaned"]}')
    return root
