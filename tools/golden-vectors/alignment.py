"""Dynamic time warping by its recursion over the table, with gradients. PyTorch has neither: each cell is a sum of scalars that it differentiates."""

import torch
from vectors import draw, generator, save, uses

random = generator(84)


def table(cost, least, rows, columns):
    done = {}
    for i in range(rows):
        for j in range(columns):
            before = [done[p] for p in ((i - 1, j - 1), (i - 1, j), (i, j - 1)) if p in done]
            done[i, j] = cost[i, j] + (least(torch.stack(before)) if before else 0)
    return done[rows - 1, columns - 1]


def warped(value, least, rows, columns, lengths=None):
    cost = draw(random, 2, rows, columns, grad=True)
    r, c = lengths or ([rows] * 2, [columns] * 2)
    y = torch.stack([table(cost[k], least, r[k], c[k]) for k in range(2)])
    more = {"r": torch.tensor(r), "c": torch.tensor(c)} if lengths else {}
    return uses(f"{value} of {rows} by {columns}", value, {"cost": cost, **more}, y, random, ints=more)


def soft(gamma):
    return lambda x: -gamma * torch.logsumexp(-x / gamma, 0)


save(
    "alignment",
    "the recursion of the paper",
    [
        warped("dtw(cost)", torch.min, 4, 6),
        warped("soft_dtw(cost)", soft(1.0), 5, 3),
        warped("soft_dtw(cost, gamma: 0.1)", soft(0.1), 4, 4),
        warped("soft_dtw(cost, gamma: 2)", soft(2.0), 1, 4),
        warped("soft_dtw(cost, gamma: 0.5, lengths: [r, c])", soft(0.5), 5, 6, ([3, 5], [6, 2])),
    ],
)
