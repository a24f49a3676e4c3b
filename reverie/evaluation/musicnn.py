"""The music tagger musicnn (Pons & Serra 2019), as an embedding: its forward pass in torch.

Trained on the Million Song Dataset. The weights are read from the `musicnn` package, none of whose
code is run: https://github.com/jordipons/musicnn, ISC licence.
Letters: W windows, C columns of a window, N mel bands, F features.
"""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from reverie.errors import ReverieError
from reverie.evaluation.embedding import windows
from reverie.evaluation.mel import mel_power
from reverie.evaluation.tensorflow_checkpoint import read_checkpoint

BANDS = 96
HOW_TO_GET = "pip install --no-deps musicnn==0.1.0"
TAGS = (
    "rock", "pop", "alternative", "indie", "electronic", "female vocalists", "dance", "00s",
    "alternative rock", "jazz", "beautiful", "metal", "chillout", "male vocalists",
    "classic rock", "soul", "indie rock", "Mellow", "electronica", "80s", "folk", "90s", "chill",
    "instrumental", "punk", "oldies", "blues", "hard rock", "ambient", "acoustic",
    "experimental", "female vocalist", "guitar", "Hip-Hop", "70s", "party", "country",
    "easy listening", "sexy", "catchy", "funk", "electro", "heavy metal", "Progressive rock",
    "60s", "rnb", "indie pop", "sad", "House", "happy",
)  # fmt: skip
_EPSILON = 1e-3


def weights_folder() -> Path | None:
    """Where the installed `musicnn` package has its weights; None if it is not installed."""
    found = find_spec("musicnn")
    if found is None or found.origin is None:
        return None
    folder = Path(found.origin).parent / "MSD_musicnn"
    return folder if folder.is_dir() else None


class Musicnn:
    """musicnn's layers up to its last but one.

    Two spaces: `musicnn`, E = 200, and `musicnn-pooled`, E = 1506.

    Args:
        folder: with the weights, a checkpoint of TensorFlow.

    Raises:
        ReverieError: they are not what this network needs.
    """

    titles: Mapping[str, str] = MappingProxyType(
        {"musicnn": "musicnn, last layer but one", "musicnn-pooled": "musicnn, pooled features"}
    )

    def __init__(self, folder: Path) -> None:
        found = read_checkpoint(folder / ".index", folder / ".data-00000-of-00001")
        self._weights = {name: torch.as_tensor(one) for name, one in found.items()}
        shape = found.get("dense/kernel", np.empty(0)).shape
        if shape != (1506, 200):
            raise ReverieError(
                f"{folder} does not hold the weights of musicnn.", f"Get them: {HOW_TO_GET}"
            )

    def tags(self, last: NDArray[np.float32]) -> NDArray[np.float32]:
        """Likelihood of each of `TAGS`, [W, 50], of rows [W, 200] of the space `musicnn`."""
        return self._dense(torch.as_tensor(last), "dense_1").sigmoid().numpy()

    def embed(self, wave: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """As `Embedder.embed`."""
        heard = windows(np.log10(10000 * mel_power(wave, BANDS) + 1))
        with torch.inference_mode():
            pooled = self._pooled(torch.as_tensor(heard))
            last = self._dense(self._normalised(pooled, 9), "dense").relu()
            last = self._normalised(last, 10)
        return {"musicnn": last.numpy(), "musicnn-pooled": pooled.numpy()}

    def _pooled(self, x: Tensor) -> Tensor:
        """[W, C, N] -> [W, 1506]: each feature's largest and mean value over time, in turn."""
        x = self._normalised(x.unsqueeze(1), 0)
        timbral = functional.pad(x, (0, 0, 3, 3))
        front = [self._front(timbral, name, at) for name, at in (("conv2d", 1), ("conv2d_1", 2))]
        for name, at, taps in (("conv2d_2", 3, 128), ("conv2d_3", 4, 64), ("conv2d_4", 5, 32)):
            # TensorFlow's "same": of an odd number of zeros the last end gets one more.
            temporal = functional.pad(x, (0, 0, (taps - 1) // 2, taps // 2))
            front.append(self._front(temporal, name, at))
        features = torch.cat(front, dim=1)
        first = self._middle(features, "conv2d_5", 6)
        second = self._middle(first, "conv2d_6", 7) + first
        third = self._middle(second, "conv2d_7", 8) + second
        every = torch.cat([features, first, second, third], dim=1)
        return torch.stack([every.amax(dim=2), every.mean(dim=2)], dim=2).flatten(1)

    def _front(self, x: Tensor, name: str, norm: int) -> Tensor:
        """[W, 1, C, N] -> [W, F, C]: filters over time and frequency, the best frequency kept."""
        kernel = self._weights[f"{name}/kernel"].permute(3, 2, 0, 1)
        found = functional.conv2d(x, kernel, self._weights[f"{name}/bias"]).relu()
        return self._normalised(found, norm).amax(dim=3)

    def _middle(self, x: Tensor, name: str, norm: int) -> Tensor:
        """[W, F, C] -> [W, 64, C]."""
        kernel = self._weights[f"{name}/kernel"].squeeze(2).permute(2, 1, 0)
        found = functional.conv1d(x, kernel, self._weights[f"{name}/bias"], padding=3).relu()
        return self._normalised(found, norm)

    def _dense(self, x: Tensor, name: str) -> Tensor:
        return x @ self._weights[f"{name}/kernel"] + self._weights[f"{name}/bias"]

    def _normalised(self, x: Tensor, number: int) -> Tensor:
        """Batch normalisation with the statistics of training."""
        name = f"batch_normalization_{number}" if number else "batch_normalization"
        weight = self._weights
        return functional.batch_norm(
            x,
            weight[f"{name}/moving_mean"],
            weight[f"{name}/moving_variance"],
            weight[f"{name}/gamma"],
            weight[f"{name}/beta"],
            eps=_EPSILON,
        )
