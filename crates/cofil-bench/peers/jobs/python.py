"""From a data frame to evaluated lists: data in, fit, the twenty best unseen items for all users, NDCG and recall.

Everything is timed, as a notebook would do it with each library. A library without an evaluator of its own uses
`metrics.py`. The settings are those of the other jobs; `metrics.py` scores the lists of all, untimed.
"""

import numpy as np
import pandas as pd

import split
from jobs import bpr, ease, ials, item_knn
from metrics import score_lists, top_lists

K = 20
METRICS = [f"ndcg@{K}", f"recall@{K}"]


def frame(part):
    users, items, _ = split.triples(part)
    return pd.DataFrame({"user_id": users.astype(np.int64), "item_id": items.astype(np.int64)})


def compare(bench, prepare):
    """Times `prepare(bench)(train, test)`, which returns users, their lists and NDCG by the library's own evaluator."""
    train, test = bench.once("load", lambda: (frame("train"), frame("test")))
    whole = prepare(bench)
    users, lists, ndcg = bench.time("whole", lambda: whole(train, test))
    ordered = np.full((split.SHAPE[0], K), -1, np.int64)
    ordered[np.asarray(users, np.int64)] = lists
    bench.settings = {"k": K}
    bench.quality = score_lists(ordered, split.positives("test"))
    bench.reported = {f"ndcg@{K}": ndcg}


class Matrix:
    """A frame as a sparse matrix, with the ids of rows and columns: for libraries that take no ids."""

    def __init__(self, frame):
        from scipy.sparse import csr_matrix

        users, self.users = pd.factorize(frame["user_id"].to_numpy())
        items, self.items = pd.factorize(frame["item_id"].to_numpy())
        self.shape = len(self.users), len(self.items)
        self.rows = csr_matrix((np.ones(len(frame), np.float32), (users, items)), shape=self.shape)

    def other(self, frame):
        """Returns another frame in the same numbering, without its unknown users and items."""
        from scipy.sparse import csr_matrix

        users = pd.Index(self.users).get_indexer(frame["user_id"])
        items = pd.Index(self.items).get_indexer(frame["item_id"])
        known = (users >= 0) & (items >= 0)
        return csr_matrix((np.ones(known.sum(), np.float32), (users[known], items[known])), shape=self.shape)


def cofil(algorithm):
    def prepare(bench):
        import cofil

        cofil.set_threads(bench.threads)
        name, settings = algorithm

        def whole(train, test):
            ratings = cofil.Ratings(train, user="user_id", item="item_id")
            model = getattr(cofil, name)(**settings).fit(ratings)
            lists = model.recommend_all(n=K).to_arrow()
            # Without what the other libraries do not give: intervals and baselines.
            held_out = cofil.Ratings(test, user="user_id", item="item_id")
            report = model.evaluate(held_out, metrics=METRICS, resamples=0, baselines=False)
            users = lists["user"].to_numpy()[::K]
            return users, lists["item"].to_numpy().reshape(-1, K), report[METRICS[0]].value

        return whole

    return prepare


def implicit(model):
    def prepare(bench):
        from implicit.evaluation import ranking_metrics_at_k

        model(bench)  # imports the modules that `fit` needs

        def whole(train, test):
            matrix = Matrix(train)
            fitted = model(bench)
            fitted.fit(matrix.rows, show_progress=False)
            lists, _ = fitted.recommend(np.arange(matrix.shape[0]), matrix.rows, N=K)
            scores = ranking_metrics_at_k(fitted, matrix.rows, matrix.other(test), K=K, show_progress=False,
                                          num_threads=bench.threads)  # fmt: skip
            return matrix.users, matrix.items[lists], scores["ndcg"]

        return whole

    return prepare


def implicit_bpr(bench):
    from implicit.cpu.bpr import BayesianPersonalizedRanking

    return BayesianPersonalizedRanking(factors=bpr.FACTORS, num_threads=bench.threads, random_state=42, **bpr.IMPLICIT)


def implicit_knn(bench):
    from implicit.nearest_neighbours import CosineRecommender

    return CosineRecommender(K=item_knn.NEIGHBOURS, num_threads=bench.threads)


def irspack(name, **settings):
    def prepare(bench):
        import irspack

        def whole(train, test):
            matrix = Matrix(train)
            options = settings if name == "DenseSLIMRecommender" else {**settings, "n_threads": bench.threads}
            fitted = getattr(irspack, name)(matrix.rows, **options).learn()
            evaluator = irspack.Evaluator(matrix.other(test), cutoff=K, masked_interactions=matrix.rows,
                                          n_threads=bench.threads)  # fmt: skip
            lists = top_lists(fitted.get_score_block, matrix.rows, K)
            return matrix.users, matrix.items[lists], evaluator.get_score(fitted)["ndcg"]

        return whole

    return prepare


def lenskit(make):
    def prepare(bench):
        import lenskit_data

        lenskit_data.limit(bench.threads)
        from lenskit import batch
        from lenskit.data import ItemListCollection, from_interactions_df
        from lenskit.metrics import NDCG, Recall, RunAnalysis
        from lenskit.pipeline import topn_pipeline

        make()

        def whole(train, test):
            data = from_interactions_df(train)
            pipeline = topn_pipeline(make(), n=K)
            pipeline.train(data)
            lists = batch.recommend(pipeline, data.users.ids(), n_jobs=1)
            wanted = ItemListCollection.from_df(test, ["user_id"])
            scores = RunAnalysis(NDCG(K), Recall(K)).measure(lists, wanted).list_summary()["mean"]
            users = [key.user_id for key in lists.keys()]
            return users, np.stack([items.ids() for _, items in lists]), scores[f"NDCG@{K}"]

        return whole

    return prepare


def lenskit_ials():
    from lenskit.als import ImplicitMFScorer

    return ImplicitMFScorer(features=ials.FACTORS, epochs=ials.ITERATIONS, **ials.LENSKIT)


def lenskit_knn():
    from lenskit.knn import ItemKNNScorer

    return ItemKNNScorer(save_nbrs=item_knn.NEIGHBOURS, max_nbrs=item_knn.NEIGHBOURS, feedback="implicit")


def lenskit_ease():
    from lenskit.knn import EASEScorer

    return EASEScorer(regularization=ease.REG)


def rusket(name, **settings):
    """Only its ALS recommends to many users at once."""

    def prepare(bench):
        import rusket

        def whole(train, test):
            fitted = getattr(rusket, name).from_pandas(train, "user_id", "item_id", **settings).fit()
            if hasattr(fitted, "batch_recommend"):
                table = fitted.batch_recommend(K, format="pandas")
                users = table["user_id"].to_numpy().astype(np.int64)[::K]
                lists = table["item_id"].to_numpy().astype(np.int64).reshape(-1, K)
            else:
                count = train["user_id"].nunique()
                lists = np.stack([fitted.recommend_items(user, n=K)[0] for user in range(count)])
                users = np.array(fitted._user_labels, np.int64)
                lists = np.array(fitted._item_labels, np.int64)[lists]
            return users, lists, evaluated(users, lists, test)

        return whole

    return prepare


def kindling(bench):
    """An engine of its own around EASE."""
    import kindling

    def whole(train, test):
        events = train.rename(columns={"user_id": "entity_id"}).assign(timestamp=0)
        engine = kindling.Engine(ease_lambda=ease.REG, base_scorer="ease").fit(events)
        users = np.sort(train["user_id"].unique())
        lists = np.array([[one.item_id for one in found] for found in engine.recommend_batch(users, n=K)])
        return users, lists, evaluated(users, lists, test)

    return whole


def evaluated(users, lists, test):
    from scipy.sparse import csr_matrix

    ordered = np.full((split.SHAPE[0], K), -1, np.int64)
    ordered[users] = lists
    ones = np.ones(len(test), np.float32)
    return score_lists(ordered, csr_matrix((ones, (test["user_id"], test["item_id"])), shape=split.SHAPE))[METRICS[0]]


IMPLICIT_IALS = {"solver": "cg", "unobserved_weight": 1.0, "reg": 0.003}
PREPARED = {
    "python-ials": {
        "cofil": cofil(("Ials", {"factors": ials.FACTORS, "epochs": ials.ITERATIONS, **IMPLICIT_IALS})),
        "implicit": implicit(lambda bench: ials.implicit_model(True, bench.threads)),
        "irspack": irspack("IALSRecommender", n_components=ials.FACTORS, train_epochs=ials.ITERATIONS,
                           solver_type="CG", **ials.IRSPACK),  # fmt: skip
        "lenskit": lenskit(lenskit_ials),
        "rusket": rusket("ALS", factors=ials.FACTORS, iterations=ials.ITERATIONS, **ials.IMPLICIT),
    },
    "python-item-knn": {
        "cofil": cofil(("ItemKnn", {"neighbours": item_knn.NEIGHBOURS - 1, "similarity": "cosine", "keep": "history",
                                    "shrinkage": 0.0})),  # fmt: skip
        "implicit": implicit(implicit_knn),
        "irspack": irspack("CosineKNNRecommender", top_k=item_knn.NEIGHBOURS, normalize=True),
        "lenskit": lenskit(lenskit_knn),
        "rusket": rusket("ItemKNN", method="cosine", k=item_knn.NEIGHBOURS),
    },
    "python-ease": {
        "cofil": cofil(("Ease", {"reg": ease.REG})),
        "irspack": irspack("DenseSLIMRecommender", reg=ease.REG),
        "lenskit": lenskit(lenskit_ease),
        "rusket": rusket("EASE", regularization=ease.REG),
        "kindling": kindling,
    },
    "python-bpr": {
        "cofil": cofil(("Bpr", {"factors": bpr.FACTORS})),
        "implicit": implicit(implicit_bpr),
        "rusket": rusket("BPR", factors=bpr.FACTORS, learning_rate=0.05, regularization=0.01, iterations=100),
    },
}


PEERS = {job: {name: lambda bench, prepare=prepare: compare(bench, prepare) for name, prepare in peers.items()}
         for job, peers in PREPARED.items()}  # fmt: skip
