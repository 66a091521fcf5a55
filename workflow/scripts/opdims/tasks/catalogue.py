"""The tasks by name."""

from typing import cast

from opdims.tasks import context_integration, sine_generation
from opdims.tasks.base import Task

TASKS: dict[str, Task] = {task.name: task for task in (cast(Task, context_integration), cast(Task, sine_generation))}
