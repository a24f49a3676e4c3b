"""An experiment's report in words, and as Markdown for documents."""

from collections.abc import Sequence

from reverie.corpus.inspection import totals
from reverie.experiment.claims import Claim
from reverie.experiment.protocol import Experiment
from reverie.experiment.selection import RULE
from reverie.experiment.settings import ExperimentSettings
from reverie.pages.page import minus
from reverie.terminal import printable

SHOWN_PROMPT_SECONDS = 5.0

UNITS = (
    "Losses are mean squared errors of the next frame after normalisation, where 1 is what "
    "predicting the average of all music gives; over codes they are bits a frame. Clips come from "
    "the chosen epoch; their level is the median against the recordings. Listeners' mean scores, "
    "with their 95 % intervals, stay empty until people have rated the pool in a listening test."
)

COLUMNS = (
    ("Model", "text"),
    ("Weights", "number"),
    ("Epochs", "number"),
    ("Minutes", "number"),
    ("s/epoch", "number"),
    ("Train loss", "number"),
    ("Held-out", "number"),
    ("Chosen", "number"),
    ("Level", "number"),
    ("Clips", "text"),
    ("MMD", "number"),
    ("To noise", "number"),
    ("Copied", "number"),
    ("Speed", "number"),
    ("Listeners", "number"),
)


def title(settings: ExperimentSettings) -> str:
    """What the report is called."""
    if settings.protocol == "paper":
        return f"The paper's comparison at {settings.scale} scale"
    return f"The paper's models and their variants, {settings.minutes:g} minutes each"


def protocol_paragraphs(experiment: Experiment) -> list[str]:
    """How every model was treated."""
    settings = experiment.settings
    budget = {
        "epochs": "Every model has the same epochs.",
        "time": f"Every model has {settings.minutes:g} minutes of training.",
        "operations": "Every model has as many operations as the baseline's epochs take.",
    }[settings.budget]
    recipe, where = f"`{settings.scale}`", "At each checkpoint"
    if settings.protocol == "variants":
        recipe += (
            " (that of squared error), `adversarial` (the same with an adversary) or `codes` "
            "(likelihood over codes)"
        )
        where = (
            "At the last epoch or, but for those with an adversary, at that of the lowest held-out "
            "loss, as the rule below chooses,"
        )
    return [
        f"Every model has the recipe {recipe} but for its architecture, and the random "
        f"seed {settings.seed}. {budget} Each was trained once.",
        *(
            [f"Changed for every model: {', '.join(f'`{one}`' for one in settings.overrides)}."]
            if settings.overrides
            else []
        ),
        f"{where} {settings.clips} clips of {settings.seconds:g} s continue held-out prompts, the "
        "same for every model whose step sees and whose sequences hold as much.",
        RULE,
        "The pool holds the chosen checkpoint's clips, trimmed where they are 30 dB under their "
        "loudest at the start or the end; figures are of the whole clips.",
        "To noise is where a model's clips lie between real music (0 %) and noise of its spectrum "
        "(100 %), and Copied how many of them repeat the training recordings beyond what real "
        "music does; MMD is the discrepancy that the first rests on, squared, times 100: all as "
        "`reverie evaluate` finds them, which also wrote evaluation/. Speed is of making the "
        "clips, all at once, in seconds of audio a second.",
    ]


def _told(claims: Sequence[Claim]) -> list[str]:
    if not claims:
        return []
    rows = [f"| {one.says} | **{one.judgement}** | {minus(one.why)} |" for one in claims]
    return [
        "## What the paper claims",
        "\n".join(["| claim | here | why |", "|---|---|---|", *rows]),
    ]


def markdown(
    experiment: Experiment,
    rows: Sequence[Sequence[str]],
    claims: Sequence[Claim],
    figures: Sequence[str],
) -> str:
    """The report as Markdown.

    Args:
        experiment: that is done.
        rows: the cells of each model, by `COLUMNS`.
        claims: of the paper, judged.
        figures: the names of the curves' files.
    """
    head = "| " + " | ".join(name for name, _ in COLUMNS) + " |"
    rule = "|" + "|".join("---:" if kind == "number" else "---" for _, kind in COLUMNS) + "|"
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    parts = [
        f"# {title(experiment.settings)}",
        f"{totals(experiment.corpus)}. Selection: "
        + ", ".join(f"`{printable(one.path)}`" for one in experiment.held_out.selection)
        + "; prompts: "
        + ", ".join(f"`{printable(one.path)}`" for one in experiment.held_out.prompts)
        + ".",
        *protocol_paragraphs(experiment),
        "\n".join([head, rule, *lines]),
        UNITS,
        *(f"**{name} failed:** {why}" for name, why in sorted(experiment.failed.items())),
        *(f"**Not judged by number:** {why}" for why in (experiment.judged.why_not,) if why),
        *_told(claims),
        "## Figures",
        *(f"![{name.replace('-', ' ')}](figures/{name}.svg)" for name in figures),
        f"The last {SHOWN_PROMPT_SECONDS:g} s of a prompt and the first clip after it, by model:",
        *(f"{one.model}\n\n![{one.model}](figures/{one.model}.png)" for one in experiment.results),
    ]
    return "\n\n".join(parts) + "\n"
