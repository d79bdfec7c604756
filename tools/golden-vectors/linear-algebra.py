"""Factorisations, equations and determinants of matrices, with gradients."""

import torch
from vectors import draw, generator, save, uses

random = generator(81)


def positive(*batch, size):
    m = draw(random, *batch, size, size)
    return torch.round(m @ m.mT + torch.eye(size), decimals=3).requires_grad_()


def square(*batch, size):
    return draw(random, *batch, size, size, grad=True)


def triangular(lower, transpose):
    a, b = (square(2, size=3).detach() + 3 * torch.eye(3)).requires_grad_(), draw(random, 2, 3, 2, grad=True)
    m = a.mT if transpose else a
    value = f"triangular_solve(a, b, lower: {str(lower).lower()}, transpose: {str(transpose).lower()})"
    # torch has no gradient for the triangle that is not read, as here.
    return uses(value, value, {"a": a, "b": b}, torch.linalg.solve_triangular(m, b, upper=lower == transpose), random)


def of(value, f, a, **more):
    return uses(f"{value} of {list(a.shape)}", value, {"a": a, **more}, f(a, *more.values()), random)


save(
    "linear-algebra",
    "torch.linalg",
    [
        of("cholesky(a)", torch.linalg.cholesky, positive(2, size=4)),
        of("cholesky(a)", torch.linalg.cholesky, positive(size=1)),
        *[triangular(lower, transpose) for lower in (True, False) for transpose in (True, False)],
        of("solve(a, b)", torch.linalg.solve, square(2, size=4), b=draw(random, 2, 4, grad=True)),
        of("solve(a, b)", torch.linalg.solve, square(2, 2, size=3), b=draw(random, 2, 2, 3, 2, grad=True)),
        of("inverse(a)", torch.linalg.inv, square(2, size=4)),
        of("det(a)", torch.linalg.det, square(2, 3, size=4)),
        of("log_det(a)", lambda a: torch.linalg.slogdet(a)[1], square(2, 3, size=4)),
        of('einsum("n i i -> n i", a)', lambda a: torch.einsum("nii->ni", a), square(2, size=3)),
        of('einsum("i j i, j i -> j", a, b)', lambda a, b: torch.einsum("iji,ji->j", a, b), draw(random, 3, 2, 3, grad=True), b=draw(random, 2, 3, grad=True)),
    ],
)
