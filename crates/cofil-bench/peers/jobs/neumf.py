"""NeuMF on MovieLens-1M, split as in the paper: 8 factors, tower 64-32-16-8, 4 sampled negatives per positive, batches
of 1024, Adam at .001, two epochs.

`bce` is the mean training loss during the last epoch; HR and NDCG at 10 are computed among the 99 published negatives.
"""

import numpy as np

import split
from inputs import ncf_atomic
from metrics import score_candidates

FACTORS, LAYERS, NEGATIVES, BATCH, RATE, EPOCHS = 8, [64, 32, 16, 8], 4, 1024, 0.001, 2


def pytorch(bench, fused=False):
    """A version optimised for speed: numpy samples whole epochs, without DataLoader. With `fused`, one kernel updates
    all parameters, which is not Adam's default on a CPU."""
    positives = bench.once("load", split.ncf_positives)
    candidates = split.ncf_candidates()
    import torch
    from torch import nn

    torch.set_num_threads(bench.threads)
    torch.manual_seed(1)

    class NeuMf(nn.Module):
        def __init__(self, users, items):
            super().__init__()
            half = LAYERS[0] // 2
            self.embeddings = nn.ModuleList(
                [nn.Embedding(users, FACTORS), nn.Embedding(items, FACTORS), nn.Embedding(users, half), nn.Embedding(items, half)]
            )
            layers = [part for sizes in zip(LAYERS, LAYERS[1:]) for part in (nn.Linear(*sizes), nn.ReLU())]
            self.tower, self.output = nn.Sequential(*layers), nn.Linear(FACTORS + LAYERS[-1], 1)
            for embedding in self.embeddings:
                nn.init.normal_(embedding.weight, std=0.01)
            for layer in layers[::2]:
                nn.init.xavier_uniform_(layer.weight)

        def forward(self, users, items):
            gmf_user, gmf_item, mlp_user, mlp_item = (
                embedding(index) for embedding, index in zip(self.embeddings, (users, items, users, items))
            )
            tower = self.tower(torch.cat((mlp_user, mlp_item), dim=1))
            return self.output(torch.cat((gmf_user * gmf_item, tower), dim=1)).squeeze(1)

    def fit():
        random = np.random.default_rng(1)
        seen = np.zeros(split.SHAPE, bool)
        seen[positives] = True
        model = NeuMf(*split.SHAPE)
        optimizer = torch.optim.Adam(model.parameters(), lr=RATE, fused=fused)
        loss_of = nn.BCEWithLogitsLoss()
        for _ in range(EPOCHS):
            users, items, labels = sample(random, seen, *positives)
            order = random.permutation(len(users))
            users, items, labels = (torch.from_numpy(column[order]) for column in (users, items, labels))
            total = 0.0
            for start in range(0, len(order), BATCH):
                batch = slice(start, start + BATCH)
                loss = loss_of(model(users[batch], items[batch]), labels[batch])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                total += loss.detach() * len(labels[batch])
        return model, float(total) / len(order)

    model, loss = bench.time("fit", fit)
    with torch.no_grad():
        users = torch.arange(split.SHAPE[0]).repeat_interleave(candidates.shape[1])
        scores = model(users, torch.from_numpy(candidates.ravel())).numpy().reshape(candidates.shape)
    finish(bench, scores, candidates, loss)


def sample(random, seen, users, items):
    """All positives with their negatives: users, items, labels. Negatives that are positives are drawn again."""
    pool = np.repeat(users, NEGATIVES)
    drawn = random.integers(0, seen.shape[1], len(pool), dtype=np.int32)
    bad = np.flatnonzero(seen[pool, drawn])
    while len(bad):
        drawn[bad] = random.integers(0, seen.shape[1], len(bad), dtype=np.int32)
        bad = bad[seen[pool[bad], drawn[bad]]]
    labels = np.zeros(len(users) + len(pool), np.float32)
    labels[: len(users)] = 1
    return np.concatenate((users, pool)), np.concatenate((items, drawn)), labels


def recbole(bench):
    folder = ncf_atomic()
    candidates = split.ncf_candidates()
    import logging

    import torch
    from recbole.config import Config
    from recbole.data import create_dataset, data_preparation
    from recbole.data.interaction import Interaction
    from recbole.model.general_recommender import NeuMF
    from recbole.trainer import Trainer
    from recbole.utils import init_seed

    logging.disable(logging.WARNING)
    torch.set_num_threads(bench.threads)
    settings = {
        "data_path": str(folder.parent), "benchmark_filename": ["train", "test", "test"],
        "load_col": {"inter": ["user_id", "item_id"]},
        "mf_embedding_size": FACTORS, "mlp_embedding_size": LAYERS[0] // 2, "mlp_hidden_size": LAYERS[1:],
        "dropout_prob": 0.0, "mf_train": True, "mlp_train": True, "use_pretrain": False,
        "train_neg_sample_args": {"distribution": "uniform", "sample_num": NEGATIVES, "dynamic": False},
        "train_batch_size": BATCH, "learning_rate": RATE, "epochs": EPOCHS, "eval_step": 0, "use_gpu": False,
        "show_progress": False, "seed": 1, "checkpoint_dir": str(folder / "saved"),
    }  # fmt: skip
    config = Config(model="NeuMF", dataset=folder.name, config_dict=settings)
    init_seed(1, True)

    def load():
        dataset = create_dataset(config)
        return dataset, data_preparation(config, dataset)[0]

    dataset, train = bench.once("load", load)

    def fit():
        model = NeuMF(config, train.dataset).to(config["device"])
        trainer = Trainer(config, model)
        trainer.fit(train, verbose=False, saved=False, show_progress=False)
        # Summed over batches of 1020: 204 positives with their negatives.
        return model, trainer.train_loss_dict[EPOCHS - 1] / len(train)

    model, loss = bench.time("fit", fit)
    number = lambda field, names: torch.from_numpy(dataset.token2id(field, names.astype(str)))  # noqa: E731
    items = number("item_id", np.arange(split.SHAPE[1]))[candidates]
    users = number("user_id", np.arange(split.SHAPE[0]))[:, None].expand_as(items)
    model.eval()
    with torch.no_grad():
        scores = model.predict(Interaction({"user_id": users.reshape(-1), "item_id": items.reshape(-1)}))
    finish(bench, scores.numpy().reshape(candidates.shape), candidates, loss)


def finish(bench, scores, candidates, loss):
    bench.settings = {"factors": FACTORS, "layers": LAYERS, "negatives": NEGATIVES, "batch": BATCH, "epochs": EPOCHS}
    bench.quality = {"bce": loss, **score_candidates(scores, candidates)}


PEERS = {"pytorch": pytorch, "pytorch-fused": lambda bench: pytorch(bench, fused=True), "recbole": recbole}
