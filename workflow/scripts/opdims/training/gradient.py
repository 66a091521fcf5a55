"""Outputs of a network over time, with exact gradients: backpropagation through time, written out.

Tensors of this package have time as the leading dimension, (S, T, ...), so that each step is one contiguous block.
"""

from typing import Any

import numpy as np
import torch
from scipy.linalg import get_blas_funcs
from torch import Tensor
from torch.autograd.function import once_differentiable

from opdims.network import Network, start_of
from opdims.nonlinearity import Nonlinearity

BLOCK = 20  # steps; with 48 trials of 100 units, 0.4 MB of rates and as much of gradients: both fit in the cache


def network_outputs(
    network: Network,
    inputs: Tensor,
    noise: Tensor,
    *,
    step: float = 0.1,
    extrapolation: float = 0.0,
) -> Tensor:
    """Return the outputs of a network in current form, differentiable (once) in its weights and biases.

    x_t = x_{t−1} + (dt/τ) ((1 + c) f_{t−1} − c f_{t−2} + B u_t + b + σ_t),  f_t = −x_t + W φ(x_t),  f_{−1} = f_0.

    With c = 0 this is Euler's step, that of the paper. A step with c = (1 − 1/n) / 2 equals n Euler steps of dt/n up to
    terms of third order in dt, and up to the noise (c = 1/2, the limit, is the method of Adams and Bashforth). Several
    times faster than autograd over the same loop (benchmarks/gradient.py).

    Parameters
    ----------
    network
        N units, in current form; its start is taken as given and not learnt.
    inputs : (S, T, n_inputs)
        u.
    noise : (S, T, N)
        σ; overwritten, as fresh memory is slow.
    step
        dt / τ.
    extrapolation
        c.

    Returns
    -------
    (S, T, n_outputs)
        z = Y φ(x) + c after each step.

    Raises
    ------
    ValueError
        If the shapes do not fit together, or if the network is in rate form.

    References
    ----------
    Krause et al. 2022, Eq. 1; docs/method.md, "Training".
    """
    units, n_inputs = network.input.shape
    expected = (*inputs.shape[:2], units)
    if inputs.shape[2:] != (n_inputs,) or noise.shape != expected:
        raise ValueError(
            f"inputs {tuple(inputs.shape)} and noise {tuple(noise.shape)} do not fit a network of {units} units and "
            f"{n_inputs} inputs; expected (S, T, {n_inputs}) and (S, T, {units})"
        )
    if network.equation != "current":
        raise ValueError(f"the network is in {network.equation} form, expected current form")
    with torch.no_grad():
        start = tuple(each.detach() for each in start_of(network, step=step))
    weights = (network.recurrent, network.input, network.output, network.bias, network.output_bias)
    return _Outputs.apply(*weights, inputs, noise, start, network.nonlinearity, step, extrapolation)


class _Outputs(torch.autograd.Function):
    """Outputs of the network, with backpropagation through time written out.

    With g_t = ∂cost/∂z_t, δ_t = ∂cost/∂x_t, r_t = φ(x_t), η_t = (dt/τ) ((1 + c) δ_{t+1} − c δ_{t+2}) = ∂cost/∂f_t
    and ∘ the product unit by unit,

        δ_t = δ_{t+1} − η_t + φ′(x_t) ∘ (Yᵀ g_t + Wᵀ η_t),    δ_{S+1} = δ_{S+2} = 0,
        ∂cost/∂W = Σ_t η_t r_tᵀ,    ∂cost/∂B = (dt/τ) Σ_t δ_t u_tᵀ,    ∂cost/∂b = (dt/τ) Σ_t δ_t,
        ∂cost/∂Y = Σ_t g_t r_tᵀ,    ∂cost/∂c = Σ_t g_t,

    each sum over trials and the steps of a block being one matrix product. All that is to be done with a block is done
    while it is in the cache. Only the rates are kept from the forward pass, or the states where φ′ is not a function of
    the rate. At t = 0, η_0 = (dt/τ) (δ_1 − c δ_2), as f_{−1} = f_0.

    A step is a handful of operations of a microsecond each (`_Arrays`); the forward pass takes x and f together,

        x_{t+1} = (1 − g) x_t + c (dt/τ) x_{t−1} + g W (r_t − m r_{t−1}) + (dt/τ) (B u_{t+1} + b + σ_{t+1}),

    with g = (1 + c) dt/τ and m = c / (1 + c).
    """

    @staticmethod
    def forward(
        ctx: Any,
        recurrent: Tensor,
        input: Tensor,
        output: Tensor,
        bias: Tensor | None,
        output_bias: Tensor | None,
        inputs: Tensor,
        noise: Tensor,
        start: tuple[Tensor, Tensor],  # x_0 and r_0, (N,)
        nonlinearity: Nonlinearity,
        step: float,
        extrapolation: float,
    ) -> Tensor:
        arrays = _arrays(noise)
        outputs = noise.new_empty(*noise.shape[:2], len(output))
        gain, memory = (1 + extrapolation) * step, extrapolation / (1 + extrapolation)
        weights = arrays.of((gain * recurrent.mT).contiguous())
        buffers = noise.new_empty(5, *noise.shape[1:])
        buffers[:2], buffers[2:4] = start
        state, earlier_state, rate, earlier_rate, combined = arrays.of(buffers)
        keeps_rates = nonlinearity.slope_from_rate is not None
        block_rates = None if keeps_rates else noise.new_empty(BLOCK, *noise.shape[1:])
        for u, kept, z in zip(inputs.split(BLOCK), noise.split(BLOCK), outputs.split(BLOCK), strict=True):
            flat = kept.view(-1, len(recurrent))  # (dt/τ) (B u + b + σ), until rates or states take its place
            flat.addmm_(u.flatten(0, 1), input.mT, beta=step, alpha=step)
            if bias is not None:
                flat.add_(bias, alpha=step)
            rates = kept if block_rates is None else block_rates[: len(kept)]
            for drive, out in zip(arrays.of(kept), arrays.of(rates), strict=True):
                if extrapolation:
                    arrays.multiply(earlier_rate, -memory, out=combined)
                    arrays.add(combined, rate)
                arrays.add_product(earlier_state, combined if extrapolation else rate, weights, extrapolation * step)
                arrays.add(earlier_state, state, 1 - gain)
                arrays.add(earlier_state, drive)
                state, earlier_state = earlier_state, state
                if keeps_rates:
                    rate, earlier_rate = arrays.value(nonlinearity, state, out), rate
                else:
                    drive[...] = state
                    earlier_rate[...] = rate
                    rate[...] = arrays.value(nonlinearity, state, out)
            torch.matmul(rates, output.mT, out=z)
            if output_bias is not None:
                z += output_bias
        ctx.save_for_backward(recurrent, input, output, inputs, noise, start[1])
        ctx.nonlinearity, ctx.step, ctx.extrapolation = nonlinearity, step, extrapolation
        return outputs

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_outputs: Tensor) -> tuple[Tensor | None, ...]:
        recurrent, input, output, inputs, kept, first_rate = ctx.saved_tensors
        step, extrapolation = ctx.step, ctx.extrapolation
        arrays = _arrays(kept)
        shapes = (recurrent.shape, input.mT.shape, output.shape)  # row-major (n_inputs, N) is five times faster
        grad_recurrent, grad_input, grad_output = (kept.new_zeros(shape) for shape in shapes)
        grad_bias = kept.new_zeros(len(recurrent)) if ctx.needs_input_grad[3] else None
        deltas = kept.new_zeros(BLOCK + 2, *kept.shape[1:])  # of the steps of a block and of the two after it
        etas, slopes = kept.new_empty(2, BLOCK, *kept.shape[1:])
        weights, delta, eta, slope = (arrays.of(each) for each in (recurrent.contiguous(), deltas, etas, slopes))
        blocks = zip(*(tensor.split(BLOCK) for tensor in (grad_outputs, kept, inputs)), strict=True)
        for g, r, u in reversed(list(blocks)):
            steps = len(r)
            if ctx.nonlinearity.slope_from_rate is None:
                slopes[:steps] = ctx.nonlinearity.slope(r)
                r = ctx.nonlinearity(r)
            else:
                slopes[:steps] = ctx.nonlinearity.slope_from_rate(r)
            torch.matmul(g, output, out=deltas[:steps])
            for t in reversed(range(steps)):
                arrays.multiply(delta[t + 1], (1 + extrapolation) * step, out=eta[t])
                if extrapolation:
                    arrays.add(eta[t], delta[t + 2], -extrapolation * step)
                arrays.add_product(delta[t], eta[t], weights)
                arrays.multiply(delta[t], slope[t], out=delta[t])
                arrays.add(delta[t], eta[t], -1)
                arrays.add(delta[t], delta[t + 1])
            grad_recurrent.addmm_(etas[:steps].flatten(0, 1).mT, r.flatten(0, 1))
            grad_input.addmm_(u.flatten(0, 1).mT, deltas[:steps].flatten(0, 1), alpha=step)
            grad_output.addmm_(g.flatten(0, 1).mT, r.flatten(0, 1))
            if grad_bias is not None:
                grad_bias.add_(deltas[:steps].sum((0, 1)), alpha=step)
            deltas[-2:] = deltas[:2].clone()
        if first_rate.any():
            first_eta = step * (deltas[-2] - extrapolation * deltas[-1])
            grad_recurrent.add_(torch.outer(first_eta.sum(0), first_rate))
        grad_output_bias = grad_outputs.sum((0, 1)) if ctx.needs_input_grad[4] else None
        return grad_recurrent, grad_input.mT, grad_output, grad_bias, grad_output_bias, *[None] * 6


class _Arrays:
    """What is done with arrays in a step, in place, by torch."""

    def of(self, tensor: Tensor) -> Any:
        """Return the array that shares the memory of the tensor."""
        return tensor

    def value(self, nonlinearity: Nonlinearity, states: Any, out: Any) -> Any:
        """Write φ(states) to `out` and return it."""
        return out.copy_(nonlinearity.value(states))

    def multiply(self, array: Any, factor: Any, *, out: Any) -> None:
        """Write `array` times `factor` to `out`."""
        torch.mul(array, factor, out=out)

    def add(self, total: Any, array: Any, scale: float = 1.0) -> None:
        """Add scale `array` to `total`."""
        total.add_(array, alpha=scale)

    def add_product(self, total: Any, left: Any, right: Any, scale: float = 1.0) -> None:
        """Put scale `total` + `left` `right` into `total`."""
        total.addmm_(left, right, beta=scale)


class _CpuArrays(_Arrays):
    """The same by NumPy and BLAS, whose calls take half the time of torch's or less. All arrays are contiguous."""

    def __init__(self, dtype: np.dtype) -> None:
        self.axpy, self.gemm = get_blas_funcs(("axpy", "gemm"), dtype=dtype)

    def of(self, tensor: Tensor) -> Any:
        return tensor.detach().numpy()

    def value(self, nonlinearity: Nonlinearity, states: Any, out: Any) -> Any:
        if nonlinearity.numpy is None:
            out[...] = nonlinearity.value(torch.from_numpy(states)).numpy()
        else:
            nonlinearity.numpy(states, out=out)
        return out

    def multiply(self, array: Any, factor: Any, *, out: Any) -> None:
        np.multiply(array, factor, out=out)

    def add(self, total: Any, array: Any, scale: float = 1.0) -> None:
        self.axpy(array.ravel(), total.ravel(), total.size, scale)

    def add_product(self, total: Any, left: Any, right: Any, scale: float = 1.0) -> None:
        self.gemm(1.0, right.T, left.T, scale, total.T, overwrite_c=True)  # BLAS counts by columns


def _arrays(like: Tensor) -> _Arrays:
    """Return what is fastest on the device and for the dtype of the tensor."""
    return _CpuArrays(like.detach().numpy().dtype) if like.device.type == "cpu" else _Arrays()
