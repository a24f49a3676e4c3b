"""What is remarked of hundreds of files reads in a few lines."""

import pytest

from reverie.corpus.groups import MOST_GROUPS, group_lines, grouped


def short(count: int, least: float = 0.2) -> list[tuple[str, str]]:
    return [
        (f"kit/{at:03d}.wav", f"too short: {least + at / 1000:.2g} s, and 2 s are asked for")
        for at in range(count)
    ]


def test_many_one_shots_are_a_count_an_example_and_the_setting() -> None:
    assert group_lines(grouped(short(300))) == [
        "  300 files: too short: 0.2-0.5 s, and 2 s are asked for",
        "    such as kit/000.wav",
        "    `min_seconds=0.1` admits them",
    ]


def test_few_are_named_one_by_one() -> None:
    told = group_lines(grouped([("a.wav", "cut off after 0:03.0"), ("b.wav", "empty")]))
    assert told == [
        "  a.wav: cut off after 0:03.0",
        "    `keep_damaged=True` uses what can be decoded",
        "  b.wav: empty",
    ]


@pytest.mark.parametrize(
    ("seconds", "admits"), [("0.65", 0.6), ("1.9", 1), ("0.2", 0.1), ("12", 10)]
)
def test_the_setting_admits_what_was_rounded_up_too(seconds: str, admits: float) -> None:
    (group,) = grouped([("a.wav", f"too short: {seconds} s, and 20 s are asked for")])
    assert group.setting == f"`min_seconds={admits:g}` admits it"


def test_what_differs_is_a_range_of_numbers_and_times() -> None:
    remarks = [
        "damaged 0:59.5 in at -3 dB",
        "damaged 1:02.0 in at -12 dB",
        "damaged 0:07.0 in at 0 dB",
    ]
    (group,) = grouped((str(at), one) for at, one in enumerate(remarks))
    assert group.text == "damaged 0:07.0-1:02.0 in at -12 to 0 dB"


def test_names_of_formats_are_no_numbers() -> None:
    groups = grouped([("a", "an mp3 of 3 bytes"), ("b", "an mp4 of 3 bytes")])
    assert [group.text for group in groups] == ["an mp3 of 3 bytes", "an mp4 of 3 bytes"]


def test_copies_are_one_group_whatever_they_are_copies_of() -> None:
    (group,) = grouped((f"copy {at}.wav", f"the same recording as 0{at}.wav") for at in range(5))
    assert group.text == "the same recording as another"
    assert len(group.files) == 5


def test_ever_so_many_reasons_end() -> None:
    words = ["reason " + chr(ord("a") + at) for at in range(MOST_GROUPS + 3)]
    told = group_lines(grouped((f"{one}.wav", one) for one in words))
    assert len(told) == MOST_GROUPS + 1
    assert told[-1] == "  3 more, for 3 other reasons"
