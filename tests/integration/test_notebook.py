from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


@pytest.fixture
def folder(shared_people, shared_templates, tmp_path) -> Path:
    """A folder in which the phantoms of the notebooks, and their templates, are made: they are those of the tests."""
    shutil.copytree(shared_people, tmp_path / "phantoms" / "people")
    shutil.copytree(shared_templates, tmp_path / "phantoms" / "compared" / "audit" / "private" / "templates")
    return tmp_path


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs_and_its_results_are_whole(path, folder):
    notebook = nbformat.read(path, as_version=4)
    assert all(not cell.get("outputs") for cell in notebook.cells), "outputs are cleared before a commit"
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(folder)}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not any(output.output_type == "error" for output in outputs)
    pictures = [output for output in outputs if "image/png" in output.get("data", {})]
    assert len(pictures) >= 2


def test_notebooks_make_their_phantoms_where_git_does_not_look():
    ignored = (NOTEBOOKS[0].parents[1] / ".gitignore").read_text().split()
    for path in NOTEBOOKS:
        text = path.read_text()
        assert "mkdtemp" in text or ('Path(\\"phantoms\\")' in text and "/notebooks/phantoms/" in ignored), path.stem
