"""Norms with their gradients. Images are [N, H, W, C] here and [N, C, H, W] in torch."""

import torch
import torch.nn.functional as F
from vectors import case, draw, generator, gradients, save

random = generator(60)
N, H, W, C = 2, 3, 2, 4


def of(name, f, x, options=None, extra=None, params=None):
    gamma, beta = draw(random, C, grad=True), draw(random, C, grad=True)
    y = f(x, gamma, beta)
    wrt = [x, gamma] + ([] if params == ["gamma"] else [beta])
    dy, found = gradients(y, wrt, random)
    given = {"gamma": gamma} | ({} if params == ["gamma"] else {"beta": beta})
    outputs = {"y": y} | dict(zip(["dx", "dgamma", "dbeta"], found)) | (extra(x) if extra else {})
    return case(name, {"x": x, "dy": dy}, given, outputs, options)


def first(f):
    """A function of channels-first images, of channels-last ones."""
    return lambda x, gamma, beta: f(x.movedim(-1, 1), gamma, beta).movedim(1, -1)


def image():
    return draw(random, N, H, W, C, grad=True)


def running(x):
    """The statistics after one batch with momentum 0.1, from mean 0 and variance 1."""
    mean, var = torch.zeros(C), torch.ones(C)
    F.batch_norm(x.detach().movedim(-1, 1), mean, var, training=True, momentum=0.1)
    return {"mean": mean, "var": var}


cases = [
    of("batch_norm", first(lambda x, g, b: F.batch_norm(x, None, None, g, b, training=True, eps=1e-5)), image(), {"momentum": 0.1, "eps": 1e-5}, running),
    of("layer_norm", lambda x, g, b: F.layer_norm(x, [C], g, b, eps=1e-5), draw(random, N, 3, C, grad=True), {"eps": 1e-5}),
    of("group_norm", first(lambda x, g, b: F.group_norm(x, 2, g, b, eps=1e-5)), image(), {"groups": 2, "eps": 1e-5}),
    of("instance_norm", first(lambda x, g, b: F.instance_norm(x, None, None, g, b, eps=1e-5)), image(), {"eps": 1e-5}),
    of("rms_norm", lambda x, g, _: x * torch.rsqrt((x * x).mean(-1, keepdim=True) + 1e-6) * g, draw(random, N, 3, C, grad=True), {"eps": 1e-6}, None, ["gamma"]),
]
save("norms", "torch.nn.functional; rms_norm from B. Zhang, R. Sennrich 2019, differentiated by torch", cases)


def linear(random, name, kind, iterations=0):
    """A layer whose kernel torch's parametrization normalises; v is the state of the power method before and after."""
    k, units = 4, 3
    layer = torch.nn.Linear(k, units)
    layer.weight.data, layer.bias.data = draw(random, units, k), draw(random, units)
    x = draw(random, 2, k, grad=True)
    params = {"w": layer.weight.detach().T.clone(), "b": layer.bias.detach()}
    if kind == "weight_norm":
        torch.nn.utils.parametrizations.weight_norm(layer)
        gain, direction = layer.parametrizations.weight.original0, layer.parametrizations.weight.original1
        gain.data = draw(random, units, 1)
        params["g"] = gain.detach()[:, 0]
        wrt = {"dx": x, "dw": direction, "dg": gain}
    else:
        torch.nn.utils.parametrizations.spectral_norm(layer, n_power_iterations=iterations)
        norm = layer.parametrizations.weight[0]
        norm._v.data = F.normalize(draw(random, k), dim=0)
        params["v"] = norm._v.clone()
        wrt = {"dx": x, "dw": layer.parametrizations.weight.original}
    y = layer(x)
    dy, found = gradients(y, list(wrt.values()), random)
    outputs = {"y": y} | {key: value.T if key == "dw" else value.reshape(value.shape) for key, value in zip(wrt, found)}
    if "dg" in outputs:
        outputs["dg"] = outputs["dg"][:, 0]
    else:
        outputs["v"] = norm._v.detach()
    options = {"iterations": iterations} if iterations > 0 else {}
    return case(name, {"x": x, "dy": dy}, params, outputs, {"layer": kind} | options)


def renorm(random, name, r_max, d_max):
    """S. Ioffe 2017, algorithm 1, in training, from running statistics that are not those of the batch."""
    n, c, eps, momentum = 6, 3, 1e-5, 0.1
    x = draw(random, n, c, grad=True)
    gamma, beta = draw(random, c, grad=True), draw(random, c, grad=True)
    mean, var = draw(random, c), draw(random, c) ** 2 + 0.5
    m, v = x.mean(0), x.var(0, unbiased=False)
    sd, running_sd = (v + eps).sqrt(), (var + eps).sqrt()
    r = (sd / running_sd).clamp(1 / r_max, r_max).detach()
    d = ((m - mean) / running_sd).clamp(-d_max, d_max).detach()
    y = ((x - m) / sd * r + d) * gamma + beta
    dy, (dx, dgamma, dbeta) = gradients(y, [x, gamma, beta], random)
    after = {"mean_after": mean + momentum * (m - mean), "var_after": var + momentum * (x.var(0) - var)}
    params = {"gamma": gamma, "beta": beta, "mean": mean, "var": var}
    return case(name, {"x": x, "dy": dy}, params, {"y": y, "dx": dx, "dgamma": dgamma, "dbeta": dbeta} | after, {"r_max": r_max, "d_max": d_max})


save(
    "weight-norms",
    "nn.utils.parametrizations.weight_norm and spectral_norm",
    [linear(generator(61), "weight_norm", "weight_norm"), linear(generator(62), "spectral_norm", "spectral_norm", 1), linear(generator(63), "spectral_norm, three steps", "spectral_norm", 3)],
)
save("batch-renorm", "the paper's algorithm 1, differentiated by torch", [renorm(generator(64), "within the limits", 20.0, 20.0), renorm(generator(65), "at the limits", 1.1, 0.3)])
