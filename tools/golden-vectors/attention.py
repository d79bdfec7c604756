"""Scaled dot-product attention and multi-head attention. Masks are given as lengths: keys from `length` on are padding."""

import math

import torch
from vectors import case, draw, generator, gradients, save


def masked(scores, causal, lengths):
    n, t, s = scores.shape[0], scores.shape[-2], scores.shape[-1]
    keep = torch.ones(n, t, s, dtype=torch.bool)
    if causal:
        keep &= torch.ones(t, s, dtype=torch.bool).tril()
    if lengths is not None:
        keep &= (torch.arange(s)[None] < lengths[:, None])[:, None, :]
    return keep


def dot_product(random, name, causal, lengths):
    n, t, s, d = 2, 4, 4, 3
    q, k, v = (draw(random, n, size, d, grad=True) for size in (t, s, s))
    scores = q @ k.transpose(1, 2) / math.sqrt(d)
    keep = masked(scores, causal, lengths)
    y = scores.masked_fill(~keep, -math.inf).softmax(-1) @ v
    dy, (dq, dk, dv) = gradients(y, [q, k, v], random)
    inputs = {"q": q, "k": k, "v": v, "dy": dy} | ({} if lengths is None else {"lengths": lengths})
    return case(name, inputs, {}, {"y": y, "dq": dq, "dk": dk, "dv": dv}, {"causal": causal})


def multi_head(random, name, causal, lengths):
    n, t, d, heads = 2, 4, 6, 3
    module = torch.nn.MultiheadAttention(d, heads, batch_first=True)
    module.in_proj_weight.data = draw(random, 3 * d, d, scale=0.5)
    module.in_proj_bias.data = draw(random, 3 * d, scale=0.5)
    module.out_proj.weight.data = draw(random, d, d, scale=0.5)
    module.out_proj.bias.data = draw(random, d, scale=0.5)
    x = draw(random, n, t, d, grad=True)
    causal_mask = ~torch.ones(t, t, dtype=torch.bool).tril() if causal else None
    padding = None if lengths is None else torch.arange(t)[None] >= lengths[:, None]
    y, _ = module(x, x, x, attn_mask=causal_mask, key_padding_mask=padding, need_weights=False)
    dy, (dx,) = gradients(y, [x], random)
    wq, wk, wv = (w.T for w in module.in_proj_weight.split(d))
    bq, bk, bv = module.in_proj_bias.split(d)
    params = {"wq": wq, "wk": wk, "wv": wv, "wo": module.out_proj.weight.T, "bq": bq, "bk": bk, "bv": bv, "bo": module.out_proj.bias}
    inputs = {"x": x, "dy": dy} | ({} if lengths is None else {"lengths": lengths})
    return case(name, inputs, params, {"y": y, "dx": dx}, {"causal": causal, "heads": heads})


def variant(random, name, heads, kv_heads, causal=False, lengths=None, window=0, alibi=False):
    """Projections, and torch's scaled_dot_product_attention with groups of heads, over scores with a bias."""
    n, t, d = 2, 5, 8
    size = d // heads
    shapes = {"wq": (d, d), "wk": (d, kv_heads * size), "wv": (d, kv_heads * size), "wo": (d, d)}
    params = {key: draw(random, *shape, scale=0.5, grad=True) for key, shape in shapes.items()}
    x = draw(random, n, t, d, grad=True)
    q, k, v = ((x @ params[key]).unflatten(-1, (-1, size)).transpose(1, 2) for key in ("wq", "wk", "wv"))
    far = (torch.arange(t)[:, None] - torch.arange(t)[None]).abs()
    keep = masked(torch.zeros(n, t, t), causal, lengths)
    if window > 0:
        keep = keep & (far < window)
    slopes = torch.tensor([2 ** (-8 * (h + 1) / heads) for h in range(heads)])
    bias = -slopes[:, None, None] * far if alibi else torch.zeros(heads, t, t)
    scores = bias.expand(n, heads, t, t).masked_fill(~keep[:, None], -math.inf)
    y = torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=scores, enable_gqa=True)
    y = y.transpose(1, 2).flatten(2) @ params["wo"]
    dy, (dx, *slopes) = gradients(y, [x, *params.values()], random)
    inputs = {"x": x, "dy": dy} | ({} if lengths is None else {"lengths": lengths})
    options = {"heads": heads, "kv_heads": kv_heads, "causal": causal, "window": window, "alibi": alibi, "bias": False}
    return case(name, inputs, params, {"y": y, "dx": dx} | {f"d{key}": slope for key, slope in zip(params, slopes)}, options)


lengths = torch.tensor([2, 4])
kinds = [("plain", False, None), ("causal", True, None), ("padded", False, lengths), ("causal-padded", True, lengths)]
save("dot-product-attention", "softmax(q k^T / sqrt(d)) v written out with torch", [dot_product(generator(10 + i), *kind) for i, kind in enumerate(kinds)])
save("multi-head-attention", "nn.MultiheadAttention", [multi_head(generator(20 + i), *kind) for i, kind in enumerate(kinds)])
save(
    "attention-variants",
    "functional.scaled_dot_product_attention(enable_gqa=True) with a bias of the scores",
    [
        variant(generator(30), "grouped-query, padded", 4, 2, lengths=torch.tensor([3, 5])),
        variant(generator(31), "multi-query, causal", 4, 1, causal=True),
        variant(generator(32), "sliding window", 2, 2, window=2),
        variant(generator(33), "sliding window, causal, padded", 2, 2, causal=True, window=3, lengths=torch.tensor([4, 5])),
        variant(generator(34), "linear biases, causal, grouped-query", 4, 2, causal=True, alibi=True),
    ],
)
