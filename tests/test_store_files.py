from __future__ import annotations

import csv
import json
import os
import stat

import numpy as np
import pandas as pd
import pytest

from reid_audit.errors import StoreError, UsageError
from reid_audit.store import (
    Record,
    RecordStore,
    armed,
    disarmed,
    own_folder,
    private_folder,
    read_table,
    remove_tree,
    write_bytes,
    write_csv,
    write_json,
    write_table,
    write_tsv,
)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_files_and_folders_are_the_owners_alone(tmp_path):
    previous = os.umask(0)
    try:
        folder = private_folder(tmp_path / "a" / "b")
        file = write_bytes(folder / "x.bin", b"123")
    finally:
        os.umask(previous)
    assert mode(folder) == 0o700
    assert mode(file) == 0o600
    assert file.read_bytes() == b"123"


def test_a_folder_that_others_could_enter_is_closed(tmp_path):
    (tmp_path / "open").mkdir(mode=0o755)
    assert mode(private_folder(tmp_path / "open")) == 0o700


def test_a_file_where_the_folder_should_be_is_an_error_with_a_remedy(tmp_path):
    (tmp_path / "f").write_text("x")
    with pytest.raises(StoreError, match="Name a folder"):
        private_folder(tmp_path / "f")


def test_a_failed_write_leaves_the_old_file_and_no_rubbish(tmp_path, monkeypatch):
    target = write_bytes(tmp_path / "x", b"old")

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="No space left"):
        write_bytes(target, b"new")
    assert target.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


def test_json_refuses_nan(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "x.json", {"v": float("nan")})
    assert not list(tmp_path.iterdir())
    assert json.loads(write_json(tmp_path / "y.json", {"v": None}).read_text()) == {"v": None}


def test_tables_round_trip_and_csv_is_disarmed(tmp_path):
    table = pd.DataFrame({"name": ["=cmd()", "plain"], "value": [1.5, float("nan")]})
    parquet, text = write_table(tmp_path / "t", table)
    pd.testing.assert_frame_equal(read_table(parquet), table, check_dtype=False)
    assert text.read_text().splitlines()[1] == "'=cmd(),1.5"
    assert mode(parquet) == mode(text) == 0o600
    parquet.write_bytes(parquet.read_bytes()[:-5])
    with pytest.raises(StoreError, match="not a whole"):
        read_table(parquet)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\n=1", "\r=1", "＝1+1", "－1"])
def test_no_cell_header_or_category_is_a_formula(tmp_path, text):
    table = pd.DataFrame({text: [text], "kind": pd.Categorical([text]), "n": [-5], "last": [f"a\rb{text}"]})
    plain = text.replace("\r", "\n")
    for file in (write_csv(tmp_path / "t.csv", table), write_tsv(tmp_path / "t.tsv", table)):
        with file.open(newline="") as stream:
            rows = list(csv.reader(stream, delimiter="," if file.suffix == ".csv" else "\t"))
        assert rows == [[f"'{plain}", "kind", "n", "last"], [f"'{plain}", f"'{plain}", "-5", f"a\nb{plain}"]]
    assert armed(str(disarmed(text))) == text
    assert armed("'quoted'") == "'quoted'"


def test_records_round_trip(tmp_path):
    store = RecordStore(tmp_path / "s")
    assert store.get("ab12") is None
    store.put(
        "ab12", Record({"v": np.arange(6, dtype=np.float32).reshape(2, 3), "t": np.array(["x", ""])}, {"n": [1, None]})
    )
    back = store.get("ab12")
    np.testing.assert_array_equal(back.arrays["v"], [[0, 1, 2], [3, 4, 5]])
    assert back.arrays["t"].tolist() == ["x", ""]
    assert back.facts == {"n": [1, None]}
    assert all(mode(p) == 0o700 for p in [tmp_path / "s", tmp_path / "s" / "ab"])


@pytest.mark.parametrize("keep", [0, 10, 100])
def test_a_damaged_record_is_made_again(tmp_path, keep):
    store = RecordStore(tmp_path)
    store.put("cd34", Record({"v": np.ones(50)}))
    path = tmp_path / "cd" / "cd34.npz"
    path.write_bytes(path.read_bytes()[:keep])
    assert store.get("cd34") is None
    assert not path.exists()


def test_a_record_with_objects_is_not_loaded(tmp_path):
    store = RecordStore(tmp_path)
    (tmp_path / "ef").mkdir()
    np.savez(tmp_path / "ef" / "ef56.npz", v=np.array([{"a": 1}], dtype=object))
    assert store.get("ef56") is None


def test_remove_tree_lists_what_went_and_follows_no_link(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "keep").write_text("x")
    inside = private_folder(tmp_path / "in" / "deep")
    write_bytes(inside / "a", b"")
    (tmp_path / "in" / "link").symlink_to(outside)
    assert remove_tree(tmp_path / "in") == (["deep/a", "link"], [])
    assert (outside / "keep").exists()
    assert remove_tree(tmp_path / "in") == ([], [])


def test_remove_tree_leaves_what_was_not_made(tmp_path):
    folder = private_folder(tmp_path / "in" / "deep")
    write_bytes(folder / "ours.npz", b"")
    (folder / "letter.docx").write_text("x")
    removed, left = remove_tree(tmp_path / "in", made=lambda name: name.endswith(".npz"))
    assert (removed, left) == (["deep/ours.npz"], ["deep/letter.docx"])
    assert (folder / "letter.docx").exists()


def test_a_folder_that_the_user_names_keeps_its_mode_and_a_wrong_one_is_wrong_usage(tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o755)
    shared.chmod(0o755)
    assert mode(own_folder(shared)) == 0o755
    assert mode(own_folder(tmp_path / "new")) == 0o700
    (tmp_path / "f").write_text("x")
    with pytest.raises(UsageError, match="Name a folder"):
        own_folder(tmp_path / "f" / "out")
