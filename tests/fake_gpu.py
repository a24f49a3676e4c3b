"""A device that is not the processor, made of the processor: what copies in silence fails there.

Tensors of the device know their numbers, but give them away only where they are asked to, by `cpu`,
`to`, `copy_` or as a single number. An operation on tensors of both places is refused, as a GPU
refuses it, and double precision, as those of Apple refuse it.
"""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map

from reverie.frames import spectra

DEVICE = torch.device("meta")
"""A name of a device with nothing to set up: torch's own, whose tensors have no values."""
aten = torch.ops.aten
EXPLICIT = {aten.copy_.default, aten._to_copy.default}


class OnDevice(Tensor):
    """A tensor of the device; `numbers` holds its numbers."""

    numbers: Tensor
    is_meta = False  # it has values

    @staticmethod
    def __new__(cls, numbers: Tensor) -> "OnDevice":
        with torch.inference_mode(False):  # which knows no views of tensors like these
            made = Tensor._make_wrapper_subclass(
                cls,
                numbers.size(),
                strides=numbers.stride(),
                storage_offset=numbers.storage_offset(),
                dtype=numbers.dtype,
                device=DEVICE,
            )
        made.numbers = numbers
        return made

    @property
    def data(self) -> Tensor:
        return self.detach()

    @data.setter
    def data(self, other: "OnDevice") -> None:
        self.numbers = other.numbers

    def new_tensor(self, data: Any, **_: Any) -> Tensor:  # pyright: ignore
        return torch.tensor(data, dtype=self.dtype).to(DEVICE)  # torch's would have no values

    def untyped_storage(self) -> torch.UntypedStorage:
        raise RuntimeError("the memory of the device was looked into")

    @classmethod
    def __torch_dispatch__(
        cls,
        func: Any,
        types: Any,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        return run(func, args, dict(kwargs or {}))


class OnlyExplicit(TorchDispatchMode):
    """While it is entered, tensors can be made on the device."""

    def __torch_dispatch__(
        self,
        func: Any,
        types: Any,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        return run(func, args, dict(kwargs or {}))


def run(func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """What `func` gives, on the device if it is asked for or the tensors are there."""
    if func._can_decompose():  # inference mode leaves compounds whole
        with OnlyExplicit():
            parts = func.decompose(*args, **kwargs)
        if parts is not NotImplemented:
            return parts
    found: list[Tensor] = []
    tree_map(lambda one: found.append(one) if isinstance(one, Tensor) else None, (args, kwargs))
    inside = [one for one in found if isinstance(one, OnDevice)]
    asked = kwargs.get("device")
    if not inside and (asked is None or torch.device(asked).type != DEVICE.type):
        return func(*args, **kwargs)
    strangers = [one for one in found if not isinstance(one, OnDevice) and one.dim()]
    if inside and strangers and func not in EXPLICIT:
        raise RuntimeError(f"{func} of tensors on two devices")
    to_device = torch.device(asked or DEVICE).type == DEVICE.type
    if asked is not None:
        kwargs["device"] = "cpu"
    known = {id(one.numbers): one for one in inside}

    def unwrapped(value: Any) -> Any:
        return value.numbers if isinstance(value, OnDevice) else value

    def wrapped(value: Any) -> Any:
        if not isinstance(value, Tensor):
            return value
        return known[id(value)] if id(value) in known else OnDevice(value)

    if to_device and kwargs.get("dtype") == torch.float64:
        raise TypeError("the device knows no double precision")
    result = func(*tree_map(unwrapped, list(args)), **tree_map(unwrapped, kwargs))
    if func is aten.copy_.default:
        return args[0]
    return tree_map(wrapped, result) if to_device else result


@contextmanager
def fake_gpu() -> Generator[torch.device]:
    """Inside, tensors can be on the device that it gives."""
    try:
        with OnlyExplicit():
            yield DEVICE
    finally:
        spectra.hann.cache_clear()
        spectra._squares.cache_clear()
