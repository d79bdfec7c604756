"""CTC loss: one batch of 56 sequences, and one whose samples have different blanks. Logits [N, T, K] with blank 0, labels [N, L] padded with 0, lengths of both; the gradient is with respect to the logits."""

import torch
from vectors import case, draw, generator, save

N, T, K, L = 56, 6, 4, 5
random = generator(30)
logits = draw(random, N, T, K, scale=1.5, grad=True)
labels = torch.tensor(random.integers(1, K, (N, L)))
times = torch.tensor(random.integers(1, T + 1, (N,)))
lengths = torch.tensor(random.integers(0, L + 1, (N,)))
labels[0, :3], lengths[0], times[0] = torch.tensor([2, 2, 2]), 3, 6  # repeats: at least 5 frames
labels[1, :3], lengths[1], times[1] = torch.tensor([1, 1, 3]), 3, 4  # repeats with no frame to spare
labels[2, :2], lengths[2], times[2] = torch.tensor([1, 1]), 2, 2  # a repeat that does not fit: infinite
lengths[3], times[3] = 0, 6  # the empty label
lengths[4], times[4] = 5, 3  # longer than the input: infinite
lengths[5], times[5] = 1, 1
labels = labels * (torch.arange(L)[None] < lengths[:, None])

loss = torch.nn.functional.ctc_loss(logits.log_softmax(-1).transpose(0, 1), labels, times, lengths, blank=0, reduction="none")
finite = torch.isfinite(loss)
(gradient,) = torch.autograd.grad(loss[finite].sum(), logits)
gradient[~finite] = 0  # which torch leaves as 0 * nan
# A blank for each sample: torch takes one sample at a time.
blank = torch.tensor(random.integers(0, K, (8,)))
own = draw(random, 8, T, K, scale=1.5, grad=True)
frames, counts = torch.tensor(random.integers(3, T + 1, (8,))), torch.tensor(random.integers(0, 3, (8,)))
others = torch.tensor(random.integers(1, K, (8, 2)))
spelled = (blank[:, None] + others) % K  # any class but the blank
each = [
    torch.nn.functional.ctc_loss(own[n, :, None].log_softmax(-1), spelled[n, None], frames[n, None], counts[n, None], blank=int(blank[n]), reduction="none")
    for n in range(8)
]
alone = torch.cat(each)
assert torch.isfinite(alone).all() and len(set(blank.tolist())) > 2
(slope,) = torch.autograd.grad(alone.sum(), own)
save(
    "ctc",
    "nn.functional.ctc_loss(log_softmax(logits), reduction=\"none\"); the gradient of the sum of the finite losses",
    [
        case("random", {"logits": logits, "labels": labels, "times": times, "lengths": lengths}, {}, {"loss": loss, "gradient": gradient}),
        case("a blank for each sample", {"logits": own, "labels": spelled, "times": frames, "lengths": counts, "blank": blank}, {}, {"loss": alone, "gradient": slope}),
    ],
)
