"""Every loss of one batch, element by element or row by row (no reduction), and the gradients of its sum."""

import torch
import torch.nn.functional as F
from vectors import between, case, draw, generator, save

random = generator(50)
N, K = 4, 5


def of(name, loss, arguments, wrt, options=None):
    value = loss(**arguments)
    found = torch.autograd.grad(value.sum(), [arguments[k] for k in wrt])
    return case(name, arguments, {}, {"loss": value} | {f"d{k}": g for k, g in zip(wrt, found)}, options)


prediction, target = draw(random, N, K, grad=True), draw(random, N, K)
logits = draw(random, N, K, scale=2.0, grad=True)
label = torch.tensor([0, 3, 2, 3])
label_ignored = torch.tensor([0, -100, 2, 3])
weights = between(random, 0.2, 2.0, K)
soft = torch.tensor([[0.1, 0.2, 0.3, 0.25, 0.15], [1, 0, 0, 0, 0], [0.5, 0.5, 0, 0, 0], [0.2, 0.2, 0.2, 0.2, 0.2]])
probs = between(random, 0.05, 0.95, N, K, grad=True)
binary = torch.tensor([[0.0, 1, 1, 0, 1], [1, 0, 0, 1, 0], [0.3, 0.7, 1, 0, 0.5], [0, 0, 1, 1, 1]])
signs = torch.where(binary > 0.5, 1.0, -1.0)
variance = between(random, 0.3, 2.0, N, K, grad=True)
a, b, c = (draw(random, N, K, grad=True) for _ in range(3))
same = torch.tensor([1.0, 0, 1, 0])
prior = F.softmax(draw(random, N, K), -1).detach().mul(1e4).round().div(1e4)


def focal(logits, target, gamma=2.0, alpha=0.25):
    """T.-Y. Lin et al., "Focal loss for dense object detection", 2017, equation 5."""
    p = torch.sigmoid(logits)
    p_t = p * target + (1 - p) * (1 - target)
    alpha_t = alpha * target + (1 - alpha) * (1 - target)
    return alpha_t * (1 - p_t) ** gamma * F.binary_cross_entropy_with_logits(logits, target, reduction="none")


def dice(prediction, target, smooth=1.0):
    """1 - (2 sum(p t) + s) / (sum(p) + sum(t) + s) for each row."""
    return 1 - (2 * (prediction * target).sum(-1) + smooth) / (prediction.sum(-1) + target.sum(-1) + smooth)


def contrastive(a, b, same, margin=4.0):
    """R. Hadsell, S. Chopra, Y. LeCun, 2006: d^2 for pairs alike, max(margin - d, 0)^2 for others (both halved)."""
    d = F.pairwise_distance(a, b)
    return 0.5 * (same * d**2 + (1 - same) * F.relu(margin - d) ** 2)


none = {"reduction": "none"}
hard = binary.round()
cases = [
    of("mse", lambda prediction, target: F.mse_loss(prediction, target, **none), {"prediction": prediction, "target": target}, ["prediction"]),
    of("mae", lambda prediction, target: F.l1_loss(prediction, target, **none), {"prediction": prediction, "target": target}, ["prediction"]),
    of("huber", lambda prediction, target: F.huber_loss(prediction, target, delta=0.7, **none), {"prediction": prediction, "target": target}, ["prediction"], {"delta": 0.7}),
    of("cross_entropy", lambda logits, label: F.cross_entropy(logits, label, **none), {"logits": logits, "label": label}, ["logits"]),
    of("cross_entropy-smoothing", lambda logits, label: F.cross_entropy(logits, label, label_smoothing=0.1, **none), {"logits": logits, "label": label}, ["logits"], {"label_smoothing": 0.1}),
    of("cross_entropy-weights", lambda logits, label, weights: F.cross_entropy(logits, label, weights, **none), {"logits": logits, "label": label, "weights": weights}, ["logits"]),
    of("cross_entropy-ignore", lambda logits, label: F.cross_entropy(logits, label, ignore_index=-100, **none), {"logits": logits, "label": label_ignored}, ["logits"], {"ignore_index": -100}),
    of("cross_entropy-soft", lambda logits, target: F.cross_entropy(logits, target, **none), {"logits": logits, "target": soft}, ["logits"]),
    of("bce", lambda probs, target: F.binary_cross_entropy(probs, target, **none), {"probs": probs, "target": binary}, ["probs"]),
    of("bce_logits", lambda logits, target: F.binary_cross_entropy_with_logits(logits, target, **none), {"logits": logits, "target": binary}, ["logits"]),
    of("nll", lambda log_probs, label: F.nll_loss(log_probs, label, **none), {"log_probs": logits, "label": label}, ["log_probs"]),
    of("kl", lambda log_probs, target: F.kl_div(log_probs, target, **none).sum(-1), {"log_probs": logits, "target": prior}, ["log_probs"]),
    of("gaussian_nll", lambda mean, target, variance: F.gaussian_nll_loss(mean, target, variance, **none), {"mean": prediction, "target": target, "variance": variance}, ["mean", "variance"]),
    of("hinge", lambda prediction, sign: F.relu(1 - prediction * sign), {"prediction": prediction, "sign": signs}, ["prediction"]),
    of("focal", focal, {"logits": logits, "target": hard}, ["logits"], {"gamma": 2.0, "alpha": 0.25}),
    of("triplet", lambda anchor, positive, negative: F.triplet_margin_loss(anchor, positive, negative, margin=1.5, **none), {"anchor": a, "positive": b, "negative": c}, ["anchor", "positive", "negative"], {"margin": 1.5}),
    of("contrastive", contrastive, {"a": a, "b": b, "same": same}, ["a", "b"], {"margin": 4.0}),
    of("cosine", lambda a, b: 1 - F.cosine_similarity(a, b), {"a": a, "b": b}, ["a", "b"]),
    of("dice", dice, {"prediction": probs, "target": hard}, ["prediction"], {"smooth": 1.0}),
]
save("losses", "torch.nn.functional with reduction=\"none\" and the gradients of the sum; hinge, focal, contrastive and dice from their formulas, differentiated by torch", cases)
