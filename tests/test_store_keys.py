from __future__ import annotations

from reid_audit.store import code_key, content_key, file_key, provenance


def test_keys_depend_on_content_and_not_on_order_of_names():
    assert content_key({"a": 1, "b": 2}) == content_key({"b": 2, "a": 1})
    assert content_key("a", 1) != content_key("a", 2)
    assert content_key(["a", "b"]) != content_key(["ab"])
    assert content_key(1) != content_key("1")


def test_a_folders_key_depends_on_names_and_bytes(tmp_path):
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "1").write_bytes(b"x")
    first = file_key(tmp_path / "d")
    assert first == file_key(tmp_path / "d")
    (tmp_path / "d" / "2").write_bytes(b"")
    second = file_key(tmp_path / "d")
    (tmp_path / "d" / "2").rename(tmp_path / "d" / "3")
    assert len({first, second, file_key(tmp_path / "d")}) == 3


def test_code_key_tells_rooms_apart():
    assert code_key("store") == code_key("store")
    assert code_key("store") != code_key("types")
    assert code_key("settings.py") != code_key("errors.py")


def test_provenance_names_no_host_and_no_user(monkeypatch):
    import getpass
    import platform

    facts = provenance(7)
    assert facts["seed"] == 7
    assert facts["versions"]["numpy"] != "not installed"
    assert platform.node() not in str(facts) or len(platform.node()) < 3
    assert getpass.getuser() not in str(facts).split()
