"""What a page holds, how large it is, and which models get none."""

from pathlib import Path

import pytest
import torch

import reverie
from reverie.errors import ReverieError
from reverie.export.html import player
from reverie.export.html.bundle import bundle
from reverie.export.html.packing import as_stored, pack
from tests.api.making import SMALL_FRAMES


def test_whole_numbers_are_near_and_few(page: Path, over_codes: reverie.Run) -> None:
    exported = over_codes.export("html", page.with_name("small.html"))
    text = exported.path.read_text(encoding="utf-8")
    assert exported.bytes < min(page.stat().st_size, player.MOST_BYTES)
    assert '"kind":"rows"' in text
    assert "the corpus does not say" in text
    assert "http" not in text.replace("http-equiv", "").replace("http://www.w3.org/2000/svg", "")


@pytest.mark.parametrize(("weights", "share"), [("int8", 0.01), ("int6", 0.05), ("float16", 1e-3)])
def test_numbers_come_back_as_they_were_stored(weights: str, share: float) -> None:
    table = torch.randn(5, 40)
    stored = as_stored({"a.weight": table, "a.bias": table[0]}, weights)  # type: ignore[arg-type]
    assert torch.equal(stored["a.bias"], table[0])
    assert (stored["a.weight"] - table).abs().max() <= share * table.abs().max()


def test_whole_tables_stay_whole() -> None:
    packed = pack({"codes": torch.tensor([[1, 300]])}, "int8")
    assert packed.places["codes"]["kind"] == "uint16"


def test_a_page_that_is_too_large_is_refused(
    over_codes: reverie.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(player, "MOST_BYTES", 1000)
    with pytest.raises(ReverieError, match=r"MB is the most.*smaller model"):
        over_codes.export("html", tmp_path / "page.html")
    assert not list(tmp_path.iterdir())


def test_frames_of_numbers_get_no_page(corpus_folder: Path, tmp_path: Path) -> None:
    run = reverie.train(
        corpus_folder, "paper", tmp_path / "run", {**SMALL_FRAMES, "training.epochs": 1}
    )
    with pytest.raises(ReverieError, match=r"plays models over codes.*--recipe codes"):
        run.export("html", tmp_path / "page.html")


def test_modules_keep_their_names_to_themselves(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("export const one = 1;\nconst hidden = 2;\n")
    entry = tmp_path / "b.js"
    entry.write_text('import { one as first } from "./a.js";\nconst hidden = first;\n')
    script = bundle(entry)
    assert script.index("const one = 1;") < script.index("const { one: first } = module0;")
    assert "import" not in script
    for refused in ("export default 1;", 'import "./a.js";', 'const a = "</script>";'):
        entry.write_text(f"{refused}\n")
        with pytest.raises(ValueError, match=r"not understood|a tag"):
            bundle(entry)
