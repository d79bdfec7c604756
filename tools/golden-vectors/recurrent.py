"""RNN, LSTM (gates i, f, g, o) and GRU (gates r, z, n). Sequences are [N, T, D]; kernels are [D, gates * H], recurrent kernels [H, gates * H]."""

import torch
from vectors import case, draw, generator, gradients, save

N, T, D, H = 2, 4, 3, 2
NAMES = ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"]


def fill(random, module):
    values = [draw(random, *getattr(module, name).shape, scale=0.6) for name in NAMES]
    for name, value in zip(NAMES, values):
        getattr(module, name).data = value.clone()
    return [getattr(module, name) for name in NAMES]


def rnn(random):
    module = torch.nn.RNN(D, H, batch_first=True)
    w, u, b, bu = fill(random, module)
    bu.data.zero_()
    x = draw(random, N, T, D, grad=True)
    y, _ = module(x)
    dy, (dx, dw, du, db) = gradients(y, [x, w, u, b], random)
    return case("tanh", {"x": x, "dy": dy}, {"w": w.T, "u": u.T, "b": b}, {"y": y, "dx": dx, "dw": dw.T, "du": du.T, "db": db})


def lstm(random, name, steps, start):
    module = torch.nn.LSTM(D, H, batch_first=True)
    w, u, b, bu = fill(random, module)
    bu.data.zero_()
    x = draw(random, N, steps, D, grad=True)
    h0, c0 = (draw(random, N, H, grad=True) if start else torch.zeros(N, H, requires_grad=True) for _ in range(2))
    y, (h, c) = module(x, (h0[None], c0[None]))
    dy = draw(random, *y.shape)
    dx, dw, du, db, dh0, dc0 = torch.autograd.grad((y * dy).sum() + (c * c).sum(), [x, w, u, b, h0, c0])
    inputs = {"x": x, "h0": h0, "c0": c0, "dy": dy}
    outputs = {"y": y, "h": h[0], "c": c[0], "dx": dx, "dw": dw.T, "du": du.T, "db": db, "dh0": dh0, "dc0": dc0}
    return case(name, inputs, {"w": w.T, "u": u.T, "b": b}, outputs)


def gru_reset_after(random):
    """The reset gate on the product h @ u + its bias: PyTorch, cuDNN."""
    module = torch.nn.GRU(D, H, batch_first=True)
    w, u, b, bu = fill(random, module)
    bu.data[: 2 * H] = 0
    x = draw(random, N, T, D, grad=True)
    y, _ = module(x)
    dy, (dx, dw, du, db, dbu) = gradients(y, [x, w, u, b, bu], random)
    params = {"w": w.T, "u": u.T, "b": b, "bn": bu[2 * H :]}
    return case("reset-after", {"x": x, "dy": dy}, params, {"y": y, "dx": dx, "dw": dw.T, "du": du.T, "db": db, "dbn": dbu[2 * H :]})


def gru_reset_before(random):
    """The reset gate on h, before the product: K. Cho et al. 2014, equations 5 to 8, written out with torch and differentiated by it."""
    w, u, b = (draw(random, *shape, scale=0.6, grad=True) for shape in [(D, 3 * H), (H, 3 * H), (3 * H,)])
    x = draw(random, N, T, D, grad=True)
    h = torch.zeros(N, H)
    ys = []
    for t in range(T):
        a = x[:, t] @ w + b
        r = torch.sigmoid(a[:, :H] + h @ u[:, :H])
        z = torch.sigmoid(a[:, H : 2 * H] + h @ u[:, H : 2 * H])
        n = torch.tanh(a[:, 2 * H :] + (r * h) @ u[:, 2 * H :])
        h = z * h + (1 - z) * n
        ys.append(h)
    y = torch.stack(ys, 1)
    dy, (dx, dw, du, db) = gradients(y, [x, w, u, b], random)
    return case("reset-before", {"x": x, "dy": dy}, {"w": w, "u": u, "b": b}, {"y": y, "dx": dx, "dw": dw, "du": du, "db": db})


def bidirectional(random):
    module = torch.nn.LSTM(D, H, batch_first=True, bidirectional=True)
    params, rest = {}, []
    for suffix, prefix in [("", "forward"), ("_reverse", "backward")]:
        for name, short in [("weight_ih_l0", "w"), ("weight_hh_l0", "u"), ("bias_ih_l0", "b")]:
            weight = getattr(module, name + suffix)
            weight.data = draw(random, *weight.shape, scale=0.6)
            params[f"{prefix}.{short}"] = weight.T if weight.ndim == 2 else weight
        getattr(module, "bias_hh_l0" + suffix).data.zero_()
    x = draw(random, N, T, D, grad=True)
    y, _ = module(x)
    dy, (dx,) = gradients(y, [x], random)
    return case("lstm-concat", {"x": x, "dy": dy}, params, {"y": y, "dx": dx})


def normalised(x, gain, bias=None):
    return torch.nn.functional.layer_norm(x, x.shape[-1:], gain, bias)


def layer_norm_lstm(random):
    """J. Ba et al. 2016, equations 20 to 22, of torch's layer_norm; the shift of both norms of sums is b."""
    shapes = {"w": (D, 4 * H), "u": (H, 4 * H), "b": (4 * H,), "gain_x": (4 * H,), "gain_h": (4 * H,), "gain_c": (H,), "bias_c": (H,)}
    params = {name: draw(random, *shape, scale=0.6, grad=True) for name, shape in shapes.items()}
    w, u, b, gain_x, gain_h, gain_c, bias_c = params.values()
    x = draw(random, N, T, D, grad=True)
    h0, c0 = (draw(random, N, H, grad=True) for _ in range(2))
    h, c, ys = h0, c0, []
    for t in range(T):
        i, f, g, o = (normalised(x[:, t] @ w, gain_x) + normalised(h @ u, gain_h) + b).split(H, -1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(normalised(c, gain_c, bias_c))
        ys.append(h)
    y = torch.stack(ys, 1)
    dy, (dx, *slopes) = gradients(y, [x, *params.values()], random)
    outputs = {"y": y, "h": h, "c": c, "dx": dx} | {f"d{name}": slope for name, slope in zip(params, slopes)}
    return case("equations", {"x": x, "h0": h0, "c0": c0, "dy": dy}, params, outputs)


def conv_lstm(random, name, peephole):
    """X. Shi et al. 2015, equation 3, of torch's conv2d. Images are [N, T, H, W, C]."""
    n, steps, rows, columns, channels, filters = 1, 3, 3, 2, 2, 2
    params = {"w": draw(random, 3, 3, channels, 4 * filters, scale=0.3, grad=True), "u": draw(random, 3, 3, filters, 4 * filters, scale=0.3, grad=True)}
    params["b"] = draw(random, 4 * filters, scale=0.3, grad=True)
    if peephole:
        params["peep"] = draw(random, 3, rows, columns, filters, grad=True)
    x = draw(random, n, steps, rows, columns, channels, grad=True)

    def product(images, kernel):
        result = torch.nn.functional.conv2d(images.permute(0, 3, 1, 2), kernel.permute(3, 2, 0, 1), padding=1)
        return result.permute(0, 2, 3, 1)

    wi, wf, wo = params["peep"] if peephole else (0, 0, 0)
    h = c = torch.zeros(n, rows, columns, filters)
    ys = []
    for t in range(steps):
        i, f, g, o = (product(x[:, t], params["w"]) + product(h, params["u"]) + params["b"]).split(filters, -1)
        c_new = torch.sigmoid(f + wf * c) * c + torch.sigmoid(i + wi * c) * torch.tanh(g)
        h, c = torch.sigmoid(o + wo * c_new) * torch.tanh(c_new), c_new
        ys.append(h)
    y = torch.stack(ys, 1)
    dy, (dx, *slopes) = gradients(y, [x, *params.values()], random)
    outputs = {"y": y, "h": h, "c": c, "dx": dx} | {f"d{key}": slope for key, slope in zip(params, slopes)}
    return case(name, {"x": x, "dy": dy}, params, outputs, {"peephole": peephole})


def stacked(random):
    """Two bidirectional layers of torch, whose last outputs are the final h of the upper layer."""
    module = torch.nn.LSTM(D, H, num_layers=2, batch_first=True, bidirectional=True)
    params = {}
    for level in range(2):
        for suffix, prefix in [("", "forward"), ("_reverse", "backward")]:
            for name, short in [("weight_ih", "w"), ("weight_hh", "u"), ("bias_ih", "b")]:
                weight = getattr(module, f"{name}_l{level}{suffix}")
                weight.data = draw(random, *weight.shape, scale=0.6)
                params[f"{level}.{prefix}.{short}"] = weight.T if weight.ndim == 2 else weight
            getattr(module, f"bias_hh_l{level}{suffix}").data.zero_()
    x = draw(random, N, T, D, grad=True)
    lengths = torch.tensor([4, 2])
    packed = torch.nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True)
    sequence, (h, _) = module(packed)
    y, _ = torch.nn.utils.rnn.pad_packed_sequence(sequence, batch_first=True)
    last = torch.cat((h[-2], h[-1]), -1)
    dy = draw(random, *last.shape)
    (dx,) = torch.autograd.grad((last * dy).sum(), [x])
    return case("bidirectional-lstm", {"x": x, "lengths": lengths, "dy": dy}, params, {"y": y, "last": last, "dx": dx})


save("rnn", "nn.RNN", [rnn(generator(1))])
save("lstm", "nn.LSTM, its second bias 0", [lstm(generator(2), "zero-start", T, False), lstm(generator(3), "given-start", 7, True)])
save("gru", "nn.GRU, its second bias 0 but for n; reset-before by the paper's equations", [gru_reset_after(generator(4)), gru_reset_before(generator(5))])
save("bidirectional", "nn.LSTM(bidirectional=True)", [bidirectional(generator(6))])
save("layer-norm-lstm", "the paper's equations, of functional.layer_norm", [layer_norm_lstm(generator(7))])
save("conv-lstm", "the paper's equations, of functional.conv2d", [conv_lstm(generator(8), "plain", False), conv_lstm(generator(9), "peephole", True)])
save("stacked", "nn.LSTM(num_layers=2, bidirectional=True) over packed sequences", [stacked(generator(10))])
