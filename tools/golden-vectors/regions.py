"""Average pooling of regions of interest, with gradients: each bin of a box with whole edges is what `adaptive_avg_pool2d` makes of its pixels. Channels last."""

import torch
import torch.nn.functional as F
from vectors import draw, generator, save, uses

random = generator(97)


def pooled(name, boxes, images, size, scale):
    """Boxes are x0 y0 x1 y1 in pixels of the scaled image, both ends included."""
    x = draw(random, 2, 7, 6, 2, grad=True)
    channels = x.movedim(-1, 1)
    parts = [channels[n : n + 1, :, y0 : y1 + 1, x0 : x1 + 1] for n, (x0, y0, x1, y1) in zip(images, boxes)]
    y = torch.cat([F.adaptive_avg_pool2d(part, size) for part in parts]).movedim(1, -1)
    value = f"roi_avg_pool(x, box, image, size: {list(size)}, scale: {scale})"
    return uses(name, value, {"x": x, "box": torch.tensor(boxes) / scale, "image": torch.tensor(images)}, y, random, ["image"])


save(
    "regions",
    "nn.functional.adaptive_avg_pool2d of each box",
    [
        pooled("bins of equal size", [[0, 0, 5, 5], [1, 2, 4, 5]], [0, 1], (2, 2), 1.0),
        pooled("bins that overlap", [[0, 0, 4, 6], [1, 1, 5, 4], [2, 0, 4, 4]], [1, 0, 0], (3, 2), 1.0),
        pooled("more bins than pixels", [[2, 3, 3, 4], [5, 6, 5, 6]], [0, 1], (3, 3), 1.0),
        pooled("a scaled image", [[0, 1, 5, 6], [2, 2, 5, 6]], [1, 1], (2, 3), 0.5),
    ],
)
