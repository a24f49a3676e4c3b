"""The music tagger musicnn (Pons & Serra 2019) as an embedding, implemented in torch.

Its weights, trained on the Million Song Dataset, lie beside this file with the notice of their
licence (ISC). They are those of `MSD_musicnn` in the package musicnn 0.1.0, float32, in torch's
layout. Source: https://github.com/jordipons/musicnn, none of whose code is used.
Letters: W windows, C columns of a window, N mel bands, F features.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
import safetensors.torch
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from reverie.errors import ReverieError, os_reason
from reverie.evaluation.distances.embedding import windows
from reverie.evaluation.measures.mel import mel_power

BANDS = 96
TAGS = (
    "rock", "pop", "alternative", "indie", "electronic", "female vocalists", "dance", "00s",
    "alternative rock", "jazz", "beautiful", "metal", "chillout", "male vocalists",
    "classic rock", "soul", "indie rock", "Mellow", "electronica", "80s", "folk", "90s", "chill",
    "instrumental", "punk", "oldies", "blues", "hard rock", "ambient", "acoustic",
    "experimental", "female vocalist", "guitar", "Hip-Hop", "70s", "party", "country",
    "easy listening", "sexy", "catchy", "funk", "electro", "heavy metal", "Progressive rock",
    "60s", "rnb", "indie pop", "sad", "House", "happy",
)  # fmt: skip
WEIGHTS = Path(__file__).with_name("musicnn.safetensors")
WEIGHTS_SHA256 = "7294286da6ebaf78bb9bedc7a4d3dcdb96093858a48868aa5ef911f9e54e0df7"
_BATCH_NORM_EPSILON = 1e-3


class Musicnn:
    """Embed clips with musicnn's layers up to the penultimate one.

    Two spaces: `musicnn`, E = 200, and `musicnn-pooled`, E = 1506.

    Args:
        weights: the file of the weights.

    Raises:
        ReverieError: the file is missing, or differs from the one in the package.
    """

    titles: Mapping[str, str] = MappingProxyType(
        {"musicnn": "musicnn, last layer but one", "musicnn-pooled": "musicnn, pooled features"}
    )

    def __init__(self, weights: Path = WEIGHTS) -> None:
        self._weights = _load(weights)

    def tags(self, penultimate: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the likelihood of each of `TAGS`, [W, 50], of rows [W, 200] in `musicnn`."""
        return self._dense(torch.as_tensor(penultimate), "tags").sigmoid().numpy()

    def embed(self, wave: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """Embed samples [S]; see `Embedder.embed`."""
        spectrograms = windows(np.log10(10000 * mel_power(wave, BANDS) + 1))
        with torch.inference_mode():
            pooled = self._pooled(torch.as_tensor(spectrograms))
            penultimate = self._dense(self._normalised(pooled, "pooled_norm"), "penultimate")
            penultimate = self._normalised(penultimate.relu(), "penultimate_norm")
        return {"musicnn": penultimate.numpy(), "musicnn-pooled": pooled.numpy()}

    def _pooled(self, x: Tensor) -> Tensor:
        """Return each feature's maximum and mean over time, interleaved: [W, C, N] -> [W, 1506]."""
        x = self._normalised(x.unsqueeze(1), "input_norm")
        timbral = functional.pad(x, (0, 0, 3, 3))
        front = [self._front(timbral, name) for name in ("timbral.0", "timbral.1")]
        for name, taps in (("temporal.0", 128), ("temporal.1", 64), ("temporal.2", 32)):
            # TensorFlow's "same" padding: an odd number of zeros puts one more at the end.
            front.append(self._front(functional.pad(x, (0, 0, (taps - 1) // 2, taps // 2)), name))
        features = torch.cat(front, dim=1)
        first = self._middle(features, "middle.0")
        second = self._middle(first, "middle.1") + first
        third = self._middle(second, "middle.2") + second
        layers = torch.cat([features, first, second, third], dim=1)
        return torch.stack([layers.amax(dim=2), layers.mean(dim=2)], dim=2).flatten(1)

    def _front(self, x: Tensor, name: str) -> Tensor:
        """Filter over time and frequency, and take the maximum over frequency:
        [W, 1, C, N] -> [W, F, C]."""
        weights = self._weights
        x = functional.conv2d(x, weights[f"{name}.weight"], weights[f"{name}.bias"]).relu()
        return self._normalised(x, f"{name}.norm").amax(dim=3)

    def _middle(self, x: Tensor, name: str) -> Tensor:
        """Apply a middle layer: [W, F, C] -> [W, 64, C]."""
        kernel, bias = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        x = functional.conv1d(x, kernel, bias, padding=3).relu()
        return self._normalised(x, f"{name}.norm")

    def _dense(self, x: Tensor, name: str) -> Tensor:
        return functional.linear(x, self._weights[f"{name}.weight"], self._weights[f"{name}.bias"])

    def _normalised(self, x: Tensor, name: str) -> Tensor:
        """Apply batch normalisation with the statistics of training."""
        return functional.batch_norm(
            x,
            self._weights[f"{name}.running_mean"],
            self._weights[f"{name}.running_var"],
            self._weights[f"{name}.weight"],
            self._weights[f"{name}.bias"],
            eps=_BATCH_NORM_EPSILON,
        )


def _load(path: Path) -> dict[str, Tensor]:
    """Load the tensors of the weights' file, by name.

    Raises:
        ReverieError: the file is missing, or is not the one that Reverie came with.
    """
    remedy = "Install Reverie again."
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ReverieError(f"{path} cannot be read: {os_reason(error)}.", remedy) from error
    if hashlib.sha256(content).hexdigest() != WEIGHTS_SHA256:
        raise ReverieError(f"{path} is damaged: its SHA-256 differs.", remedy)
    return safetensors.torch.load(content)
