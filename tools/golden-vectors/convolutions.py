"""Convolutions and pooling with their gradients. Channels last; kernels [...window, in / groups, out], of transposed convolutions [...window, in, out]."""

import torch
import torch.nn.functional as F
from vectors import case, draw, generator, gradients, save

random = generator(70)
CONV = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
TRANSPOSED = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}
MAX = {1: F.max_pool1d, 2: F.max_pool2d}
AVERAGE = {1: F.avg_pool1d, 2: F.avg_pool2d}


def conv(name, space, cin, cout, kernel, stride=1, padding=0, dilation=1, groups=1):
    x, w, b = draw(random, 2, *space, cin, grad=True), draw(random, *kernel, cin // groups, cout, grad=True), draw(random, cout, grad=True)
    kernels = w.movedim((-1, -2), (0, 1))
    y = CONV[len(space)](x.movedim(-1, 1), kernels, b, stride, padding, dilation, groups).movedim(1, -1)
    dy, (dx, dw, db) = gradients(y, [x, w, b], random)
    options = {"channels": cout, "kernel": list(kernel), "stride": stride, "padding": "same" if padding else "valid", "dilation": dilation, "groups": groups}
    return case(name, {"x": x, "dy": dy}, {"w": w, "b": b}, {"y": y, "dx": dx, "dw": dw, "db": db}, options)


def transposed(name, space, cin, cout, kernel, stride):
    """No padding: (size - 1) * stride + kernel places."""
    x, w, b = draw(random, 2, *space, cin, grad=True), draw(random, *kernel, cin, cout, grad=True), draw(random, cout, grad=True)
    kernels = w.movedim((-2, -1), (0, 1))
    y = TRANSPOSED[len(space)](x.movedim(-1, 1), kernels, b, stride).movedim(1, -1)
    dy, (dx, dw, db) = gradients(y, [x, w, b], random)
    options = {"channels": cout, "kernel": list(kernel), "stride": stride, "padding": "valid"}
    return case(name, {"x": x, "dy": dy}, {"w": w, "b": b}, {"y": y, "dx": dx, "dw": dw, "db": db}, options)


def pool(name, f, space, options):
    x = draw(random, 2, *space, 3, grad=True)
    y = f(x.movedim(-1, 1)).movedim(1, -1)
    dy, (dx,) = gradients(y, [x], random)
    return case(name, {"x": x, "dy": dy}, {}, {"y": y, "dx": dx}, options)


save(
    "convolutions",
    "torch.nn.functional",
    [
        conv("conv-1d", [7], 2, 3, [3], stride=2),
        conv("conv-2d-same", [5, 4], 2, 3, [3, 3], padding=1),
        conv("conv-2d-dilated", [7, 6], 1, 2, [3, 2], dilation=2),
        conv("conv-2d-grouped", [4, 5], 4, 6, [3, 3], groups=2),
        conv("conv-2d-depthwise", [5, 5], 3, 3, [3, 3], stride=2, groups=3),
        conv("conv-3d", [3, 4, 3], 1, 2, [2, 2, 2]),
        transposed("conv-transposed-1d", [4], 2, 3, [3], 2),
        transposed("conv-transposed-2d", [3, 2], 2, 2, [3, 2], 2),
    ],
)
save(
    "pooling",
    "torch.nn.functional",
    [
        pool("max_pool", lambda x: MAX[2](x, 3, 2), [6, 5], {"window": [3, 3], "stride": [2, 2]}),
        pool("avg_pool", lambda x: AVERAGE[2](x, 2, 2), [5, 4], {"window": [2, 2], "stride": [2, 2]}),
        pool("avg_pool-overlap", lambda x: AVERAGE[1](x, 3, 1), [6], {"window": [3], "stride": [1]}),
        pool("adaptive_avg_pool", lambda x: F.adaptive_avg_pool2d(x, (3, 2)), [7, 5], {"size": [3, 2]}),
        pool("adaptive_max_pool", lambda x: F.adaptive_max_pool2d(x, (3, 2)), [7, 5], {"size": [3, 2]}),
        pool("upsample-nearest", lambda x: F.interpolate(x, scale_factor=2, mode="nearest"), [3, 2], {"scale": 2}),
        pool("upsample-bilinear", lambda x: F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False), [3, 2], {"scale": 2}),
    ],
)
