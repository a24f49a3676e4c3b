"""Planted copies are found, and damage of known kinds is seen."""

import pytest

from reverie.corpus.corpus import Corpus
from reverie.evaluation.selftest.planted_copies import check_copying, copying_table
from reverie.evaluation.selftest.sensitivity import check_damage


def test_planted_copies_are_found(music: Corpus) -> None:
    found = check_copying(music, plants=2, quiet=True)
    clean = [one for one in found.counts if one.way == "clean"]
    assert {one.seconds for one in clean} == {3.0, 10.0}
    assert all(one.flagged == one.placed == one.planted for one in clean)
    for real in found.held_out:
        assert real.by_others is not None
        # By all but itself at the 99th percentile: the strongest, or one or two more.
        assert 1 <= real.by_others <= max(2, 0.03 * real.excerpts)
    rows = [line for line in copying_table(found) if "real held-out" in line]
    assert len([line for line in rows if "by other excerpts" in line]) == len(found.held_out)


@pytest.mark.usefixtures("no_transcriber")
def test_damage_is_seen_without_the_transcriber(music: Corpus) -> None:
    seen, found = check_damage(music, clips=10, clip_seconds=1.5, quiet=True)
    by_damage = {one.damage for one in seen if one.seen}
    assert {"silence", "noise at 10 dB", "1 s looped"} <= by_damage
    assert list(found.titles) == ["mfcc", "musicnn", "musicnn-pooled"]
    assert list(found.missing) == ["notes, pitches and intervals"]
    assert all("pip install" in how for how in found.missing.values())
