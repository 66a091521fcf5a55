"""The names of tasks and reductions, for code that must not wait for torch."""

TASKS = ("context_integration", "sine_generation")
REDUCTIONS = (
    "operative_columns",
    "operative_rows",
    "random_columns",
    "random_rows",
    "high_variance",
    "activity_components",
    "weight_change",
)
PROJECTIONS = tuple(name for name in REDUCTIONS if name != "weight_change")  # of W: its W_k start from zero
AUTHORS_RANKS = {  # that Krause et al. 2022 chose for their figures of full and reduced networks
    "context_integration": {"operative_columns": 15, "operative_rows": 27},
    "sine_generation": {"operative_columns": 29, "operative_rows": 41},
}
# Functions whose operative dimensions are found from their locations alone, in groups that are compared.
GROUPINGS: dict[str, dict[str, tuple[str, ...]]] = {
    "context_integration": {"context": ("context_1", "context_2"), "choice": ("choice_negative", "choice_positive")},
    "sine_generation": {"band": ("slow", "medium", "fast")},
}
