"""Item-based nearest neighbours, cosine, 100 neighbours per item, every rating a positive of weight 1."""

import split
from metrics import score_weights

NEIGHBOURS = 100


def implicit(bench):
    train = bench.once("load", lambda: split.positives("train"))
    from implicit.nearest_neighbours import CosineRecommender

    def fit():
        model = CosineRecommender(K=NEIGHBOURS, num_threads=bench.threads)
        model.fit(train, show_progress=False)
        return model

    finish(bench, bench.time("fit", fit).similarity, train)


def irspack(bench):
    train = bench.once("load", lambda: split.positives("train"))
    from irspack import CosineKNNRecommender

    def fit():
        return CosineKNNRecommender(train, top_k=NEIGHBOURS, normalize=True, n_threads=bench.threads).learn()

    finish(bench, bench.time("fit", fit).W, train)


def lenskit(bench):
    from lenskit_data import dataset

    train = split.positives("train")
    data = bench.once("load", lambda: dataset(bench.threads))
    from lenskit.knn import ItemKNNScorer
    from scipy.sparse import coo_matrix

    def fit():
        scorer = ItemKNNScorer(save_nbrs=NEIGHBOURS, feedback="implicit")
        scorer.train(data)
        return scorer

    scorer = bench.time("fit", fit)
    # Scored like the others; its default uses 20 neighbours.
    near = scorer.sim_matrix.to_scipy().tocoo()
    ids = scorer.items.ids()
    weights = coo_matrix((near.data, (ids[near.row], ids[near.col])), shape=(train.shape[1],) * 2)
    finish(bench, weights, train)


def finish(bench, weights, train):
    """Quality with the peer's weights and with the transposed weights, because pruning by row and by column differ."""
    bench.settings = {"neighbours": NEIGHBOURS}
    test = split.positives("test")
    weights = weights.tocsr()
    bench.quality = score_weights(weights, train, test)
    transposed = score_weights(weights.T.tocsr(), train, test)
    bench.quality.update({f"transposed_{name}": value for name, value in transposed.items()})


PEERS = {"implicit": implicit, "irspack": irspack, "lenskit": lenskit}
