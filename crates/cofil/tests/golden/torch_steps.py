#!/usr/bin/env python3
"""Three optimizer steps of small networks in PyTorch, in 64 bits, with which cofil's own steps must agree.

    python3 crates/cofil/tests/golden/torch_steps.py     # needs torch; writes torch_steps.json beside itself

Gradients are autograd's. Optimizers follow cofil's: embedding rows that a batch does not touch keep their values and
optimizer state, and Adam counts the steps of each row separately (see src/train/optimizer.rs).
"""

import json
import re
import sys
from pathlib import Path

import torch
from torch.nn.functional import binary_cross_entropy_with_logits as bce
from torch.nn.functional import linear, logsigmoid

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8
USERS, ITEMS, FACTORS, LAYERS = 4, 5, 3, [8, 4, 2]
EMBEDDINGS = ("gmf_user", "gmf_item", "mlp_user", "mlp_item")

CONVENTIONS = {
    "numbers": "every parameter is a list of rows; vectors are lists of numbers",
    "adam": "per row: t += 1; m = .9 m + .1 g; v = .999 v + .001 g²; θ -= rate m̂ / (√v̂ + 1e-8), m̂ = m / (1 - .9^t), "
    "v̂ = v / (1 - .999^t); only rows of embeddings that occur in the batch, all of every other parameter",
    "sgd": "θ -= rate g",
    "loss": "of step k, before its update; penalty included",
    "network": "layers [8, 4, 2]: 8 is the width of [mlp_user; mlp_item], 4 each; ReLU after each layer; "
    "z = output.weight · [gmf_user ⊙ gmf_item; tower] + output.bias; gmf has no tower, mlp no product",
    "bce": "scale: mean over the batch of -y ln σ(z) - (1 - y) ln(1 - σ(z)); batch rows are [user, item, label]",
    "bpr": "scale: mean over the batch of -ln σ(z(user, positive) - z(user, negative)); batch rows are [user, positive, negative]",
    "autorec": "r̂ = f(W g(V r + mu) + b), g sigmoid, f identity; V hidden × input, W input × hidden; unknown inputs are 0; "
    "scale: Σ over the known values of the batch's rows of (r̂ - r)², plus λ/2 (‖V‖² + ‖W‖²) in every batch; "
    "batch rows are [column, value] pairs; every batch touches every column",
}


class Optimizer:
    """SGD or Adam, row by row."""

    def __init__(self, name, rate):
        self.name, self.rate, self.memory = name, rate, {}

    @torch.no_grad()
    def step(self, name, parameter, rows):
        gradient = parameter.grad
        if self.name == "sgd":
            parameter[rows] -= self.rate * gradient[rows]
            return
        m, v, t = self.memory.setdefault(
            name, (torch.zeros_like(parameter), torch.zeros_like(parameter), [0] * len(parameter))
        )
        for row in rows:
            t[row] += 1
            m[row] = BETA1 * m[row] + (1 - BETA1) * gradient[row]
            v[row] = BETA2 * v[row] + (1 - BETA2) * gradient[row] ** 2
            m_hat, v_hat = m[row] / (1 - BETA1 ** t[row]), v[row] / (1 - BETA2 ** t[row])
            parameter[row] -= self.rate * m_hat / (v_hat.sqrt() + EPSILON)


def uniform(generator, *shape):
    return (torch.rand(*shape, generator=generator, dtype=torch.float64) - 0.5).requires_grad_()


def copied(parameters):
    return {name: parameter.detach().tolist() for name, parameter in parameters.items()}


def run(case, parameters, loss_of, touched):
    """Adds to `case` the start, and loss and parameters of each step."""
    optimizer = Optimizer(case["optimizer"], case["rate"])
    case["initial"], case["steps"] = copied(parameters), []
    for batch in case["batches"]:
        for parameter in parameters.values():
            parameter.grad = None
        loss = loss_of(parameters, batch)
        loss.backward()
        for name, parameter in parameters.items():
            optimizer.step(name, parameter, touched(name, parameter, batch))
        case["steps"].append({"loss": loss.item(), "parameters": copied(parameters)})
    return case


# === GMF, MLP, NeuMF ===


def network(model, generator):
    parts = {}
    if model != "mlp":
        parts["gmf_user"], parts["gmf_item"] = uniform(generator, USERS, FACTORS), uniform(generator, ITEMS, FACTORS)
    if model != "gmf":
        half = LAYERS[0] // 2
        parts["mlp_user"], parts["mlp_item"] = uniform(generator, USERS, half), uniform(generator, ITEMS, half)
        for i, (inputs, outputs) in enumerate(zip(LAYERS, LAYERS[1:])):
            parts[f"layers[{i}].weight"] = uniform(generator, outputs, inputs)
            # Biases between 0 and 1: most units are above the kink of ReLU, some below.
            parts[f"layers[{i}].bias"] = (uniform(generator, outputs).detach() + 0.5).requires_grad_()
    width = {"gmf": FACTORS, "mlp": LAYERS[-1], "neumf": FACTORS + LAYERS[-1]}[model]
    parts["output.weight"], parts["output.bias"] = uniform(generator, 1, width), uniform(generator, 1)
    return parts


def logits(parts, users, items):
    features = []
    if "gmf_user" in parts:
        features.append(parts["gmf_user"][users] * parts["gmf_item"][items])
    if "mlp_user" in parts:
        tower = torch.cat([parts["mlp_user"][users], parts["mlp_item"][items]], dim=1)
        for i in range(len(LAYERS) - 1):
            tower = linear(tower, parts[f"layers[{i}].weight"], parts[f"layers[{i}].bias"]).relu()
        features.append(tower)
    return linear(torch.cat(features, dim=1), parts["output.weight"], parts["output.bias"]).squeeze(1)


def bce_loss(parts, batch):
    users, items, labels = torch.tensor(batch).T
    return bce(logits(parts, users, items), labels.double())


def bpr_loss(parts, batch):
    users, positives, negatives = torch.tensor(batch).T
    return -logsigmoid(logits(parts, users, positives) - logits(parts, users, negatives)).mean()


def touched_by_pairs(loss):
    def touched(name, parameter, batch):
        if name not in EMBEDDINGS:
            return range(len(parameter))
        if name.endswith("user"):
            return sorted({row[0] for row in batch})
        return sorted({item for row in batch for item in (row[1:] if loss == "bpr" else row[1:2])})

    return touched


# Users and items repeat within a batch, and some appear first in the second or third batch.
BATCHES = {
    "bce": [
        [[0, 0, 1], [0, 3, 0], [1, 1, 1], [1, 3, 0], [2, 0, 0]],
        [[2, 2, 1], [2, 0, 0], [0, 1, 1], [0, 3, 0]],
        [[3, 4, 1], [3, 0, 0], [1, 4, 0], [1, 1, 1], [3, 2, 1]],
    ],
    "bpr": [
        [[0, 0, 3], [1, 1, 3], [1, 0, 2]],
        [[2, 2, 0], [0, 1, 3]],
        [[3, 4, 0], [1, 1, 4], [3, 2, 0]],
    ],
}


def pair_cases(generator):
    for model, loss, optimizer, rate in [
        ("neumf", "bce", "adam", 0.01),
        ("neumf", "bce", "sgd", 0.5),
        ("neumf", "bpr", "adam", 0.01),
        ("gmf", "bce", "adam", 0.01),
        ("mlp", "bce", "adam", 0.01),
    ]:
        case = {"model": model, "loss": loss, "optimizer": optimizer, "rate": rate, "users": USERS, "items": ITEMS,
                "factors": FACTORS, "layers": LAYERS, "batches": BATCHES[loss]}  # fmt: skip
        loss_of = bce_loss if loss == "bce" else bpr_loss
        yield run(case, network(model, generator), loss_of, touched_by_pairs(loss))


# === AutoRec ===

RATINGS = [[5, 3, 0, 1], [4, 0, 2, 1], [1, 1, 0, 5], [0, 1, 5, 4], [2, 0, 4, 3]]  # 0: unknown
HIDDEN = 3


def autorec_loss(reg):
    def loss(parts, batch):
        rows = torch.zeros(len(batch), len(parts["b"]), dtype=torch.float64)
        known = torch.zeros_like(rows)
        for at, row in enumerate(batch):
            for column, value in row:
                rows[at, column], known[at, column] = value, 1
        predicted = linear(torch.sigmoid(linear(rows, parts["V"], parts["mu"])), parts["W"], parts["b"])
        penalty = reg / 2 * (parts["V"].square().sum() + parts["W"].square().sum())
        return (known * (predicted - rows)).square().sum() + penalty

    return loss


def autorec_cases(generator):
    by_user = torch.tensor(RATINGS)
    for model, table in [("autorec-user", by_user), ("autorec-item", by_user.T)]:
        rows = [[[c, float(v)] for c, v in enumerate(row) if v] for row in table.tolist()]
        inputs = table.shape[1]
        halves = [rows[:2], rows[2:]]
        assert all({c for row in batch for c, _ in row} == set(range(inputs)) for batch in halves), "see CONVENTIONS"
        for optimizer, rate, batches in [
            ("sgd", 0.01, [rows] * 3),
            ("adam", 0.05, [rows] * 3),
            ("adam", 0.05, [halves[0], halves[1], halves[0]]),
        ]:
            case = {"model": model, "loss": "squared", "optimizer": optimizer, "rate": rate, "reg": 0.1, "inputs": inputs,
                    "hidden": HIDDEN, "batches": batches}  # fmt: skip
            parts = {"V": uniform(generator, HIDDEN, inputs), "mu": uniform(generator, HIDDEN),
                     "W": uniform(generator, inputs, HIDDEN), "b": uniform(generator, inputs)}  # fmt: skip
            yield run(case, parts, autorec_loss(case["reg"]), lambda _, parameter, __: range(len(parameter)))


def main():
    generator = torch.Generator().manual_seed(1)
    golden = {
        "made_by": f"torch_steps.py with torch {torch.__version__.split('+')[0]}, Python {sys.version.split()[0]}",
        "conventions": CONVENTIONS,
        "cases": [*pair_cases(generator), *autorec_cases(generator)],
    }
    text = json.dumps(golden, indent=1, ensure_ascii=False)
    # Innermost lists, rows of numbers, on one line each.
    text = re.sub(r'\[\s+([^\[\]{}"]*?)\s+\]', lambda row: "[" + " ".join(row[1].split()) + "]", text)
    Path(__file__).with_name("torch_steps.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
