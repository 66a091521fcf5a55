"""The one place where a device is chosen."""

import torch


def select_device(name: str) -> torch.device:
    """Return the device called `auto` (a GPU if there is one), `cpu` or `cuda`.

    Raises ValueError if `cuda` is asked for and there is none.
    """
    available = torch.cuda.is_available()
    if name == "auto":
        name = "cuda" if available else "cpu"
    if name == "cuda" and not available:
        raise ValueError("device: cuda was asked for, but torch sees no GPU here; expected auto or cpu")
    return torch.device(name)
