"""Resizing and sampling of images, with gradients. Channels last."""

import torch
import torch.nn.functional as F
from vectors import between, draw, generator, save, uses

random = generator(83)


def resize(old, new, mode, **options):
    x = draw(random, 2, *old, 2, grad=True)
    given = "".join(f", {name}: true" for name in options)
    y = F.interpolate(x.movedim(-1, 1), size=new, mode=mode, **options).movedim(1, -1)
    return uses(f"{mode} {old} to {new}{given}", f'resize(x, {list(new)}, mode: "{mode.removeprefix("bi") if len(old) == 1 else mode}"{given})', {"x": x}, y, random)


def sample(mode, padding, corners):
    x, grid = draw(random, 2, 3, 4, 2, grad=True), between(random, -1.8, 1.8, 2, 3, 3, 2, grad=mode == "bilinear")
    y = F.grid_sample(x.movedim(-1, 1), grid, mode, padding, corners).movedim(1, -1)
    options = f'mode: "{mode}", padding: "{padding}", align_corners: {str(corners).lower()}'
    return uses(f"grid_sample, {options}", f"grid_sample(x, grid, {options})", {"x": x, "grid": grid}, y, random)


save(
    "resampling",
    "torch.nn.functional",
    [
        resize((3, 5), (7, 4), "bilinear", align_corners=True),
        resize((4,), (9,), "linear", align_corners=True),
        resize((4, 3), (1, 3), "bilinear", align_corners=True),
        resize((4, 5), (7, 3), "bicubic"),
        resize((5, 3), (4, 8), "bicubic", align_corners=True),
        resize((8, 6), (3, 9), "bilinear", antialias=True),
        resize((7, 9), (4, 2), "bicubic", antialias=True),
        *[sample(mode, padding, corners) for mode in ("bilinear", "nearest") for padding in ("zeros", "border", "reflection") for corners in (False, True)],
    ],
)
