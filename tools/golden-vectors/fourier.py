"""Fourier transforms, with gradients. A complex result is its real part beside its imaginary part."""

import torch
from vectors import draw, generator, save, uses

random = generator(82)
beside = lambda z: torch.cat([z.real, z.imag], -1)  # noqa: E731
batch = lambda n: (2, n) if n < 60 else (n,)  # noqa: E731


def transformed(name, f, n):
    re, im = draw(random, *batch(n), grad=True), draw(random, *batch(n), grad=True)
    return uses(f"{name} of {n}", f"joined(parts: {name}(re, im))", {"re": re, "im": im}, beside(f(torch.complex(re, im))), random)


def real(n):
    x = draw(random, 2, n, grad=True)
    return uses(f"rfft of {n}", "joined(parts: rfft(x))", {"x": x}, beside(torch.fft.rfft(x)), random)


def back(n):
    re, im = draw(random, 2, n // 2 + 1, grad=True), draw(random, 2, n // 2 + 1, grad=True)
    return uses(f"irfft of {n}", f"irfft(re, im, n: {n})", {"re": re, "im": im}, torch.fft.irfft(torch.complex(re, im), n), random)


def frames(size, hop):
    x = draw(random, 2, 50, grad=True)
    z = torch.stft(x, size, hop, window=torch.hann_window(size, dtype=torch.float64), center=False, return_complex=True)
    return uses(f"stft of {size}", f"joined(parts: stft(x, size: {size}, hop: {hop}))", {"x": x}, beside(z.mT), random)


save(
    "fourier",
    "torch.fft",
    [
        *[transformed("fft", torch.fft.fft, n) for n in (1, 6, 48, 60, 131)],
        *[transformed("ifft", torch.fft.ifft, n) for n in (5, 34)],
        *[real(n) for n in (1, 9, 45, 48)],
        *[back(n) for n in (1, 2, 7, 40)],
        frames(8, 3),
        frames(36, 7),
    ],
)
