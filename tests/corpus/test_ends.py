"""Where recordings begin and end to sound: found while preparing, and afterwards."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from reverie.audio.channels import mono_wave
from reverie.corpus.corpus import Corpus
from reverie.corpus.ends import BELOW_DB, BlockPowers, find_ends
from reverie.corpus.sounding import all_sounding, sounding
from tests.corpus.older import as_version_3

RATE_HZ = 8000


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("channels", [1, 2])
def test_pieces_tell_what_the_whole_tells(seed: int, channels: int) -> None:
    rng = np.random.default_rng(seed)
    samples = rng.normal(0, 3000, (channels, int(rng.integers(1, 12 * RATE_HZ))))
    first, last = sorted(rng.integers(0, samples.shape[1] + 1, 2))
    samples[:, :first] *= 0.001
    samples[:, last:] *= 0.001
    pcm = samples.astype(np.int16)
    powers = BlockPowers(RATE_HZ)
    for piece in np.split(pcm, np.sort(rng.integers(0, pcm.shape[1], 5)), axis=1):
        powers.add(piece)
    wave = mono_wave(pcm)
    whole = wave[:].astype(np.float64)
    rms_dbfs = round(10 * np.log10(max(np.square(whole).mean(), 1e-9) / 32768**2), 2)
    found = powers.ends(rms_dbfs)
    assert found == find_ends(wave, RATE_HZ, rms_dbfs)
    # By the definition: block after block.
    block, least = RATE_HZ // 10, 32768**2 * 10 ** ((rms_dbfs - BELOW_DB) / 10)
    loud = [at for at in range(0, len(whole), block)
            if np.square(whole[at : at + block]).mean() >= least]  # fmt: skip
    wanted = (loud[0], min(loud[-1] + block, len(whole))) if loud else (0, len(whole))
    assert found == wanted


def test_preparing_finds_what_is_found_afterwards(with_rests: Corpus) -> None:
    for one in with_rests.recordings:
        wave = with_rests.mono(one)
        ends = find_ends(wave, RATE_HZ, one.rms_dbfs)
        assert (one.sounding_start, one.sounding_end) == ends
        assert ends != (0, one.samples)


def test_of_many_another_level_is_kept(
    with_rests: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(with_rests.folder, tmp_path / "corpus")
    as_version_3(tmp_path / "corpus")
    corpus = Corpus.open(tmp_path / "corpus")
    few = all_sounding(corpus, corpus.recordings, BELOW_DB)
    assert not list(corpus.folder.glob("sounding-*"))
    monkeypatch.setattr("reverie.corpus.sounding.KEPT_FROM", 1)
    held_out = corpus.of_split("held-out")
    found = all_sounding(corpus, held_out, BELOW_DB)
    assert (corpus.folder / "sounding-35.json").exists()
    monkeypatch.setattr("reverie.corpus.sounding.find_ends", None)
    assert np.array_equal(all_sounding(corpus, corpus.recordings, BELOW_DB), few)
    assert np.array_equal(all_sounding(corpus, held_out, BELOW_DB), found)
    assert sounding(with_rests, with_rests.of_split("held-out")[0], BELOW_DB) == (
        int(found[0][0]), int(found[1][0])
    )  # fmt: skip
    kept = corpus.folder / "sounding-35.json"
    for damage in ("{}", kept.read_text().replace(corpus.content_hash, "0" * 64)):
        kept.write_text(damage)
        with pytest.raises(TypeError):
            all_sounding(corpus, corpus.recordings, BELOW_DB)
