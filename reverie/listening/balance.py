"""Count how evenly a design distributes conditions and clips, and estimate its power."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from reverie.listening.design.orders import Trial
from reverie.listening.folder import ListeningTest, participant_name
from reverie.listening.statistics.power import Design, Power, power
from reverie.progress import duration
from reverie.terminal import printable


@dataclass(frozen=True)
class Range:
    """The smallest and the largest of several counts."""

    least: int
    most: int

    def __str__(self) -> str:
        return str(self.least) if self.least == self.most else f"{self.least} to {self.most}"


@dataclass(frozen=True)
class Balance:
    """Counts over the test trials of a design."""

    per_participant: dict[str, Range]
    """Number of one participant's test trials with each condition."""
    total: dict[str, int]
    """Number of all participants' test trials with each condition."""
    per_place: dict[str, Range]
    """Number of participants with each condition at the same place in the order."""
    mean_place: dict[str, float]
    """The mean place of each condition, from 1."""
    clips: dict[str, int]
    """Number of different clips of each condition that are heard."""
    per_clip: dict[str, Range]
    """Number of participants who hear each of these clips."""


def balance(test: ListeningTest) -> Balance:
    """Count the trials of `test` by system."""
    names = [condition.name for condition in test.stimuli.conditions if condition.role == "system"]
    tests = [[trial for trial in order if trial.kind == "test"] for order in test.orders]
    places: dict[str, list[int]] = {name: [] for name in names}
    clips: dict[str, Counter[str]] = {name: Counter() for name in names}
    for order in tests:
        for place, trial in enumerate(order, 1):
            for one in trial.stimuli:
                places[one.condition].append(place)
                clips[one.condition][one.token] += 1
    return Balance(
        per_participant={
            name: _range([_with(order, name) for order in tests]) for name in names
        },
        total={name: len(places[name]) for name in names},
        per_place={
            name: _range([places[name].count(at + 1) for at in range(len(tests[0]))])
            for name in names
        },
        mean_place={
            name: sum(places[name]) / len(places[name]) if places[name] else 0.0 for name in names
        },
        clips={name: len(clips[name]) for name in names},
        per_clip={name: _range(list(clips[name].values())) for name in names},
    )  # fmt: skip


def power_of(test: ListeningTest) -> Power | None:
    """Return the test's power to compare two rated systems; None if it cannot compare any."""
    counted = balance(test)
    systems = list(counted.total)
    if test.settings.mode != "rating" or len(systems) < 2:
        return None
    design = Design(
        test.settings.participants,
        min(counted.clips.values()),
        min(counts.least for counts in counted.per_participant.values()),
        test.settings.same_clips,
    )
    try:
        return power(design)
    except ValueError:
        return None


def describe(test: ListeningTest) -> list[str]:
    """Describe the design of `test` in lines of text."""
    settings, counted, order = test.settings, balance(test), test.orders[0]
    kinds = Counter(trial.kind for trial in order)
    extra = ", ".join(
        f"{kinds[kind]} {title}"
        for kind, title in (
            ("anchor", "hidden anchors"), ("repeat", "repeats"), ("attention", "beeps to count"),
            ("practice", "practice before"),
        )
        if kinds[kind]
    )  # fmt: skip
    sounds = sum(len(trial.stimuli) for trial in order)
    time = duration(sounds * test.stimuli.seconds)
    noun = "clips to rate" if settings.mode == "rating" else "pairs to choose from"
    lines = [
        f"{settings.participants} participants, {test.test_trials} {noun} each"
        + (f", and {extra}" if extra else "")
        + f". Sounds of {test.stimuli.seconds:g} s: {time} of listening.",
        "Over all participants:",
    ]
    lines += [
        f"  {printable(name)}: {counted.total[name]} trials, {counted.per_participant[name]} for "
        f"each participant; {counted.clips[name]} clips, each heard "
        f"{counted.per_clip[name]} times; {counted.per_place[name]} at each place of the order, "
        f"place {counted.mean_place[name]:.1f} in the mean"
        for name in counted.total
    ]
    lines += shortcomings(test)
    lines += _power_lines(power_of(test))
    for number, own in enumerate(test.orders, 1):
        lines.append(f"{participant_name(number)}: {' '.join(_mark(trial) for trial in own)}")
    return lines


def shortcomings(test: ListeningTest) -> list[str]:
    """List where the test falls short of its settings."""
    settings, remarks = test.settings, [f"Left out: {reason}." for reason in test.stimuli.left_out]
    if test.test_trials < settings.clips:
        remarks.append(
            f"There are clips for {test.test_trials} trials of each participant, not "
            f"{settings.clips}."
        )
    roles = {condition.role for condition in test.stimuli.conditions}
    if settings.mode == "rating" and settings.anchors and "upper" not in roles:
        remarks.append("There are no hidden anchors: they need a `corpus`.")
    if settings.mode == "preference" and settings.anchors:
        remarks.append("Of preferences there are no anchors.")
    return remarks


def as_json(test: ListeningTest) -> dict[str, Any]:
    """Return the design as plain values for programs."""
    counted, found = balance(test), power_of(test)
    return {
        "title": test.settings.title,
        "mode": test.settings.mode,
        "rehearsal": test.settings.rehearsal,
        "participants": test.settings.participants,
        "test_trials": test.test_trials,
        "conditions": {
            name: {
                "trials": counted.total[name],
                "per_participant": _ends(counted.per_participant[name]),
                "per_place": _ends(counted.per_place[name]),
                "mean_place": round(counted.mean_place[name], 3),
                "clips": counted.clips[name],
                "per_clip": _ends(counted.per_clip[name]),
            }
            for name in counted.total
        },
        "power": None
        if found is None
        else {
            "standard_error": round(found.standard_error, 4),
            "chance_to_find": {str(size): round(chance, 3) for size, chance in found.chances},
            "smallest_found_4_in_5": round(found.smallest, 3),
        },
        "orders": [
            [{"kind": trial.kind, "conditions": trial.conditions} for trial in own]
            for own in test.orders
        ],
    }


def _power_lines(estimate: Power | None) -> list[str]:
    if estimate is None:
        return []
    chances = ", ".join(f"{size:g}: {chance:.0%}" for size, chance in estimate.chances)
    return [
        "Chance to find a true difference of two systems, in points of the scale, if listeners "
        f"scatter as is usual: {chances}. A difference of {estimate.smallest:.2f} is found four "
        "times in five. Many pairs compared at once need larger ones."
    ]


def _mark(trial: Trial) -> str:
    names = "/".join(printable(condition) or "beeps" for condition in trial.conditions)
    return names if trial.kind == "test" else f"[{trial.kind} {names}]"


def _with(order: list[Trial], name: str) -> int:
    return sum(name in trial.conditions for trial in order)


def _range(counts: list[int]) -> Range:
    return Range(min(counts), max(counts)) if counts else Range(0, 0)


def _ends(counts: Range) -> list[int]:
    return [counts.least, counts.most]
