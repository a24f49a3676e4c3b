"""A listening test of the default recipe, of the one before it, and of real music, ready to serve.

    python docs/compare_recipes.py CORPUS --out FOLDER
    reverie listen serve FOLDER/test

Trains both recipes on the corpus where FOLDER has no such runs yet, or takes those of `--runs`;
lets each continue the same held-out prompts, cuts as many excerpts of held-out music, and makes
the test of the three. Called again after it was stopped, it goes on.
"""

import argparse
from pathlib import Path

import soundfile

import reverie
from reverie.corpus.corpus import Corpus
from reverie.corpus.excerpts import cut_evenly
from reverie.terminal import echo

BEFORE = Path(__file__).parent / "recipes" / "eight-codes.toml"
RECIPES = {"default": "codes", "eight codes": str(BEFORE)}


def excerpts(corpus: Corpus, folder: Path, count: int, seconds: float) -> None:
    """Excerpts of held-out music, as files."""
    folder.mkdir(exist_ok=True)
    cut = cut_evenly(corpus, corpus.of_split("held-out"), seconds, count)
    for number, one in enumerate(cut, 1):
        soundfile.write(folder / f"{number:03d}.wav", one.wave, corpus.rate_hz, "PCM_16")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="the folder of all that is made")
    parser.add_argument("--runs", type=Path, nargs=2, help="of the default, and of eight codes")
    parser.add_argument("--count", type=int, default=30, help="clips of each")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each clip")
    parser.add_argument("--participants", type=int, default=10)
    chosen = parser.parse_args()
    folder: Path = chosen.out
    folder.mkdir(parents=True, exist_ok=True)
    runs = chosen.runs or [folder / f"{name} run" for name in RECIPES]
    for (name, recipe), place in zip(RECIPES.items(), runs, strict=True):
        if not chosen.runs:
            reverie.train(chosen.corpus, recipe, place, progress=True)
        if len(list((folder / name).glob("*.wav"))) < chosen.count:
            reverie.load(place).generate(
                seconds=chosen.seconds, count=chosen.count, seed=1, out=folder / name, progress=True
            )
    excerpts(Corpus.open(chosen.corpus), folder / "music", chosen.count, chosen.seconds)
    test = reverie.listening_test(
        [*(folder / name for name in RECIPES), folder / "music"],
        folder / "test",
        corpus=chosen.corpus,
        participants=chosen.participants,
        progress=True,
    )
    echo(*test.shortcomings, f"The test: reverie listen serve '{test.folder}'")


if __name__ == "__main__":
    main()
