"""The paper's ensemble: frame -> several small stacked LSTMs -> linear each -> their average."""

from reverie.models.architectures.parts import Parts
from reverie.models.contract import FrameModel
from reverie.models.cores import ParallelCore


def ensemble(parts: Parts) -> FrameModel:
    """Small stacks side by side, each with a prediction of its own, averaged."""
    settings = parts.settings
    front = parts.no_front()
    small = max(1, settings.hidden // settings.members)
    stacks = [parts.lstms(front.features, settings.depth, small) for _ in range(settings.members)]
    core = ParallelCore(stacks, "concatenate")
    return FrameModel(front, core, parts.ensemble_head(small))
