"""What the page says of the model: whose music it learned from, copying, and what made it."""

from collections.abc import Sequence
from dataclasses import dataclass

from reverie import __version__
from reverie.export.facts import ModelFacts
from reverie.progress import duration
from reverie.runs.files import CorpusRecord
from reverie.terminal import printable

_PARTS = {"train": "learned from", "held-out": "held out"}


@dataclass(frozen=True)
class PageText:
    """The words of a page."""

    name: str
    """Of the run."""
    comment: str
    """What is written into the files that it makes."""
    credits: Sequence[str]
    """Paragraphs."""
    recordings: Sequence[tuple[str, str]]
    """Each one's path, and what it was used for."""
    copying: Sequence[str]
    """Paragraphs."""
    facts: Sequence[tuple[str, str]]
    """Names and values."""


def page_text(facts: ModelFacts, credits: str, channels: int) -> PageText:  # noqa: A002
    """Say what is known of a model.

    Args:
        facts: of it.
        credits: of the recordings; empty where they are not known.
        channels: that it plays.
    """
    model, about, name = facts.recipe.model, facts.corpus, printable(facts.name)
    trained = [one["seconds"] for one in facts.metrics if one["epoch"] == facts.progress.epoch]
    pairs = [
        ("Program", f"Reverie {__version__}"),
        (
            "Model",
            f"{model.architecture}, {model.hidden} wide, {facts.parameters / 1e6:.1f} M numbers",
        ),
        ("Trained", f"{facts.progress.epoch} epochs in {duration(sum(trained[:1]))}"),
        ("Checkpoint", facts.progress.name),
        ("Corpus", about.content_hash[:12]),
        ("Sound", f"{facts.rate_hz} Hz, {'stereo' if channels > 1 else 'mono'}"),
        ("Licence of the model", printable(facts.licence) or "none is named"),
    ]
    return PageText(
        name=name,
        comment=f"Made by the model {name} of Reverie, {facts.progress.name}, corpus "
        f"{about.content_hash[:12]}.",
        credits=_credits(about, printable(credits)),
        recordings=[(printable(one.path), _PARTS[one.split]) for one in about.recordings],
        copying=_copying(facts),
        facts=pairs,
    )


def _credits(about: CorpusRecord, said: str) -> list[str]:
    count = sum(one.split == "train" for one in about.recordings)
    held_out = len(about.recordings) - count
    learned = (
        f"It learned from most of {about.unlisted} recordings, and was tried on the others."
        if about.unlisted
        else f"It learned from {count} recordings, and was tried on {held_out} others."
    )
    unknown = (
        "To whom they belong, and under which licence, the corpus does not say: ask whoever gave "
        "you this page before you publish what it plays."
    )
    return [learned, said or unknown]


def _copying(facts: ModelFacts) -> list[str]:
    """What was found of clips of this checkpoint, in paragraphs."""
    if facts.evaluated is not None:
        return [printable(one) for one in (facts.evaluated.verdict, *facts.evaluated.details)]
    judged = facts.judgement
    if judged is None:
        return [
            "While this model was trained, its clips were not compared with the recordings. "
            "`reverie evaluate` does it."
        ]
    found = (
        f"Of short clips of this model, {judged.copied_share:.0%} are more like the recordings "
        f"than pieces of music are that were not copied from them; of held-out music itself it is "
        f"{judged.copied_share_of_music:.0%}."
    )
    more = "That is more than chance would have it: this model copies."
    return [f"{found} {more if judged.copies_more else 'No copying was found.'}"]
