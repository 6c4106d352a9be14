"""Rating prediction from 40 similar items and a baseline: `pearson_baseline`, biases by alternating least squares."""

import split
from metrics import score_ratings

FOLDER = "ml-100k-90-10"


def surprise(bench):
    users, items, ratings = bench.once("load", lambda: split.triples("train", FOLDER))
    from pandas import DataFrame
    from surprise import Dataset, KNNBaseline, Reader

    frame = DataFrame({"user": users, "item": items, "rating": ratings.astype(float)})
    data = Dataset.load_from_df(frame, Reader(rating_scale=(1, 5))).build_full_trainset()
    settings = {"k": 40, "sim_options": {"name": "pearson_baseline", "user_based": False, "shrinkage": 100}}
    model = bench.time("fit", lambda: KNNBaseline(**settings, verbose=False).fit(data))
    bench.settings = settings
    users, items, ratings = split.triples("test", FOLDER)
    pairs = zip(users.tolist(), items.tolist())
    predicted = [model.predict(user, item, clip=False).est for user, item in pairs]
    bench.quality = score_ratings(predicted, ratings)


PEERS = {"surprise": surprise}
