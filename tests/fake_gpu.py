"""A device that is not the processor, made of the processor: what copies in silence fails there.

Tensors of the device know their numbers, but give them away only where they are asked to, by `cpu`,
`to`, `copy_` or as a single number. An operation on tensors of both places is refused, as a GPU
refuses it.
"""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map

DEVICE = torch.device("meta")
"""A name of a device with nothing to set up: torch's own, whose tensors have no values."""
aten = torch.ops.aten
EXPLICIT = {aten.copy_.default, aten._to_copy.default}


class OnDevice(Tensor):
    """A tensor of the device; `inner` holds its numbers."""

    inner: Tensor

    @staticmethod
    def __new__(cls, inner: Tensor) -> "OnDevice":
        made = Tensor._make_wrapper_subclass(
            cls,
            inner.size(),
            strides=inner.stride(),
            storage_offset=inner.storage_offset(),
            dtype=inner.dtype,
            device=DEVICE,
        )
        made.inner = inner
        return made

    @property
    def data(self) -> Tensor:
        return self.detach()

    @data.setter
    def data(self, other: "OnDevice") -> None:
        self.inner = other.inner

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
    known = {id(one.inner): one for one in inside}

    def unwrapped(value: Any) -> Any:
        return value.inner if isinstance(value, OnDevice) else value

    def wrapped(value: Any) -> Any:
        return known.get(id(value)) or OnDevice(value) if isinstance(value, Tensor) else value

    result = func(*tree_map(unwrapped, list(args)), **tree_map(unwrapped, kwargs))
    if func is aten.copy_.default:
        return args[0]
    return tree_map(wrapped, result) if to_device else result


@contextmanager
def fake_gpu() -> Generator[torch.device]:
    """Inside, tensors can be on the device that it gives."""
    with OnlyExplicit():
        yield DEVICE
