"""The model card says in words what was measured, and nothing else."""

import dataclasses
import json
from pathlib import Path

import pytest

import reverie
from reverie.export.evaluated import read_evaluated
from reverie.export.facts import ModelFacts, model_facts
from reverie.export.folder.card import model_card
from reverie.export.settings import ExportSettings
from reverie.runs.files import Parent
from reverie.runs.judgement import Judgement
from reverie.runs.states import read_progress
from tests.export.conftest import JUDGED


@pytest.fixture(scope="module")
def facts(exported: Path) -> ModelFacts:
    run = reverie.load(exported).opened
    checkpoint = run.find_checkpoint()
    return model_facts(run, run.load(checkpoint), read_progress(checkpoint), ExportSettings())


def front_matter(card: str) -> list[str]:
    first, lines, _ = card.split("---\n", 2)
    assert first == ""
    return lines.splitlines()


def test_what_hubs_read(facts: ModelFacts) -> None:
    assert front_matter(model_card(facts, None)) == [
        "license: cc-by-4.0",
        "library_name: reverie",
        "pipeline_tag: audio-to-audio",
        "tags:",
        "- music",
        "- audio",
        "- music-generation",
        "- reverie",
    ]


@pytest.mark.parametrize(
    ("licence", "lines"),
    [
        ("", ["license: unknown"]),
        ("MIT", ["license: mit"]),
        ('ours: "no"\nb', ["license: other", 'license_name: "ours-no-b"']),
    ],
)
def test_a_licence_that_hubs_do_not_know_has_its_own_name(
    facts: ModelFacts, licence: str, lines: list[str]
) -> None:
    card = model_card(dataclasses.replace(facts, licence=licence), None)
    found = front_matter(card)
    assert found[: len(lines)] == lines
    assert found[len(lines)] == "library_name: reverie"


def test_it_tells_how_it_was_trained(facts: ModelFacts, exported: Path) -> None:
    card = (exported / "README.md").read_text()
    assert card == model_card(facts, "training.png")
    assert "mono at 8 kHz" in card
    assert "4 recordings (24 s) to learn from and 1 recording (6 s) held out" in card
    assert facts.corpus.content_hash in card
    assert "2 epochs in " in card
    loss = facts.metrics[-1]["held_out_loss"]
    assert f"was then {loss:.4g} bits a frame" in card
    assert "| `model.hidden` | 12 |" in card
    assert "(training.png)" in card
    assert "(training.png)" not in model_card(facts, None)


def test_it_says_what_was_not_measured(facts: ModelFacts) -> None:
    card = model_card(facts, None)
    assert "Nothing: no clips of this checkpoint were judged" in card
    assert "Copying:" not in card


def test_it_tells_what_was_measured(facts: ModelFacts) -> None:
    judged = dataclasses.replace(facts, judgement=Judgement(**JUDGED))
    card = model_card(judged, None)
    assert "is 31.4; that of music itself is about 0. Of the clips 25 % were silent" in card
    assert "Copying: 4 % of the clips" in card
    assert "so do 2 % of excerpts" in card
    assert "no more than chance explains" in card
    copies = dataclasses.replace(judged, judgement=Judgement(**JUDGED | {"copies_more": True}))
    assert "this model copies" in model_card(copies, None)


def test_it_tells_what_an_evaluation_found(facts: ModelFacts, tmp_path: Path) -> None:
    found = [
        {"name": name, "verdict": f"{name} is *near*.", "details": ["12 of 12 are ok."], "mmd": 1.0}
        for name in ("best", "other")
    ]
    (tmp_path / "evaluation.json").write_text(json.dumps({"corpus": "x", "systems": found}))
    evaluated = read_evaluated(tmp_path, ("codes", "best"))
    card = model_card(dataclasses.replace(facts, evaluated=evaluated), None)
    assert "are its own, `best`: best is \\*near\\*. 12 of 12 are ok." in card
    assert "Nothing: no clips" not in card
    with pytest.raises(reverie.ReverieError, match="judges best, other, and none"):
        read_evaluated(tmp_path, ("codes",))
    with pytest.raises(reverie.ReverieError, match=r"evaluation\.json is missing"):
        read_evaluated(tmp_path / "nowhere", ())


def test_it_names_what_it_was_begun_from(facts: ModelFacts) -> None:
    first = Parent("first", "epoch-00009", "1" * 64, "x" * 64, "mit")
    second = Parent("second", "epoch-00004", "2" * 64, "y" * 64, parent=first)
    card = model_card(dataclasses.replace(facts, parent=second), None)
    assert 'base_model: "second"' in front_matter(card)
    assert "it began as `second`, checkpoint `epoch-00004`" in card
    assert "2" * 64 in card
    assert "Its licence is not known." in card
    assert f"Before that: `first`, SHA-256 {'1' * 64}." in card


def test_a_name_is_text_and_no_markup(facts: ModelFacts) -> None:
    name = "<script>alert(1)</script>\n# a [b](javascript:c)"
    recipe = dataclasses.replace(facts.recipe, description="![x](y)")
    card = model_card(dataclasses.replace(facts, name=name, recipe=recipe), None)
    assert "<script" not in card
    assert "\n# a" not in card
    assert "](javascript" not in card.replace("\\](", "")
    assert "![x]" not in card
