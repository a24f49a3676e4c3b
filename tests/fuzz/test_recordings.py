"""A share of the mutated recordings; all of them: `python -m tests.fuzz.recordings`."""

from tests.fuzz.recordings import fuzz, judged

COUNT = 600


def test_mutated_recordings_are_decoded_or_refused() -> None:
    outcome = fuzz(COUNT, seed=1)
    assert outcome.failures == []
    assert outcome.counts.total() == COUNT
    # Were all of one kind, the mutants would try nothing.
    assert min(outcome.counts["decoded"], outcome.counts["refused"]) > COUNT / 5


def test_what_would_be_a_failure() -> None:
    fine = {"analysed": {}}
    assert judged(fine, 1.0, 1000) == "decoded"
    assert judged({"unusable": "cut off"}, 1.0, 0) == "refused"
    bad = [
        judged(fine, 100.0, 0),
        judged(fine, 1.0, 1 << 40),
        judged({"unusable": ""}, 1.0, 0),
        judged({"unusable": "cannot be decoded (KeyError: 'x')"}, 1.0, 0),
        judged({"storage": "no space"}, 1.0, 0),
    ]
    assert not {"decoded", "refused"} & set(bad)
