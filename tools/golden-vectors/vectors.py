"""What the scripts share: inputs of few digits, and one JSON form."""

import json
import math
import sys
from pathlib import Path

import numpy as np
import torch

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
FOLDER = Path(__file__).resolve().parents[2] / "test" / "golden-vectors"


def generator(seed):
    return np.random.Generator(np.random.PCG64(seed))


def draw(random, *shape, scale=1.0, grad=False):
    """Normal numbers of three decimals, so that the files stay short and every dtype reads the same."""
    return torch.tensor(np.round(random.standard_normal(shape) * scale, 3), requires_grad=grad)


def between(random, lo, hi, *shape, grad=False):
    return torch.tensor(np.round(random.uniform(lo, hi, shape), 3), requires_grad=grad)


def plain(x):
    """Data in row-major order; 12 significant digits are more than the tests compare."""
    array = x.detach().numpy() if torch.is_tensor(x) else np.asarray(x)
    data = [number(v) for v in array.reshape(-1).tolist()]
    return {"shape": list(array.shape), "data": data}


def number(v):
    if isinstance(v, (bool, int)):
        return int(v)
    if math.isinf(v) or math.isnan(v):
        return str(v)
    short = float(f"{v:.12g}")
    return int(short) if short == int(short) and abs(short) < 1e9 else short


def case(name, inputs=None, params=None, outputs=None, options=None):
    return {
        "name": name,
        "options": options or {},
        "inputs": {k: plain(v) for k, v in (inputs or {}).items()},
        "params": {k: plain(v) for k, v in (params or {}).items()},
        "outputs": {k: plain(v) for k, v in (outputs or {}).items()},
    }


def save(name, made, cases):
    """One case a line: the files are read by people too."""
    head = json.dumps(f"{made}; torch {torch.__version__.split('+')[0]} in float64")
    lines = ",\n    ".join(json.dumps(c, separators=(",", ":")) for c in cases)
    text = f'{{\n  "made": {head},\n  "cases": [\n    {lines}\n  ]\n}}\n'
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{name}.json").write_text(text)
    print(f"{name}: {len(cases)} cases, {len(text)} bytes", file=sys.stderr)


def gradients(y, wrt, random):
    """A weighting of the result and the gradients of sum(weighting * y): what makes every element of a Jacobian count."""
    weight = draw(random, *y.shape)
    return weight, torch.autograd.grad((y * weight).sum(), wrt)


def uses(name, value, inputs, y, random, ints=()):
    """A case of an expression `value` of the language: its result and the gradients of the inputs that require one, weighted as in `gradients`."""
    wrt = {k: v for k, v in inputs.items() if torch.is_tensor(v) and v.requires_grad}
    dy, found = gradients(y, list(wrt.values()), random) if wrt else (None, ())
    outputs = {"y": y, **{f"d{k}": g for k, g in zip(wrt, found)}}
    given = {**inputs, **({"dy": dy} if wrt else {})}
    return case(name, given, {}, outputs, {"value": value, "of": list(wrt), "ints": list(ints)})
