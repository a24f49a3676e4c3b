"""The paper's ensemble: frame -> several small stacked LSTMs -> linear each -> their average."""

from reverie.models.architectures.parts import Parts
from reverie.models.contract import FrameModel


def ensemble(parts: Parts) -> FrameModel:
    """Average the predictions of small parallel stacks."""
    settings = parts.settings
    front = parts.no_front()
    small = max(1, settings.hidden // settings.members)
    core = parts.lstms(
        front.features,
        depth=settings.depth,
        members=settings.members,
        hidden=small,
        join="concatenate",
    )
    return FrameModel(front, core, parts.ensemble_head(small))
