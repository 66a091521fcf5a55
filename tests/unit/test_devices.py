"""Devices by name."""

import pytest
import torch

from opdims.devices import select_device


def test_the_cpu_is_always_there():
    assert select_device("cpu") == torch.device("cpu")


def test_auto_takes_a_gpu_if_there_is_one(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert select_device("auto") == select_device("cuda") == torch.device("cuda")


def test_a_missing_gpu_is_said(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert select_device("auto") == torch.device("cpu")
    with pytest.raises(ValueError, match="torch sees no GPU here; expected auto or cpu"):
        select_device("cuda")
