"""A device that is not there: what code that runs on it would get wrong on a GPU fails, the numbers are the CPU's."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map

DEVICE = torch.device("meta")  # the name that it goes by: the only one, besides the CPU, that torch knows everywhere
aten = torch.ops.aten
TRANSFERS = {aten._to_copy.default, aten.copy_.default, aten.copy.default}
INDEXING = {aten.index.Tensor, aten.index_put_.default, aten.index_put.default, aten._index_put_impl_.default}


class DeviceError(RuntimeError):
    """What a GPU would refuse."""


class MockTensor(Tensor):
    """A tensor on the device; its values are held on the CPU, out of reach of everything but the device."""

    held: Tensor

    @staticmethod
    def __new__(cls, held: Tensor) -> "MockTensor":
        tensor = torch.Tensor._make_wrapper_subclass(  # type: ignore[attr-defined]
            cls, held.shape, held.stride(), held.storage_offset(), dtype=held.dtype, device=DEVICE
        )
        tensor.held = held
        return tensor

    def tolist(self) -> Any:
        return self.cpu().tolist()

    @classmethod
    def __torch_dispatch__(cls, func: Callable, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        raise DeviceError(f"{func}: a tensor has left the block in which its device is there")


class _Constants(TorchFunctionMode):
    """torch makes tensors of numbers and lists beyond the reach of a dispatch mode."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: dict | None = None) -> Any:
        kwargs = dict(kwargs or {})
        if func is torch.tensor and kwargs.get("device") == DEVICE:
            return torch.tensor(*args, **kwargs | {"device": "cpu"}).to(DEVICE)
        if func in (Tensor.__getitem__, Tensor.__setitem__):
            args = tree_map(lambda leaf: torch.tensor(leaf) if isinstance(leaf, list) else leaf, args, is_leaf=_is_list)
        return func(*args, **kwargs)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


@contextmanager
def mock_device() -> Iterator[torch.device]:
    """Yield the device, which is there inside the block.

    Raises DeviceError where an operation meets tensors of both devices, or draws on the device with a generator of the
    CPU; as on a GPU, tensors without dimensions may be on the CPU, indices, too.
    """
    with _Constants(), _Operations():
        yield DEVICE


class _Operations(TorchDispatchMode):
    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: dict | None = None) -> Any:
        kwargs = dict(kwargs or {})
        leaves = [leaf for leaf in tree_flatten((args, kwargs))[0] if isinstance(leaf, Tensor)]
        there = [leaf for leaf in leaves if isinstance(leaf, MockTensor)]
        here = [leaf for leaf in leaves if not isinstance(leaf, MockTensor) and leaf.dim()]
        target = kwargs.get("device")
        if any(leaf.device == DEVICE for leaf in here):
            raise DeviceError(
                f"{func}: a tensor that was made on the device without its values; make it by torch.tensor"
            )
        if func in TRANSFERS:
            to_device = isinstance(args[0], MockTensor) if target is None else target == DEVICE
        else:
            if there and here and func not in INDEXING:
                shapes = ", ".join(str(tuple(leaf.shape)) for leaf in here)
                raise DeviceError(f"{func}: tensors of both devices, on the CPU {shapes}")
            if func in INDEXING and there and not isinstance(args[0], MockTensor):
                raise DeviceError(f"{func}: a tensor of the CPU indexed on the device")
            to_device = bool(there) or target == DEVICE
            if to_device and kwargs.get("generator") is not None:
                raise DeviceError(f"{func}: a generator of the CPU")
        if target == DEVICE:
            kwargs["device"] = torch.device("cpu")
        wrappers = {id(leaf.held): leaf for leaf in there}

        def outwards(value: Any) -> Any:
            if not isinstance(value, Tensor) or not to_device or isinstance(value, MockTensor):
                return value
            return wrappers.get(id(value)) if id(value) in wrappers else MockTensor(value)

        def inwards(value: Any) -> Any:
            return value.held if isinstance(value, MockTensor) else value

        if func is aten.copy_.default and _is_itself(*tree_map(inwards, args[:2])):
            return args[0]  # as torch would, where it sees through the wrapper
        result = func(*tree_map(inwards, args), **tree_map(inwards, kwargs))
        return tree_map(outwards, result)


def _is_itself(target: Tensor, source: Tensor) -> bool:
    return target.data_ptr() == source.data_ptr() and target.is_contiguous() and source.is_contiguous()
