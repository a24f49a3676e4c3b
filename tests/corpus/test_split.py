"""The split: by content, seeded, never empty on either side where that can be."""

from hypothesis import given
from hypothesis import strategies as st

from reverie.corpus.split import split_of

HASHES = st.lists(st.text("0123456789abcdef", min_size=8, max_size=8), unique=True, max_size=60)


@given(HASHES, st.floats(0.01, 0.99), st.integers(0, 1000))
def test_counts_and_order(hashes: list[str], fraction: float, seed: int) -> None:
    split = split_of(hashes, fraction, seed)
    assert split == split_of(reversed(hashes), fraction, seed)
    assert set(split) == set(hashes)
    train = sum(side == "train" for side in split.values())
    if len(hashes) >= 2:
        assert 1 <= train <= len(hashes) - 1
        assert abs(train - fraction * len(hashes)) <= 1
    else:
        assert train == len(hashes)


def test_25_tunes_are_20_and_5() -> None:
    split = split_of([str(number) for number in range(25)], 0.8, 0)
    assert list(split.values()).count("train") == 20


def test_another_seed_is_another_split() -> None:
    hashes = [str(number) for number in range(25)]
    assert split_of(hashes, 0.8, 0) != split_of(hashes, 0.8, 1)


@given(HASHES.filter(lambda hashes: len(hashes) > 2), st.integers(0, 9))
def test_one_recording_more_moves_at_most_one_other(hashes: list[str], seed: int) -> None:
    fewer, all_of_them = split_of(hashes[1:], 0.8, seed), split_of(hashes, 0.8, seed)
    assert sum(fewer[one] != all_of_them[one] for one in hashes[1:]) <= 1


FOLDERS = st.lists(st.integers(0, 5), max_size=80)


@given(FOLDERS, st.floats(0.01, 0.99), st.integers(0, 99))
def test_each_folder_gives_its_share(places: list[int], fraction: float, seed: int) -> None:
    folders = {f"{at:04x}": str(place) for at, place in enumerate(places)}
    split = split_of(folders, fraction, seed, folders)
    assert split == split_of(reversed(list(folders)), fraction, seed, folders)
    plain = split_of(folders, fraction, seed)
    assert sorted(split.values()) == sorted(plain.values())
    if len(folders) * min(fraction, 1 - fraction) > 1:
        for folder in set(folders.values()):
            inside = [one for one, where in folders.items() if where == folder]
            held_out = sum(split[one] == "held-out" for one in inside)
            assert abs(held_out - (1 - fraction) * len(inside)) < 1 + 1e-6


def test_one_folder_is_divided_as_none() -> None:
    hashes = [f"{at:04x}" for at in range(50)]
    assert split_of(hashes, 0.8, 3, dict.fromkeys(hashes, "here")) == split_of(hashes, 0.8, 3)


@given(FOLDERS.filter(lambda places: len(places) > 2), st.integers(0, 9))
def test_one_recording_more_moves_few_others_in_folders(places: list[int], seed: int) -> None:
    folders = {f"{at:04x}": str(place) for at, place in enumerate(places)}
    hashes = list(folders)
    fewer, every = split_of(hashes[1:], 0.8, seed, folders), split_of(hashes, 0.8, seed, folders)
    assert sum(fewer[one] != every[one] for one in hashes[1:]) <= 3
