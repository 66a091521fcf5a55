"""Checkpoints: a training that was killed goes on where it was."""

import logging
from pathlib import Path
from typing import Any

import torch

from opdims.files import atomic

logger = logging.getLogger(__name__)


class Checkpoint:
    """A file that holds a training under way, so that one that was killed goes on where it was.

    It serves one training only, that whose `identity` (settings, seeds, code) it bears.
    """

    def __init__(self, path: str | Path, identity: str, *, log: logging.Logger = logger) -> None:
        self.path, self.identity, self.log = Path(path), identity, log

    def write(self, content: dict[str, Any]) -> None:
        """Put `content`, of tensors, numbers, lists and dicts, into the file."""
        with atomic(self.path) as temporary, open(temporary, "wb") as file:
            torch.save(content | {"identity": self.identity}, file)

    def read(self) -> dict[str, Any] | None:
        """Return the content, or None, with a line in the log, if the file is none of this training's checkpoints."""
        if not self.path.exists():
            return None
        try:
            content = torch.load(self.path, map_location="cpu", weights_only=True)
        except Exception as error:  # there is no telling what the parser meets in a truncated file
            self.log.warning("%s: ignored, cannot be read as a checkpoint (%s)", self.path, type(error).__name__)
            return None
        if not isinstance(content, dict) or content.get("identity") != self.identity:
            self.log.warning("%s: ignored, a checkpoint of other settings, seeds or code", self.path)
            return None
        return content
