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
