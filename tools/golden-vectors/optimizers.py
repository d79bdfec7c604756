"""Twenty steps of every optimizer on sum(cos(a * w)), from the same w. Lion and LAMB, which torch does not have, by numpy from their papers."""

import numpy as np
import torch
from vectors import between, case, generator, save

STEPS = 20
random = generator(40)
START, A = between(random, -1.5, 1.5, 4), between(random, 0.5, 2.0, 4)


def path(make):
    w = START.clone().requires_grad_()
    optimizer = make([w])
    seen = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        torch.cos(A * w).sum().backward()
        optimizer.step()
        seen.append(w.detach().clone())
    return torch.stack(seen)


def rule(update):
    """`update(w, g, t, state)` gives the new w."""
    w, a, state, seen = START.numpy().copy(), A.numpy(), {}, []
    for t in range(1, STEPS + 1):
        w = update(w, -a * np.sin(a * w), t, state)
        seen.append(w.copy())
    return np.stack(seen)


def lion(lr, beta1, beta2, decay):
    """X. Chen et al., "Symbolic discovery of optimization algorithms", 2023, algorithm 2."""

    def update(w, g, t, state):
        m = state.get("m", np.zeros_like(w))
        c = beta1 * m + (1 - beta1) * g
        state["m"] = beta2 * m + (1 - beta2) * g
        return w - lr * (np.sign(c) + decay * w)

    return rule(update)


def lamb(lr, beta1, beta2, eps, decay):
    """Y. You et al., "Large batch optimization for deep learning", 2020, algorithm 2, phi the identity."""

    def update(w, g, t, state):
        m = state["m"] = beta1 * state.get("m", 0) + (1 - beta1) * g
        v = state["v"] = beta2 * state.get("v", 0) + (1 - beta2) * g * g
        r = (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps) + decay * w
        return w - lr * np.linalg.norm(w) / np.linalg.norm(r) * r

    return rule(update)


o = torch.optim
TORCH = [
    ("sgd", o.SGD, dict(lr=0.1), {}),
    ("sgd", o.SGD, dict(lr=0.1, momentum=0.9), {}),
    ("sgd", o.SGD, dict(lr=0.1, momentum=0.9, nesterov=True), {}),
    ("sgd", o.SGD, dict(lr=0.1, momentum=0.9, dampening=0.5, weight_decay=0.01), {}),
    ("adagrad", o.Adagrad, dict(lr=0.1, eps=1e-10), {}),
    ("adadelta", o.Adadelta, dict(lr=1.0, rho=0.9, eps=1e-6), {}),
    ("rmsprop", o.RMSprop, dict(lr=0.01, alpha=0.9, eps=1e-8), {}),
    ("rmsprop", o.RMSprop, dict(lr=0.01, alpha=0.9, eps=1e-8, centered=True), {}),
    ("rmsprop", o.RMSprop, dict(lr=0.01, alpha=0.9, eps=1e-8, momentum=0.9), {}),
    ("adam", o.Adam, dict(lr=0.05, beta1=0.9, beta2=0.99, eps=1e-8), {}),
    ("adamw", o.AdamW, dict(lr=0.05, beta1=0.9, beta2=0.99, eps=1e-8, weight_decay=0.1), {}),
    ("amsgrad", o.Adam, dict(lr=0.05, beta1=0.9, beta2=0.9, eps=1e-8), dict(amsgrad=True)),
    # One tensor at a time, torch 1.13 multiplies one factor of the momentum twice; as a list it follows the paper.
    ("nadam", o.NAdam, dict(lr=0.05, beta1=0.9, beta2=0.99, eps=1e-8), dict(foreach=True)),
    ("adamax", o.Adamax, dict(lr=0.05, beta1=0.9, beta2=0.99, eps=1e-8), {}),
]


def torch_case(name, make, options, extra):
    given = {k: v for k, v in options.items() if not k.startswith("beta")} | extra
    if "beta1" in options:
        given["betas"] = (options["beta1"], options["beta2"])
    return case(name, {"a": A}, {"w": START}, {"path": path(lambda w: make(w, **given))}, options)


cases = [torch_case(*row) for row in TORCH]
lion_options = dict(lr=0.01, beta1=0.9, beta2=0.99, weight_decay=0.1)
lamb_options = dict(lr=0.02, beta1=0.9, beta2=0.99, eps=1e-6, weight_decay=0.01)
cases.append(case("lion", {"a": A}, {"w": START}, {"path": lion(*lion_options.values())}, lion_options))
cases.append(case("lamb", {"a": A}, {"w": START}, {"path": lamb(*lamb_options.values())}, lamb_options))
save("optimizers", "torch.optim on sum(cos(a * w)), w after each of 20 steps; lion and lamb by numpy from their papers", cases)
