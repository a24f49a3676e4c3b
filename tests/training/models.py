"""Untrained models of every architecture and kind of head."""

import torch

from reverie.frames.contract import CodebookInfo
from reverie.frames.transforms import frame_spec
from reverie.models.architectures import build_model
from reverie.models.contract import FrameModel
from reverie.runs.settings import Recipe
from reverie.training.recipe import load_recipe
from tests.conftest import RATE_HZ

HEADS = ("mean", "adversary", "codes")


def recipe_of(architecture: str, head: str, *told: str) -> Recipe:
    """A recipe with one of the heads, and with what else it is told."""
    of_head = ["model.adversary=hinge"] if head == "adversary" else []
    name = "codes" if head == "codes" else "desk"
    return load_recipe(name, [f"model.architecture={architecture}", *of_head, *told])


def model_of(recipe: Recipe, device: str) -> FrameModel:
    """Build the model of a recipe on a device; the vectors of its codes are drawn."""
    spec = frame_spec(recipe.frames, RATE_HZ)
    info = None
    if spec.codebook_size:
        shape = (spec.width, spec.codebook_size, spec.codebook_dim)
        vectors = torch.randn(shape, generator=torch.Generator().manual_seed(0))
        info = CodebookInfo(vectors, torch.zeros(spec.codebook_size))
    rng = torch.Generator().manual_seed(1)
    return build_model(recipe.model, spec, rng, info).to(device)
