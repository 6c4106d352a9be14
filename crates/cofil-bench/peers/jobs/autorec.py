"""AutoRec in plain PyTorch, which multiplies every entry of a row, known or not: 500 hidden units, batches of 512 rows,
Adam at .001.

`autorec-item`, `autorec-user`: ratings of MovieLens-1M as a dense matrix, ten epochs, then RMSE. `autorec-gowalla`: one
epoch over users with implicit interactions, three sampled zeros for each; `autorec-wide`: one epoch over a million
users and a hundred thousand items. These two are made dense batch by batch, and an epoch is extrapolated from a
few batches.
"""

import numpy as np

import split
from inputs import wide
from metrics import score_ratings

HIDDEN, BATCH, RATE, REG, EPOCHS, INIT = 500, 512, 0.001, 100.0, 10, 0.03
MIDDLE = 3.0  # of the scale; unknown entries have this value
NEGATIVES = 3
BATCHES = {"autorec-gowalla": 6, "autorec-wide": 3}


def pytorch(bench):
    import torch

    torch.set_num_threads(bench.threads)
    torch.manual_seed(1)
    bench.settings = {"hidden": HIDDEN, "batch_size": BATCH, "learning_rate": RATE, "reg": REG}
    if bench.job in BATCHES:
        some_batches(bench, torch)
    else:
        whole_epochs(bench, torch, by_item=bench.job == "autorec-item")


def network(torch, columns):
    """The parameters V, μ, W, b and their optimizer."""
    weights = [torch.randn(HIDDEN, columns) * INIT, torch.zeros(HIDDEN), torch.randn(columns, HIDDEN) * INIT, torch.zeros(columns)]
    weights = [weight.requires_grad_() for weight in weights]
    return weights, torch.optim.Adam(weights, lr=RATE, fused=True)


def predict(torch, weights, rows):
    encoder, hidden_bias, decoder, bias = weights
    linear = torch.nn.functional.linear
    return linear(torch.sigmoid(linear(rows, encoder, hidden_bias)), decoder, bias)


def step(torch, weights, optimizer, rows, counted, total):
    """Σ over the counted entries of the squared error, and the batch's share of λ/2 (‖V‖² + ‖W‖²); per row."""
    errors = ((predict(torch, weights, rows) - rows) * counted).square().sum()
    penalty = REG / 2 * (weights[0].square().sum() + weights[2].square().sum())
    optimizer.zero_grad()
    (errors / len(rows) + penalty / total).backward()
    optimizer.step()


def whole_epochs(bench, torch, by_item):
    ratings = bench.once("load", lambda: split.ratings("train"))
    table = ratings.T.toarray() if by_item else ratings.toarray()
    known = torch.from_numpy(table > 0)
    rows = torch.from_numpy(np.where(table > 0, table - MIDDLE, 0).astype(np.float32))
    del table

    def fit():
        weights, optimizer = network(torch, rows.shape[1])
        for _ in range(EPOCHS):
            for batch in torch.randperm(len(rows)).split(BATCH):
                step(torch, weights, optimizer, rows[batch], known[batch], len(rows))
        return weights

    weights = bench.time("fit", fit)
    with torch.no_grad():
        predicted = MIDDLE + predict(torch, weights, rows).numpy()
    users, items, values = split.triples("test")
    bench.settings["epochs"] = EPOCHS
    bench.quality = score_ratings((predicted.T if by_item else predicted)[users, items], values)


def some_batches(bench, torch):
    implicit = bench.job == "autorec-gowalla"
    table = bench.once("load", split.gowalla if implicit else wide)
    weights, optimizer = network(torch, table.shape[1])
    order = np.random.default_rng(1).permutation(table.shape[0])
    parts = np.array_split(order, -(-len(order) // BATCH))

    def train(part):
        part = np.sort(part)
        rows = torch.from_numpy(table[part].toarray())
        counted = rows > 0
        if implicit:
            lengths = counted.sum(dim=1)
            users = torch.arange(len(rows)).repeat_interleave(NEGATIVES * lengths)
            counted[users, torch.randint(rows.shape[1], (len(users),))] = True
        else:
            rows -= MIDDLE * counted
        step(torch, weights, optimizer, rows, counted, len(order))

    train(parts[-1])  # the first step allocates the optimizer's memory
    count = BATCHES[bench.job]
    bench.time("fit", lambda: [train(part) for part in parts[:count]])
    bench.seconds["fit"] = [seconds * len(parts) / count for seconds in bench.seconds["fit"]]
    bench.settings["extrapolated"] = f"from {count} of {len(parts)} batches"


PEERS = {"pytorch": pytorch}
