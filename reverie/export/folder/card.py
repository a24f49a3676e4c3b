"""The model card: what a person should know of a model before using it, as Markdown.

Every sentence is drawn from what was written down or measured while the model was trained. The
lines between dashes at its top are what hubs of models read.
"""

import html
import json
import re
from collections.abc import Iterator

from reverie.export.facts import ModelFacts
from reverie.progress import duration
from reverie.runs.files import LearntFrom, Parent
from reverie.runs.judgement import Judgement
from reverie.terminal import printable

LIBRARY = "reverie"
KNOWN_LICENCES = frozenset(
    (
        "afl-3.0", "agpl-3.0", "apache-2.0", "artistic-2.0", "bsd", "bsd-2-clause", "bsd-3-clause",
        "bsl-1.0", "cc", "cc-by-2.0", "cc-by-3.0", "cc-by-4.0", "cc-by-nc-2.0", "cc-by-nc-3.0",
        "cc-by-nc-4.0", "cc-by-nc-nd-3.0", "cc-by-nc-nd-4.0", "cc-by-nc-sa-2.0", "cc-by-nc-sa-3.0",
        "cc-by-nc-sa-4.0", "cc-by-nd-4.0", "cc-by-sa-3.0", "cc-by-sa-4.0", "cc0-1.0", "gpl",
        "gpl-2.0", "gpl-3.0", "isc", "lgpl", "lgpl-2.1", "lgpl-3.0", "mit", "mpl-2.0", "odbl",
        "openrail", "pddl", "unlicense", "wtfpl", "zlib",
    )
)  # fmt: skip
"""Names of licences that hubs know; any other is told as `other` with its own name."""
TAGS = ("music", "audio", "music-generation", "reverie")
SETTINGS = (
    "model.architecture", "model.hidden", "frames.transform", "frames.n_codebooks",
    "frames.codebook_size", "training.sequence_seconds", "training.batch_size",
    "training.learning_rate", "training.seed",
)  # fmt: skip
"""Of a recipe, those that a card shows; `config.json` has all."""


def model_card(facts: ModelFacts, curve: str | None) -> str:
    """Write the card of a model.

    Args:
        facts: what is known of it.
        curve: the name of the picture of its training, beside the card; None where there is none.
    """
    sections = (
        _front_matter(facts),
        f"# {_plain(facts.name)}\n",
        *_what_it_is(facts),
        *_use(facts),
        *_corpus(facts),
        *_training(facts, curve),
        *_measured(facts),
        *_parent(facts.parent),
        *_licence(facts),
        *_files(),
    )
    return "\n".join(sections)


def _front_matter(facts: ModelFacts) -> str:
    """What hubs read: YAML, whose texts are written as JSON, which is YAML too."""
    known = facts.licence.lower() if facts.licence.lower() in KNOWN_LICENCES else None
    lines = ["---"]
    if not facts.licence:
        lines.append("license: unknown")
    elif known:
        lines.append(f"license: {known}")
    else:
        name = re.sub("[^a-z0-9.]+", "-", facts.licence.lower()).strip("-.") or "other"
        lines += ["license: other", f"license_name: {json.dumps(name)}"]
    lines += [f"library_name: {LIBRARY}", "pipeline_tag: audio-to-audio", "tags:"]
    lines += [f"- {tag}" for tag in TAGS]
    if facts.parent is not None:
        lines += [f"base_model: {json.dumps(printable(facts.parent.name))}"]
        lines += ["base_model_relation: finetune"]
    return "\n".join([*lines, "---", ""])


def _what_it_is(facts: ModelFacts) -> Iterator[str]:
    frames, model = facts.recipe.frames, facts.recipe.model
    channels = "stereo" if frames.n_channels > 1 else "mono"
    what = {
        "codes": f"{frames.n_codebooks} codes a frame, learnt from the recordings",
        "spectrum": "the spectrum's magnitudes",
    }.get(frames.transform, f"the coefficients of a transform ({frames.transform})")
    yield (
        f"This model makes music: audio in, audio out, {channels} at {facts.rate_hz / 1000:g} kHz. "
        "It continues a recording, or begins from nothing. It knows of no notes and no words: it "
        f"predicts sound, {1000 * facts.hop_seconds:.0f} ms at a time, as {what}.\n"
    )
    yield (
        f"It is the architecture `{model.architecture}` with {facts.parameters / 1e6:.3g} million "
        f"weights, trained by {_plain(facts.created_by)}. Whatever it makes is AI-generated, and "
        "says so inside the file.\n"
    )


def _use(facts: ModelFacts) -> Iterator[str]:
    del facts
    yield (
        "## Use\n\nWith this folder as `FOLDER`:\n\n"
        "    reverie generate FOLDER --seconds 30\n"
        "    reverie generate FOLDER --seconds 30 --prompt tune.mp3\n"
        "    reverie train CORPUS --from FOLDER\n\n"
        "```python\nimport reverie\n\n"
        'clips = reverie.load("FOLDER").generate(seconds=30, prompt="tune.mp3", seed=1)\n```\n\n'
        "The same seed gives the same bytes, here and elsewhere, with the same versions on the "
        "same kind of processor.\n"
    )


def _corpus(facts: ModelFacts) -> Iterator[str]:
    recordings = facts.corpus.recordings
    training = [one for one in recordings if one.split == "train"]
    held_out = [one for one in recordings if one.split != "train"]
    yield "## What it learnt from\n"
    if facts.corpus.unlisted:
        yield (
            f"{facts.corpus.unlisted} recordings, too many to be listed here; all of them together "
            f"have the hash `{facts.corpus.content_hash}`. Under which licences they are is not "
            "known to Reverie: ask whoever gives you this model.\n"
        )
        return
    yield (
        f"{_counted(training)} to learn from and {_counted(held_out)} held out, which only "
        "measured it. `corpus.json` lists them with their SHA-256; all of them together have the "
        f"hash `{facts.corpus.content_hash}`. Under which licences these recordings are is not "
        "known to Reverie: ask whoever gives you this model.\n"
    )


def _counted(recordings: list[LearntFrom]) -> str:
    lengths = [one.seconds for one in recordings if one.seconds is not None]
    many = f"{len(recordings)} recording{'' if len(recordings) == 1 else 's'}"
    return f"{many} ({duration(sum(lengths))})" if len(lengths) == len(recordings) else many


def _training(facts: ModelFacts, curve: str | None) -> Iterator[str]:
    progress, loss = facts.progress, facts.held_out_loss
    said = (
        f"{progress.epoch} epochs in {duration(progress.seconds)}, with torch "
        f"{_plain(facts.torch) or 'of an unknown version'}."
    )
    if loss is not None:
        said += f" Its loss on the held-out recordings was then {loss:.4g} {facts.unit}."
    if progress.best_saved_epoch and progress.best_saved_epoch != progress.epoch:
        said += (
            f" The lowest of a checkpoint that was kept was {progress.best_saved_loss:.4g}, after "
            f"epoch {progress.best_saved_epoch}."
        )
    yield f"## How it was trained\n\n{said}\n"
    if facts.recipe.description:
        yield f"The recipe: {_plain(facts.recipe.description)}\n"
    yield "| setting | value |\n|---|---|"
    for name in SETTINGS:
        section, _, field = name.partition(".")
        if "codebook" in field and facts.recipe.frames.transform != "codes":
            continue
        yield f"| `{name}` | {getattr(getattr(facts.recipe, section), field)} |"
    yield "\n`config.json` has all settings, `metrics.jsonl` the losses of each epoch.\n"
    if curve:
        yield f"![The losses of each epoch, on training and on held-out recordings]({curve})\n"


def _measured(facts: ModelFacts) -> Iterator[str]:
    judged, evaluated = facts.judgement, facts.evaluated
    yield "## What was measured of its clips\n"
    if evaluated is not None:
        said = " ".join(map(_plain, (evaluated.verdict, *evaluated.details)))
        yield (
            "`reverie evaluate` judged a folder of clips that, as whoever exported this model "
            f"says, are its own, {_code(evaluated.name)}: {said}\n"
        )
    if judged is None and evaluated is None:
        yield (
            "Nothing: no clips of this checkpoint were judged while it was trained, neither by "
            "their likeness to music nor for copies of the recordings. `reverie evaluate` does "
            "both.\n"
        )
    if judged is not None:
        yield _judged(judged)


def _judged(judged: Judgement) -> str:
    """What was found of short clips while the model was trained."""
    more = "That is more than chance explains: this model copies."
    return (
        "While it was trained, short clips of this checkpoint were judged. Their distance from the "
        f"held-out recordings is {judged.distance:.1f}; that of music itself is about 0. Of the "
        f"clips {_share(judged.not_ok_share)} were silent, noise, frozen, looping or clipped.\n\n"
        f"Copying: {_share(judged.copied_share)} of the clips repeat a training recording more "
        f"closely than is usual; so do {_share(judged.copied_share_of_music)} of excerpts of the "
        "held-out recordings, which are no copies. "
        f"{more if judged.copies_more else 'That is no more than chance explains.'}\n"
    )


def _parent(parent: Parent | None) -> Iterator[str]:
    if parent is None:
        return
    yield (
        f"## What it was begun from\n\nIt was not trained from random weights: it began as "
        f"{_code(parent.name)}, checkpoint {_code(parent.checkpoint)} (SHA-256 of the weights "
        f"{parent.model_sha256}), with its codec. That one learnt from recordings with the "
        f"hash {_code(parent.corpus_hash)}, which are not among those above, and was not "
        "searched for copies of them here."
    )
    licence = _plain(parent.licence)
    yield (f"It was given under {licence}." if licence else "Its licence is not known.") + "\n"
    above = parent.parent
    while above is not None:
        yield f"Before that: {_code(above.name)}, SHA-256 {above.model_sha256}.\n"
        above = above.parent


def _licence(facts: ModelFacts) -> Iterator[str]:
    said = _plain(facts.licence) or "None was named: ask whoever gives you this model."
    yield f"## Licence\n\n{said}\n"


def _files() -> Iterator[str]:
    yield (
        "## The files\n\nNone of them holds a program. The weights, and what was learnt of the "
        "frames, are safetensors; all else is JSON, which Reverie reads strictly, and checks by "
        "the hashes stored in it.\n"
    )


def _share(part: float) -> str:
    return f"{100 * part:.0f} %"


def _code(text: str) -> str:
    """A text of somebody's as code, which has no other marks."""
    return f"`{printable(text).replace('`', chr(39))}`"


def _plain(text: str) -> str:
    """A text of somebody's as one line without the marks of Markdown and HTML."""
    line = html.escape(printable(text).strip(), quote=False)
    return re.sub(r"([\\`*_\[\]#|!])", r"\\\1", line)
