"""Pooling with its options, and unfolding, with their gradients. Channels last."""

import torch.nn.functional as F
from vectors import draw, generator, save, uses

random = generator(80)


def pool(value, f, *space):
    x = draw(random, 2, *space, 2, grad=True)
    return uses(value, value, {"x": x}, f(x.movedim(-1, 1)).movedim(1, -1), random)


def unfolded(value, window, space, count, **options):
    """torch's columns are [N, C * window, positions]."""
    x = draw(random, 2, *space, 2, grad=True)
    y = F.unfold(x.movedim(-1, 1), window, **options).unflatten(1, (2, window[0] * window[1])).permute(0, 3, 2, 1)
    return uses(value, value, {"x": x}, y.reshape(2, *count, -1), random)


def folded(value, size, window, count, **options):
    x = draw(random, 2, *count, window[0] * window[1] * 2, grad=True)
    columns = x.reshape(2, count[0] * count[1], -1, 2).permute(0, 3, 2, 1).flatten(1, 2)
    return uses(value, value, {"x": x}, F.fold(columns, size, window, **options).movedim(1, -1), random)


save(
    "windows",
    "torch.nn.functional",
    [
        pool("max_pool(x, 3, stride: 2, ceil_mode: true)", lambda x: F.max_pool2d(x, 3, 2, ceil_mode=True), 6, 4),
        pool("max_pool(x, 2, stride: 3, padding: 1, ceil_mode: true)", lambda x: F.max_pool1d(x, 2, 3, 1, ceil_mode=True), 6),
        pool("max_pool(x, 3, stride: 2, padding: 1, dilation: 2)", lambda x: F.max_pool2d(x, 3, 2, 1, 2), 6, 7),
        pool(
            "max_pool(x, [2, 3], stride: [3, 2], padding: [0, 1], dilation: [3, 2], ceil_mode: true)",
            lambda x: F.max_pool2d(x, (2, 3), (3, 2), (0, 1), (3, 2), ceil_mode=True),
            8,
            7,
        ),
        pool("avg_pool(x, 3, stride: 2, padding: 1)", lambda x: F.avg_pool2d(x, 3, 2, 1, count_include_pad=False), 6, 5),
        pool("avg_pool(x, 3, stride: 2, padding: 1, count_include_pad: true)", lambda x: F.avg_pool2d(x, 3, 2, 1), 6, 5),
        pool("avg_pool(x, 3, stride: 2, padding: 1, ceil_mode: true)", lambda x: F.avg_pool2d(x, 3, 2, 1, True, False), 6, 5),
        pool("avg_pool(x, 3, stride: 2, padding: 1, ceil_mode: true, count_include_pad: true)", lambda x: F.avg_pool2d(x, 3, 2, 1, True, True), 6, 4),
        pool("avg_pool(x, 4, stride: 4, padding: 2, ceil_mode: true, count_include_pad: true)", lambda x: F.avg_pool1d(x, 4, 4, 2, True, True), 7),
        pool("avg_pool(x, 2, stride: 5, padding: 1, ceil_mode: true)", lambda x: F.avg_pool1d(x, 2, 5, 1, True, False), 9),
        unfolded("unfold(x, [2, 3], stride: [1, 2], padding: [0, 1])", (2, 3), (4, 5), (3, 3), stride=(1, 2), padding=(0, 1)),
        unfolded("unfold(x, 2, padding: 1, dilation: 2)", (2, 2), (3, 4), (3, 4), padding=1, dilation=2),
        folded("fold_windows(x, [4, 5], window: [2, 3], stride: [1, 2], padding: [0, 1])", (4, 5), (2, 3), (3, 3), stride=(1, 2), padding=(0, 1)),
        folded("fold_windows(x, [3, 4], window: 2, padding: 1, dilation: 2)", (3, 4), (2, 2), (3, 4), padding=1, dilation=2),
    ],
)
