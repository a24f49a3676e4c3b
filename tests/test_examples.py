"""What the documents tell a person to write in Python does what they say."""

import json
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
import soundfile
from nbclient import NotebookClient

import reverie
from tests.audio.making import music
from tests.music import write_recordings
from tests.scripts import script

DOCS = Path(__file__).parent.parent / "docs"
NOTEBOOK = DOCS / "first-steps.ipynb"


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with recordings and a tune."""
    write_recordings(tmp_path / "music", 5, 20.0, 16000)
    soundfile.write(tmp_path / "tune.mp3", music(6.0, seed=9, rate_hz=16000), 16000)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_page_of_the_api_is_the_docstrings_own() -> None:
    module = script("api")
    page = (DOCS / "api.md").read_text(encoding="utf-8")
    assert page == module.page(), "run: python docs/api.py"
    assert sorted(module.ORDER) == sorted(reverie.__all__)
    headings = re.findall(r"^#### (\S+)$", page, re.MULTILINE)
    for name in reverie.__all__:
        public = [one for one in vars(getattr(reverie, name)) if one[0] != "_"]
        if isinstance(getattr(reverie, name), type) and name != "ReverieError":
            assert {f"{name}.{one}" for one in public} <= set(headings), "undocumented"


def test_the_examples_run_in_order(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    module = script("api")
    space: dict[str, Any] = {"__name__": "examples"}
    for block in module.blocks((DOCS / "api.md").read_text(encoding="utf-8")):
        exec(compile(block, "docs/api.md", "exec"), space)
    said = capsys.readouterr().out
    assert "5 recordings" in said
    assert "Did you mean temperature?" in said
    assert {path.suffix for path in (workplace / "clips").iterdir()} >= {".wav", ".json", ".png"}
    for made in ("a.flac", "piano.html", "kept/002.wav", "judged/report.html"):
        assert (workplace / made).is_file(), made


def test_the_notebook_runs(workplace: Path) -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": workplace}}).execute()
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    shown = ["".join(str(one) for one in cell.outputs) for cell in cells]
    assert sum(one.count("<audio") for one in shown) == 5
    assert sum("data:image/png" in one for one in shown) == 3, "each player has its picture"
    assert any("<table>" in one for one in shown)
    assert (workplace / "first-steps" / "calm.flac").is_file()


def test_the_notebook_is_kept_without_outputs() -> None:
    kept = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    for cell in kept["cells"]:
        assert not cell.get("outputs")
        assert not cell.get("execution_count")
        assert set(cell["metadata"]) == set()
    assert set(kept["metadata"]) == {"kernelspec", "language_info"}
