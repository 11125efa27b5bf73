from __future__ import annotations

import pytest

from reid_audit.errors import ManifestError, UsageError
from reid_audit.inputs.quantities import read_quantity


@pytest.fixture
def table(tmp_path):
    def write(*lines):
        path = tmp_path / "participants.tsv"
        path.write_text("\n".join(lines) + "\n")
        return path

    return write


def test_a_column_of_numbers_ages_or_sexes_is_read_by_person(table):
    path = table("participant_id\tage\tsex\tMuscle", "sub-a\t034Y\tF\t1.2", "sub-b\t89+\tmale\tn/a", "c\t\tO\t0.9")
    assert read_quantity(path, "muscle") == {"a": 1.2, "c": 0.9}
    assert read_quantity(path, "age") == {"a": 34.0, "b": 89.0}
    with pytest.raises(ManifestError, match="line 4 the column 'sex' holds no number"):
        read_quantity(path, "sex")


def test_sex_is_a_number_too(table):
    assert read_quantity(table("subject\tsex", "a\tF", "b\tM"), "sex") == {"a": 1.0, "b": 0.0}


def test_what_cannot_be_read_is_said(table):
    path = table("participant_id\tscore", "sub-a\t1", "sub-a\t2")
    with pytest.raises(UsageError, match=r"no column 'age'\. Known: participant_id, score"):
        read_quantity(path, "age")
    with pytest.raises(ManifestError, match="twice"):
        read_quantity(path, "score")
    for text in ("many", "nan", "inf"):
        lines = table("participant_id\tscore", f"sub-a\t{text}x" if text == "many" else f"sub-a\t{text}")
        if text == "nan":
            assert read_quantity(lines, "score") == {}
            continue
        with pytest.raises(ManifestError, match="no number"):
            read_quantity(lines, "score")
    with pytest.raises(UsageError, match="no column 'participant_id'"):
        read_quantity(table("who\tscore", "a\t1"), "score")
