"""Names that the workflow must know without waiting for torch."""

EQUATIONS = ("current", "rate")  # of a network, see opdims.network
NONLINEARITIES = ("tanh", "relu", "softplus", "sigmoid")  # see opdims.nonlinearity
LOSSES = ("squared_error", "cross_entropy")  # of a task, see opdims.losses
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
