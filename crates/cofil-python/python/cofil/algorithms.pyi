# Made by scripts/python_stubs.py from the schemas of the library.

from typing import Any, Literal

from cofil._algorithms import Algorithm as Algorithm

__all__ = [
    "Algorithm",
    "Popularity",
    "Baseline",
    "BiasedMf",
    "Als",
    "Ials",
    "Bpr",
    "Warp",
    "LogisticMf",
    "SvdPlusPlus",
    "Svd",
    "Ease",
    "ItemKnn",
    "UserKnn",
    "KnnBaseline",
    "Slim",
    "Rp3beta",
    "P3alpha",
    "GraphFilter",
    "AutorecItem",
    "AutorecUser",
    "Gmf",
    "Mlp",
    "Neumf",
    "Blend",
]

class Popularity(Algorithm):
    """Most popular items, the same for all users.

    Settings:
        half_life: Days after which an interaction counts half, > 0, measured from the latest in the data; needs
            times. Outlying times count as the latest of the others. Not set: all interactions count the same.
        seed: Random seed. Equal data, settings and seed give equal bytes.
    """

    def __init__(
        self,
        *,
        half_life: float | None = None,
        seed: int = 0,
    ) -> None: ...
    half_life: float | None

class Baseline(Algorithm):
    """User and item biases alone.

    Settings:
        epochs: Number of alternating updates of item and user biases, ≥ 1; 10 as in Surprise.
        reg_item: Shrinkage of item biases, ≥ 0; 10 as in Surprise.
        reg_user: Shrinkage of user biases, ≥ 0: the number of ratings at which a bias is halved. 15 as in Surprise.
        seed: Random seed. Equal data, settings and seed give equal bytes.
    """

    def __init__(
        self,
        *,
        epochs: int = 10,
        reg_item: float = 10.0,
        reg_user: float = 15.0,
        seed: int = 0,
    ) -> None: ...
    epochs: int
    reg_item: float
    reg_user: float

class BiasedMf(Algorithm):
    """Matrix factorization with biases, by stochastic gradient descent.

    Settings:
        batch: Values per step. `per-sample` with `sgd` is by far the fastest.
        batch_size: Values per step of `mini-batch`, ≥ 1; other kinds of batch ignore it.
        biases: Whether users and items have biases.
        decay: Factor applied to η after every epoch, in (0, 1]; 1 keeps η constant.
        epochs: Number of passes over the data, ≥ 1.
        factors: k, length of the user and item vectors, ≥ 1. Longer vectors fit finer tastes but need more data.
        init: Distribution of the initial vectors: `normal` N(0, init_scale²), `uniform` U(0, init_scale), which keeps
            predictions positive from the start, or `symmetric` U(−init_scale, init_scale).
        init_scale: Standard deviation of the initial vectors, > 0; user vectors start at 0 if negatives are sampled.
        learning_rate: η, learning rate, > 0. Training diverges if it is too large.
        link: Link from inner product to prediction: `linear` learns by squared error, `sigmoid` by cross-entropy.
        momentum: β of `optimizer` = `momentum`, the share of its velocity that a step keeps, in [0, 1): v ← β v +
            gradient, a step of −η v. Authors who write v ← β v + (1 − β) gradient have an η of 1 / (1 − β) times this
            one.
        offset: Source of the offset μ.
        optimizer: Optimizer that turns gradients into steps.
        reg: λ, L2 penalty per step on the vectors updated in it, ≥ 0. Larger values give smoother predictions.
            Default from the data: 0.07 v, or 0.15 v if the residuals of user and item biases show no structure, where
                v is their variance in units of the scale; from 0.01 to 0.2.
        seed: Random seed. Equal data, settings and seed give equal bytes.

    Presets:
        tutorial: Matrix factorization tutorial: SGD, one value at a time, linear output, learned offset.
        tutorial-sigmoid: The same with sigmoid output and cross-entropy, for 1000 epochs.
        tutorial-adam: The same by Adam on batches of four values, linear output; `link=sigmoid` for the other output.
        tutorial-anime: Tutorial on the anime ratings: full-batch gradient descent with momentum, vectors from U(0,
            11/K), no biases.
    """

    def __init__(
        self,
        *,
        batch: Literal["per-sample", "mini-batch", "full"] = "per-sample",
        batch_size: int = 1024,
        biases: bool = True,
        decay: float = 0.75,
        epochs: int = 12,
        factors: int = 64,
        init: Literal["normal", "uniform", "symmetric"] = "normal",
        init_scale: float = 0.03,
        learning_rate: float = 0.05,
        link: Literal["linear", "sigmoid"] = "linear",
        momentum: float = 0.9,
        offset: Literal["mean", "learned", "none"] = "mean",
        optimizer: Literal["sgd", "momentum", "adam"] = "sgd",
        reg: float | None = None,
        seed: int = 0,
    ) -> None: ...
    batch: Literal["per-sample", "mini-batch", "full"]
    batch_size: int
    biases: bool
    decay: float
    epochs: int
    factors: int
    init: Literal["normal", "uniform", "symmetric"]
    init_scale: float
    learning_rate: float
    link: Literal["linear", "sigmoid"]
    momentum: float
    offset: Literal["mean", "learned", "none"]
    optimizer: Literal["sgd", "momentum", "adam"]
    reg: float

class Als(Algorithm):
    """Matrix factorization of ratings, by alternating least squares.

    Settings:
        cg_steps: Number of `cg` steps per solution, ≥ 1.
        epochs: Number of passes over the data, ≥ 1.
        factors: k, length of the user and item vectors, ≥ 1. Longer vectors fit finer tastes but need more data.
        init_scale: Standard deviation of the initial vectors' lengths, ≥ 0: entries are N(0, init_scale² / k).
        reg: λ, L2 penalty on vectors and biases, ≥ 0.
            Default from the data: 0.12 v, or 0.3 v if the residuals of user and item biases show no structure, where
                v is their variance in units of the scale; from 0.01 to 0.5.
        reg_exponent: ν, growth of the penalty with the number of interactions, ≥ 0: 0 constant, 1 proportional.
        solver: `cholesky` (exact) or `cg` (conjugate gradients).
        seed: Random seed. Equal data, settings and seed give equal bytes.
    """

    def __init__(
        self,
        *,
        cg_steps: int = 3,
        epochs: int = 20,
        factors: int = 32,
        init_scale: float = 0.1,
        reg: float | None = None,
        reg_exponent: float = 1.0,
        solver: Literal["cholesky", "cg"] = "cholesky",
        seed: int = 0,
    ) -> None: ...
    cg_steps: int
    epochs: int
    factors: int
    init_scale: float
    reg: float
    reg_exponent: float
    solver: Literal["cholesky", "cg"]

class Ials(Algorithm):
    """Matrix factorization of interactions, by weighted alternating least squares over all pairs.

    Settings:
        alpha: Confidence per unit of value, ≥ 0: an interaction of value v weighs 1 + alpha · |v|. At 0 all count the
            same. The α of Hu, Koren and Volinsky is alpha / unobserved_weight.
        cg_steps: Number of `cg` steps per solution, ≥ 1.
        epochs: Number of passes over the data, ≥ 1.
        factors: k, length of the user and item vectors, ≥ 1. Longer vectors fit finer tastes but need more data.
        init_scale: Standard deviation of the initial vectors' lengths, ≥ 0: entries are N(0, init_scale² / k).
        reg: λ, L2 penalty on vectors, ≥ 0; tune together with `unobserved_weight`. The default pair is a compromise
            between data sets (docs/tuning.md).
            Default from the data: the largest of 0.003, min(0.01, 0.46 / ∛n) and min(0.02, 2.2 / (h + w m)), where n
                is the number of interactions, m of items, h of interactions per user, and w the weight of unobserved
                entries.
        reg_exponent: ν, growth of the penalty with the number of interactions, ≥ 0: 0 constant, 1 proportional.
        solver: `cholesky` (exact) or `cg` (conjugate gradients).
        unobserved_weight: α₀, weight of "no interaction", ≥ 0, where an interaction weighs 1. Use larger values for
            dense data; see `reg`.
            Default from the data: 5 d^0.75, where d is the density (share of pairs that occur); from 0.005 to 1.
        seed: Random seed. Equal data, settings and seed give equal bytes.
    """

    def __init__(
        self,
        *,
        alpha: float = 0.0,
        cg_steps: int = 3,
        epochs: int = 16,
        factors: int = 64,
        init_scale: float = 0.1,
        reg: float | None = None,
        reg_exponent: float = 1.0,
        solver: Literal["cholesky", "cg"] = "cholesky",
        unobserved_weight: float | None = None,
        seed: int = 0,
    ) -> None: ...
    alpha: float
    cg_steps: int
    epochs: int
    factors: int
    init_scale: float
    reg: float
    reg_exponent: float
    solver: Literal["cholesky", "cg"]
    unobserved_weight: float

class Bpr(Algorithm):
    """Matrix factorization trained on pairs: items the user has against items the user does not have.

    Settings:
        biases: Whether items have biases, and users too if the loss needs them.
        decay: Factor applied to η after every epoch, in (0, 1]; 1 keeps η constant.
        epochs: Number of passes over the data, ≥ 1.
        factors: k, length of the user and item vectors, ≥ 1. Longer vectors fit finer tastes but need more data.
        init_scale: Standard deviation of the initial vectors, > 0; user vectors start at 0 if negatives are sampled.
        learning_rate: η, learning rate, > 0. Training diverges if it is too large.
        reg: λ, L2 penalty per step on the vectors updated in it, ≥ 0. Larger values give smoother predictions.
        sampler_exponent: β, popularity exponent for sampling negatives, 0 to 4: 0 samples uniformly, as in the paper;
            larger values make popular items harder to recommend.
            Default from the data: 0.5; 0 if more than 3 % of all user–item pairs occur.
        seed: Random seed. Equal data, settings and seed give equal bytes.
    """

    def __init__(
        self,
        *,
        biases: bool = True,
        decay: float = 0.98,
        epochs: int = 60,
        factors: int = 64,
        init_scale: float = 0.1,
        learning_rate: float = 0.05,
        reg: float = 0.005,
        sampler_exponent: float | None = None,
        seed: int = 0,
    ) -> None: ...
    biases: bool
    decay: float
    epochs: int
    factors: int
    init_scale: float
    learning_rate: float
    reg: float
    sampler_exponent: float

class Warp(Algorithm):
    """Matrix factorization trained on pairs, against items that rank too high.

    Settings:
        biases: Whether items have biases, and users too if the loss needs them.
        decay: Factor applied to η after every epoch, in (0, 1]; 1 keeps η constant.
        epochs: Number of passes over the data, ≥ 1.
        factors: k, length of the user and item vectors, ≥ 1. Longer vectors fit finer tastes but need more data.
        init_scale: Standard deviation of the initial vectors, > 0; user vectors start at 0 if negatives are sampled.
        learning_rate: η, learning rate, > 0. Training diverges if it is too large.
        max_sampled: Maximum number of samples in search of a violation, ≥ 1. More improve the top of good lists but
            take longer.
        reg: λ, L2 penalty per step on the vectors updated in it, ≥ 0. Larger values give smoother predictions.
        sampler_exponent: β, popularity exponent for sampling negatives, 0 to 4: 0 samples uniformly, as in the paper;
            larger values make popular items harder to recommend.
        seed: Random seed. Equal data, settings and seed give equal bytes.
    """

    def __init__(
        self,
        *,
        biases: bool = True,
        decay: float = 0.9,
        epochs: int = 20,
        factors: int = 64,
        init_scale: float = 0.1,
        learning_rate: float = 0.004,
        max_sampled: int = 30,
        reg: float = 0.15,
        sampler_exponent: float = 0.0,
        seed: int = 0,
    ) -> None: ...
    biases: bool
    decay: float
    epochs: int
    factors: int
    init_scale: float
    learning_rate: float
    max_sampled: int
    reg: float
    sampler_exponent: float

class LogisticMf(Algorithm):
    """Matrix factorization trained to tell interactions from sampled negatives, by logistic regression.

    Settings:
        biases: Whether items have biases, and users too if the loss needs them.
        decay: Factor applied to η after every epoch, in (0, 1]; 1 keeps η constant.
        epochs: Number of passes over the data, ≥ 1.
        factors: k, length of the user and item vectors, ≥ 1. Longer vectors fit finer tastes but need more data.
        init_scale: Standard deviation of the initial vectors, > 0; user vectors start at 0 if negatives are sampled.
        learning_rate: η, learning rate, > 0. Training diverges if it is too large.
        negatives: Number of negatives sampled per interaction, 1 to 1,000. More separate items better but make epochs
            slower.
        reg: λ, L2 penalty per step on the vectors updated in it, ≥ 0. Larger values give smoother predictions.
        sampler_exponent: β, popularity exponent for sampling negatives, 0 to 4: 0 samples uniformly, as in the paper;
            larger values make popular items harder to recommend.
        seed: Random seed. Equal data, settings and seed give equal bytes.
    """

    def __init__(
        self,
        *,
        biases: bool = True,
        decay: float = 0.97,
        epochs: int = 30,
        factors: int = 64,
        init_scale: float = 0.1,
        learning_rate: float = 0.03,
        negatives: int = 8,
        reg: float = 0.002,
        sampler_exponent: float = 0.0,
        seed: int = 0,
    ) -> None: ...
    biases: bool
    decay: float
    epochs: int
    factors: int
    init_scale: float
    learning_rate: float
    negatives: int
    reg: float
    sampler_exponent: float

class SvdPlusPlus(Algorithm):
    """Matrix factorization that also uses which items a user rated.

    Settings:
        decay: Factor applied to η after every epoch, in (0, 1]; 1 keeps η constant.
        epochs: Number of passes over the data, ≥ 1.
        factors: k, length of the user and item vectors, ≥ 1. Longer vectors fit finer tastes but need more data.
        init_scale: Standard deviation of the initial vectors, > 0; user vectors start at 0 if negatives are sampled.
        learning_rate: η, learning rate, > 0. Training diverges if it is too large.
        reg: λ, L2 penalty per step on the vectors updated in it, ≥ 0. Larger values give smoother predictions.
            Default from the data: 0.085 v, or 0.15 v if the residuals of user and item biases show no structure,
                where v is their variance in units of the scale; from 0.01 to 0.2.
        seed: Random seed. Equal data, settings and seed give equal bytes.
    """

    def __init__(
        self,
        *,
        decay: float = 0.85,
        epochs: int = 25,
        factors: int = 32,
        init_scale: float = 0.1,
        learning_rate: float = 0.02,
        reg: float | None = None,
        seed: int = 0,
    ) -> None: ...
    decay: float
    epochs: int
    factors: int
    init_scale: float
    learning_rate: float
    reg: float

class Svd(Algorithm):
    """Truncated singular value decomposition of the filled-in matrix.

    Settings:
        constant: Value for `impute` = `constant`. Not set: the midpoint of the smallest and the largest rating, or
            half the rating if all are equal.
        factors: k, rank of the decomposition, ≥ 1 and at most the smaller of the numbers of users and items.
        impute: Value that replaces missing ratings: `constant`, `item-mean`, `user-item-mean` or `zero`.
        oversampling: Columns of the random basis beyond k, ≥ 0; Halko et al. advise 5 to 10.
        power_iterations: Power iterations that sharpen the basis, ≥ 0: use more if singular values fall slowly. Data
            with a side of at most 128 are always decomposed exactly.
        seed: Random seed. Equal data, settings and seed give equal bytes.

    Presets:
        tutorial: Matrix factorization tutorial: rank 2, unknown entries 0.5.
    """

    def __init__(
        self,
        *,
        constant: float | None = None,
        factors: int = 16,
        impute: Literal["constant", "item-mean", "user-item-mean", "zero"] = "constant",
        oversampling: int = 10,
        power_iterations: int = 5,
        seed: int = 0,
    ) -> None: ...
    constant: float | None
    factors: int
    impute: Literal["constant", "item-mean", "user-item-mean", "zero"]
    oversampling: int
    power_iterations: int

class Ease(Algorithm):
    """Item-to-item weights in closed form.

    Settings:
        dropout: p, share of the entries dropped, from 0 to below 1. Weights rely less on popular items.
        item_exponent: γ, from −1 to 1: the penalty of the weights from an item with n interactions is in proportion
            to n^γ.
        max_items: Maximum number of items; more are refused, and so are items that need more memory than is free.
            Memory grows with the square of their number (4.4 bytes per pair: 11 GB at 50,000), time with the cube.
        neighbours: m, number of items that an item gets weights from: the most similar ones. 0: all, which needs
            memory for the weights between all items.
            Default from the data: 0 (all) up to 20,000 items, 200 beyond.
        reg: λ, L2 penalty on item-to-item weights, > 0. Larger values give smoother, more popular recommendations.
            The best value grows with the interactions per item: of 20, 50, 100, 200, 300, 500 and 1000, NDCG@20 is
            highest at 20 on the dependencies of Debian packages (0.654; 0.603 at the default), 100 on anime (0.473;
            0.472), 200 on FilmTrust, 300 on MovieLens-100K (0.357; 0.355) and 1000 on MovieLens-1M (0.338; 0.327).
            The default loses least over all five. The paper's best value on MovieLens-20M is 500.
            Default from the data: 4 m, from 10 to 1000, where m is the geometric mean of interactions per user and
                per item.
        user_exponent: β, from 0 to 1: users with n interactions count n^−β. With 0 each interaction counts the same,
            with 1 each user.
        seed: Random seed. Equal data, settings and seed give equal bytes.
    """

    def __init__(
        self,
        *,
        dropout: float = 0.0,
        item_exponent: float = 0.0,
        max_items: int = 50000,
        neighbours: int | None = None,
        reg: float | None = None,
        user_exponent: float = 0.0,
        seed: int = 0,
    ) -> None: ...
    dropout: float
    item_exponent: float
    max_items: int
    neighbours: int
    reg: float
    user_exponent: float

class ItemKnn(Algorithm):
    """Nearest neighbours between items.

    Settings:
        b: BM25's b, 0 to 1: penalty on items (users) with many interactions; 0.75 is the textbook value.
        k1: BM25's k1, ≥ 0: how soon larger values stop adding weight; 1.2 is the textbook value.
        keep: Which item's list of nearest neighbours is used.
        neighbours: Number of most similar items (users) that count, ≥ 1.
        shrinkage: Number of common users (items) at which a similarity counts half, ≥ 0; damps similarities that
            arise by chance.
            Default from the data: 10; 0 if more than 3 % of all user–item pairs occur.
        similarity: Similarity measure. `pearson` is meant for ratings.
        weighting: Weighting of values before similarities are computed (`cosine` and `dot` only).
        seed: Random seed. Equal data, settings and seed give equal bytes.
    """

    def __init__(
        self,
        *,
        b: float = 0.75,
        k1: float = 1.2,
        keep: Literal["candidate", "history"] = "candidate",
        neighbours: int = 100,
        shrinkage: float | None = None,
        similarity: Literal["cosine", "dot", "jaccard", "pearson"] = "cosine",
        weighting: Literal["none", "tf-idf", "bm25"] = "none",
        seed: int = 0,
    ) -> None: ...
    b: float
    k1: float
    keep: Literal["candidate", "history"]
    neighbours: int
    shrinkage: float
    similarity: Literal["cosine", "dot", "jaccard", "pearson"]
    weighting: Literal["none", "tf-idf", "bm25"]

class UserKnn(Algorithm):
    """Nearest neighbours between users.

    Settings:
        b: BM25's b, 0 to 1: penalty on items (users) with many interactions; 0.75 is the textbook value.
        k1: BM25's k1, ≥ 0: how soon larger values stop adding weight; 1.2 is the textbook value.
        neighbours: Number of most similar items (users) that count, ≥ 1.
        shrinkage: Number of common users (items) at which a similarity counts half, ≥ 0; damps similarities that
            arise by chance.
        similarity: Similarity measure. `pearson` is meant for ratings.
        weighting: Weighting of values before similarities are computed (`cosine` and `dot` only).
        seed: Random seed. Equal data, settings and seed give equal bytes.
    """

    def __init__(
        self,
        *,
        b: float = 0.75,
        k1: float = 1.2,
        neighbours: int = 100,
        shrinkage: float = 0.0,
        similarity: Literal["cosine", "dot", "jaccard", "pearson"] = "cosine",
        weighting: Literal["none", "tf-idf", "bm25"] = "none",
        seed: int = 0,
    ) -> None: ...
    b: float
    k1: float
    neighbours: int
    shrinkage: float
    similarity: Literal["cosine", "dot", "jaccard", "pearson"]
    weighting: Literal["none", "tf-idf", "bm25"]

class KnnBaseline(Algorithm):
    """Ratings by nearest neighbours, relative to a baseline of biases.

    Settings:
        epochs: Number of alternating updates of item and user biases, ≥ 1; 10 as in Surprise.
        neighbours: k, number of neighbours averaged, ≥ 1; 40 as in Surprise.
        neighbours_of: Neighbours are similar `items` or similar `users`.
        reg_item: Shrinkage of item biases, ≥ 0; 10 as in Surprise.
        reg_user: Shrinkage of user biases, ≥ 0; 15 as in Surprise.
        remembered: Similar items kept per item, ≥ 1; those in the user's history vote. Takes 8 bytes × items × this.
            Unused with `users`.
        shrinkage: Common users (items), minus one, at which a similarity counts half, ≥ 0; 100 as in Surprise and
            Koren.
        seed: Random seed. Equal data, settings and seed give equal bytes.
    """

    def __init__(
        self,
        *,
        epochs: int = 10,
        neighbours: int = 40,
        neighbours_of: Literal["items", "users"] = "items",
        reg_item: float = 10.0,
        reg_user: float = 15.0,
        remembered: int = 1000,
        shrinkage: float = 100.0,
        seed: int = 0,
    ) -> None: ...
    epochs: int
    neighbours: int
    neighbours_of: Literal["items", "users"]
    reg_item: float
    reg_user: float
    remembered: int
    shrinkage: float

class Slim(Algorithm):
    """Sparse item-to-item weights, by one elastic-net regression per item.

    Settings:
        l1: λ₁, L1 penalty, ≥ 0. Larger values give fewer weights.
            Default from the data: 1/80 of the mean interactions per item, from 0.2 to 3.
        l2: λ₂, L2 penalty, > 0. Larger values give smoother predictions.
            Default from the data: 1.25 × the mean interactions per item, from 20 to 300.
        max_memory: Memory limit for item–item products in GB, > 0; data that may need more, or more than is free, is
            refused. They take 4 bytes per pair of items, or 8 per pair of interactions of a user if that is less (up
            to twice as much during computation).
        non_negative: Whether weights must be ≥ 0, as in the paper.
        tolerance: Stopping tolerance: descent ends when no weight changes by more, > 0.
        seed: Random seed. Equal data, settings and seed give equal bytes.
    """

    def __init__(
        self,
        *,
        l1: float | None = None,
        l2: float | None = None,
        max_memory: float = 10.0,
        non_negative: bool = True,
        tolerance: float = 0.0001,
        seed: int = 0,
    ) -> None: ...
    l1: float
    l2: float
    max_memory: float
    non_negative: bool
    tolerance: float

class Rp3beta(Algorithm):
    """Random walks from item to user to item, with a popularity penalty.

    Settings:
        alpha: α, exponent of the transition probabilities, ≥ 0.
        beta: β, popularity penalty, ≥ 0; 0 is `p3alpha`.
        keep: Which item's list of nearest neighbours is used.
        neighbours: Number of neighbours kept per item, ≥ 1.
        seed: Random seed. Equal data, settings and seed give equal bytes.
    """

    def __init__(
        self,
        *,
        alpha: float = 1.0,
        beta: float = 0.3,
        keep: Literal["candidate", "history"] = "candidate",
        neighbours: int = 200,
        seed: int = 0,
    ) -> None: ...
    alpha: float
    beta: float
    keep: Literal["candidate", "history"]
    neighbours: int

class P3alpha(Algorithm):
    """Random walks from item to user to item.

    Settings:
        alpha: α, exponent of the transition probabilities, ≥ 0.
        keep: Which item's list of nearest neighbours is used.
        neighbours: Number of neighbours kept per item, ≥ 1.
        seed: Random seed. Equal data, settings and seed give equal bytes.
    """

    def __init__(
        self,
        *,
        alpha: float = 1.0,
        keep: Literal["candidate", "history"] = "candidate",
        neighbours: int = 200,
        seed: int = 0,
    ) -> None: ...
    alpha: float
    keep: Literal["candidate", "history"]
    neighbours: int

class GraphFilter(Algorithm):
    """Filters on the graph of users and items, without training.

    Settings:
        factors: k, number of singular vectors of the low-rank term, ≥ 1; at most the smaller of the numbers of users
            and items are used.
        item_exponent: b, exponent of an item's degree, from 0 to 1. Larger values recommend rarer items.
        low_rank: w, weight of the low-rank term, ≥ 0; 0 leaves it out.
        power_iterations: Power iterations of the decomposition, ≥ 0.
        sharpening: t, how far scores are sharpened, from 0 (not at all) to 2.7. Larger values favour items whose
            neighbours are few.
        user_exponent: a, exponent of a user's degree, from 0 to 1. Larger values give less weight to users with many
            items.
        seed: Random seed. Equal data, settings and seed give equal bytes.
    """

    def __init__(
        self,
        *,
        factors: int = 256,
        item_exponent: float = 0.5,
        low_rank: float = 0.3,
        power_iterations: int = 3,
        sharpening: float = 1.0,
        user_exponent: float = 0.5,
        seed: int = 0,
    ) -> None: ...
    factors: int
    item_exponent: float
    low_rank: float
    power_iterations: int
    sharpening: float
    user_exponent: float

class AutorecItem(Algorithm):
    """Autoencoder of item rows.

    Settings:
        batch_size: Samples per step including negatives, ≥ 1; for `autorec`, rows (items or users).
        centre: Value subtracted from ratings before encoding and added to predictions.
        clip: Whether predictions are clipped to the range of ratings in the data. Off, so that top items are not
            tied; evaluation clips errors anyway.
        decay: Factor applied to η after every epoch (`exponential`), or its smallest share (`cosine`); in (0, 1].
        decoder: f, activation of the decoder. Bounded ones span the scale of the data.
        dropout: Dropout rate of the inputs, in [0, 1); the rest are scaled up.
        encoder: g, activation of the encoder.
        epochs: Number of passes over the data, ≥ 1.
        hidden: Units of the hidden layer, ≥ 1; 500 in the paper.
        init_scale: Standard deviation of the initial weights, > 0.
        input_exponent: Exponent x of the factor (mean n / n)^x on the inputs of a row with n entries, in [0, 1]. With
            0, as in the paper, rows with many entries saturate the hidden units, and the error on MovieLens-1M is
            .006 higher.
        learning_rate: η, learning rate, > 0.
        momentum: β of `optimizer` = `momentum`, the share of its velocity that a step keeps, in [0, 1): v ← β v +
            gradient, a step of −η v.
        negatives: Unobserved entries per observed one, with target 0. At 0, ratings are predicted; above, all entries
            count as 1 and items are ranked.
        optimizer: Optimizer that turns gradients into steps.
        period: Epochs per cycle of the `cosine` schedule, ≥ 1; other schedules ignore it.
        reg: λ, L2 penalty on both weight matrices, ≥ 0. Larger values give smoother predictions. The defaults (200
            for items, 250 for users) and those of the other settings predict MovieLens-1M best.
        reg_exponent: Exponent x of the penalty λ (n / mean n)^x of a column with n entries, in [0, 1]: 0 is the
            paper's even penalty, 1 the same per entry.
        schedule: Schedule of η over the epochs.
        seed: Random seed. Equal data, settings and seed give equal bytes.

    Presets:
        tutorial: Textbook chapter on MovieLens-100K: ratings as they are, 25 epochs of Adam at a constant rate.
    """

    def __init__(
        self,
        *,
        batch_size: int = 512,
        centre: Literal["middle", "mean", "none"] = "middle",
        clip: bool = False,
        decay: float = 0.02,
        decoder: Literal["identity", "sigmoid", "relu", "tanh", "selu"] = "identity",
        dropout: float = 0.6,
        encoder: Literal["identity", "sigmoid", "relu", "tanh", "selu"] = "sigmoid",
        epochs: int = 50,
        hidden: int = 500,
        init_scale: float = 0.03,
        input_exponent: float = 0.5,
        learning_rate: float = 0.004,
        momentum: float = 0.9,
        negatives: int = 0,
        optimizer: Literal["sgd", "momentum", "adam"] = "adam",
        period: int = 50,
        reg: float = 200.0,
        reg_exponent: float = 0.5,
        schedule: Literal["constant", "exponential", "cosine"] = "cosine",
        seed: int = 0,
    ) -> None: ...
    batch_size: int
    centre: Literal["middle", "mean", "none"]
    clip: bool
    decay: float
    decoder: Literal["identity", "sigmoid", "relu", "tanh", "selu"]
    dropout: float
    encoder: Literal["identity", "sigmoid", "relu", "tanh", "selu"]
    epochs: int
    hidden: int
    init_scale: float
    input_exponent: float
    learning_rate: float
    momentum: float
    negatives: int
    optimizer: Literal["sgd", "momentum", "adam"]
    period: int
    reg: float
    reg_exponent: float
    schedule: Literal["constant", "exponential", "cosine"]

class AutorecUser(Algorithm):
    """Autoencoder of user rows.

    Settings:
        batch_size: Samples per step including negatives, ≥ 1; for `autorec`, rows (items or users).
        centre: Value subtracted from ratings before encoding and added to predictions.
        clip: Whether predictions are clipped to the range of ratings in the data. Off, so that top items are not
            tied; evaluation clips errors anyway.
        decay: Factor applied to η after every epoch (`exponential`), or its smallest share (`cosine`); in (0, 1].
        decoder: f, activation of the decoder. Bounded ones span the scale of the data.
        dropout: Dropout rate of the inputs, in [0, 1); the rest are scaled up.
        encoder: g, activation of the encoder.
        epochs: Number of passes over the data, ≥ 1.
        hidden: Units of the hidden layer, ≥ 1; 500 in the paper.
        init_scale: Standard deviation of the initial weights, > 0.
        input_exponent: Exponent x of the factor (mean n / n)^x on the inputs of a row with n entries, in [0, 1]. With
            0, as in the paper, rows with many entries saturate the hidden units, and the error on MovieLens-1M is
            .006 higher.
        learning_rate: η, learning rate, > 0.
        momentum: β of `optimizer` = `momentum`, the share of its velocity that a step keeps, in [0, 1): v ← β v +
            gradient, a step of −η v.
        negatives: Unobserved entries per observed one, with target 0. At 0, ratings are predicted; above, all entries
            count as 1 and items are ranked.
        optimizer: Optimizer that turns gradients into steps.
        period: Epochs per cycle of the `cosine` schedule, ≥ 1; other schedules ignore it.
        reg: λ, L2 penalty on both weight matrices, ≥ 0. Larger values give smoother predictions. The defaults (200
            for items, 250 for users) and those of the other settings predict MovieLens-1M best.
        reg_exponent: Exponent x of the penalty λ (n / mean n)^x of a column with n entries, in [0, 1]: 0 is the
            paper's even penalty, 1 the same per entry.
        schedule: Schedule of η over the epochs.
        seed: Random seed. Equal data, settings and seed give equal bytes.
    """

    def __init__(
        self,
        *,
        batch_size: int = 512,
        centre: Literal["middle", "mean", "none"] = "middle",
        clip: bool = False,
        decay: float = 0.02,
        decoder: Literal["identity", "sigmoid", "relu", "tanh", "selu"] = "identity",
        dropout: float = 0.6,
        encoder: Literal["identity", "sigmoid", "relu", "tanh", "selu"] = "sigmoid",
        epochs: int = 50,
        hidden: int = 500,
        init_scale: float = 0.03,
        input_exponent: float = 0.5,
        learning_rate: float = 0.004,
        momentum: float = 0.9,
        negatives: int = 0,
        optimizer: Literal["sgd", "momentum", "adam"] = "adam",
        period: int = 50,
        reg: float = 250.0,
        reg_exponent: float = 0.5,
        schedule: Literal["constant", "exponential", "cosine"] = "cosine",
        seed: int = 0,
    ) -> None: ...
    batch_size: int
    centre: Literal["middle", "mean", "none"]
    clip: bool
    decay: float
    decoder: Literal["identity", "sigmoid", "relu", "tanh", "selu"]
    dropout: float
    encoder: Literal["identity", "sigmoid", "relu", "tanh", "selu"]
    epochs: int
    hidden: int
    init_scale: float
    input_exponent: float
    learning_rate: float
    momentum: float
    negatives: int
    optimizer: Literal["sgd", "momentum", "adam"]
    period: int
    reg: float
    reg_exponent: float
    schedule: Literal["constant", "exponential", "cosine"]

class Gmf(Algorithm):
    """Generalized matrix factorization: products of embeddings, trained with sampled negatives.

    Settings:
        batch_size: Samples per step including negatives, ≥ 1; for `autorec`, rows (items or users).
        decay: Factor applied to η after every epoch (`exponential`), or its smallest share (`cosine`); in (0, 1].
        epochs: Number of passes over the data, ≥ 1.
        factors: Length of the embeddings, ≥ 1.
        init_scale: Standard deviation of the initial weights, > 0.
        learning_rate: η, learning rate, > 0.
        link: Link from score to value for `squared`; other losses ignore it.
        loss: Loss to minimise: `bce`, `bpr`, `softmax` and `full-softmax` need interactions that all count the same,
            `squared` learns values. `full-softmax` scores all items for every interaction, so it is for small
            catalogues; `softmax` estimates it from negatives.
        momentum: β of `optimizer` = `momentum`, the share of its velocity that a step keeps, in [0, 1): v ← β v +
            gradient, a step of −η v.
        negatives: Negatives per interaction, ≥ 1 and fewer than the number of items; `squared` ignores it, and `full-
            softmax` uses it only to estimate the vectors of new users.
        optimizer: Optimizer that turns gradients into steps.
        output: Weights of the product: `learned` or `ones`.
        period: Epochs per cycle of the `cosine` schedule, ≥ 1; other schedules ignore it.
        reg: λ, L2 penalty on the embeddings of each sample, ≥ 0; layers have none.
        sampler: Sampling of negatives; `squared` and `full-softmax` ignore it.
        sampler_exponent: Popularity exponent for `sampler` = `popularity`, 0 to 4; other samplers ignore it.
        schedule: Schedule of η over the epochs.
        weight_decay: Share of η by which embeddings and weights shrink at each step that touches them (AdamW), ≥ 0.
        seed: Random seed. Equal data, settings and seed give equal bytes.

    Presets:
        ncf: Reaches the figures of the paper (He et al., WWW 2017) on its split of MovieLens-1M.
    """

    def __init__(
        self,
        *,
        batch_size: int = 1024,
        decay: float = 0.9,
        epochs: int = 20,
        factors: int = 32,
        init_scale: float = 0.05,
        learning_rate: float = 0.001,
        link: Literal["linear", "sigmoid"] = "linear",
        loss: Literal["bce", "bpr", "softmax", "full-softmax", "squared"] = "bce",
        momentum: float = 0.9,
        negatives: int = 4,
        optimizer: Literal["sgd", "momentum", "adam"] = "adam",
        output: Literal["learned", "ones"] = "learned",
        period: int = 10,
        reg: float = 0.0,
        sampler: Literal["uniform", "popularity", "in-batch"] = "uniform",
        sampler_exponent: float = 0.75,
        schedule: Literal["constant", "exponential", "cosine"] = "constant",
        weight_decay: float = 0.0,
        seed: int = 0,
    ) -> None: ...
    batch_size: int
    decay: float
    epochs: int
    factors: int
    init_scale: float
    learning_rate: float
    link: Literal["linear", "sigmoid"]
    loss: Literal["bce", "bpr", "softmax", "full-softmax", "squared"]
    momentum: float
    negatives: int
    optimizer: Literal["sgd", "momentum", "adam"]
    output: Literal["learned", "ones"]
    period: int
    reg: float
    sampler: Literal["uniform", "popularity", "in-batch"]
    sampler_exponent: float
    schedule: Literal["constant", "exponential", "cosine"]
    weight_decay: float

class Mlp(Algorithm):
    """Multilayer perceptron on embeddings, trained with sampled negatives.

    Settings:
        activation: Activation of each layer.
        batch_size: Samples per step including negatives, ≥ 1; for `autorec`, rows (items or users).
        decay: Factor applied to η after every epoch (`exponential`), or its smallest share (`cosine`); in (0, 1].
        dropout: Dropout rate of each layer's outputs, in [0, 1).
        epochs: Number of passes over the data, ≥ 1.
        init_scale: Standard deviation of the initial weights, > 0.
        layers: Tower: input size (half user, half item), then the size of each layer. At least two numbers, the first
            even.
        learning_rate: η, learning rate, > 0.
        link: Link from score to value for `squared`; other losses ignore it.
        loss: Loss to minimise: `bce`, `bpr`, `softmax` and `full-softmax` need interactions that all count the same,
            `squared` learns values. `full-softmax` scores all items for every interaction, so it is for small
            catalogues; `softmax` estimates it from negatives.
        momentum: β of `optimizer` = `momentum`, the share of its velocity that a step keeps, in [0, 1): v ← β v +
            gradient, a step of −η v.
        negatives: Negatives per interaction, ≥ 1 and fewer than the number of items; `squared` ignores it, and `full-
            softmax` uses it only to estimate the vectors of new users.
        optimizer: Optimizer that turns gradients into steps.
        period: Epochs per cycle of the `cosine` schedule, ≥ 1; other schedules ignore it.
        reg: λ, L2 penalty on the embeddings of each sample, ≥ 0; layers have none.
        sampler: Sampling of negatives; `squared` and `full-softmax` ignore it.
        sampler_exponent: Popularity exponent for `sampler` = `popularity`, 0 to 4; other samplers ignore it.
        schedule: Schedule of η over the epochs.
        weight_decay: Share of η by which embeddings and weights shrink at each step that touches them (AdamW), ≥ 0.
        seed: Random seed. Equal data, settings and seed give equal bytes.

    Presets:
        ncf: Reaches the figures of the paper (He et al., WWW 2017) on its split of MovieLens-1M.
    """

    def __init__(
        self,
        *,
        activation: Literal["identity", "sigmoid", "relu", "tanh", "selu"] = "relu",
        batch_size: int = 1024,
        decay: float = 0.9,
        dropout: float = 0.0,
        epochs: int = 20,
        init_scale: float = 0.05,
        layers: list[int] = [64, 32, 16, 8],
        learning_rate: float = 0.001,
        link: Literal["linear", "sigmoid"] = "linear",
        loss: Literal["bce", "bpr", "softmax", "full-softmax", "squared"] = "bce",
        momentum: float = 0.9,
        negatives: int = 4,
        optimizer: Literal["sgd", "momentum", "adam"] = "adam",
        period: int = 10,
        reg: float = 0.0,
        sampler: Literal["uniform", "popularity", "in-batch"] = "uniform",
        sampler_exponent: float = 0.75,
        schedule: Literal["constant", "exponential", "cosine"] = "constant",
        weight_decay: float = 0.0,
        seed: int = 0,
    ) -> None: ...
    activation: Literal["identity", "sigmoid", "relu", "tanh", "selu"]
    batch_size: int
    decay: float
    dropout: float
    epochs: int
    init_scale: float
    layers: list[int]
    learning_rate: float
    link: Literal["linear", "sigmoid"]
    loss: Literal["bce", "bpr", "softmax", "full-softmax", "squared"]
    momentum: float
    negatives: int
    optimizer: Literal["sgd", "momentum", "adam"]
    period: int
    reg: float
    sampler: Literal["uniform", "popularity", "in-batch"]
    sampler_exponent: float
    schedule: Literal["constant", "exponential", "cosine"]
    weight_decay: float

class Neumf(Algorithm):
    """Neural matrix factorization: `gmf` and `mlp` combined.

    Settings:
        activation: Activation of each layer.
        alpha: α, initial weight of the product in joint training, in [0, 1]; the tower has 1 − α.
        batch_size: Samples per step including negatives, ≥ 1; for `autorec`, rows (items or users).
        decay: Factor applied to η after every epoch (`exponential`), or its smallest share (`cosine`); in (0, 1].
        dropout: Dropout rate of each layer's outputs, in [0, 1).
        epochs: Number of passes over the data, ≥ 1.
        factors: Length of the embeddings that are multiplied, ≥ 1.
        init_scale: Standard deviation of the initial weights, > 0.
        joint_rate: η of the joint epochs after pre-training, > 0, on the same schedule; null for `learning_rate`. At
            their first rate, pre-trained halves forget much.
        layers: Tower: input size (half user, half item), then the size of each layer. At least two numbers, the first
            even.
        learning_rate: η, learning rate, > 0.
        link: Link from score to value for `squared`; other losses ignore it.
        loss: Loss to minimise: `bce`, `bpr`, `softmax` and `full-softmax` need interactions that all count the same,
            `squared` learns values. `full-softmax` scores all items for every interaction, so it is for small
            catalogues; `softmax` estimates it from negatives.
        momentum: β of `optimizer` = `momentum`, the share of its velocity that a step keeps, in [0, 1): v ← β v +
            gradient, a step of −η v.
        negatives: Negatives per interaction, ≥ 1 and fewer than the number of items; `squared` ignores it, and `full-
            softmax` uses it only to estimate the vectors of new users.
        optimizer: Optimizer that turns gradients into steps.
        output: Weights of the product: `learned` or `ones`.
        period: Epochs per cycle of the `cosine` schedule, ≥ 1; other schedules ignore it.
        pretrain_epochs: Epochs of pre-training for the product alone and for the tower alone, before joint `epochs`;
            0 for none.
        reg: λ, L2 penalty on the embeddings of each sample, ≥ 0; layers have none.
        sampler: Sampling of negatives; `squared` and `full-softmax` ignore it.
        sampler_exponent: Popularity exponent for `sampler` = `popularity`, 0 to 4; other samplers ignore it.
        schedule: Schedule of η over the epochs.
        tower_reg: `reg` of the tower's embeddings; null for `reg`. A penalty that suits the product shrinks the tower
            too much.
        tower_weight_decay: `weight_decay` of the tower's embeddings and layers; null for `weight_decay`.
        weight_decay: Share of η by which embeddings and weights shrink at each step that touches them (AdamW), ≥ 0.
        seed: Random seed. Equal data, settings and seed give equal bytes.

    Presets:
        ncf: Reaches the figures of the paper (He et al., WWW 2017) on its split of MovieLens-1M.
        tutorial: Textbook chapter on personalized ranking: pairwise loss, 10 factors, three layers of 10, for
            MovieLens-100K.
    """

    def __init__(
        self,
        *,
        activation: Literal["identity", "sigmoid", "relu", "tanh", "selu"] = "relu",
        alpha: float = 0.5,
        batch_size: int = 1024,
        decay: float = 0.9,
        dropout: float = 0.0,
        epochs: int = 20,
        factors: int = 32,
        init_scale: float = 0.05,
        joint_rate: float | None = None,
        layers: list[int] = [64, 32, 16, 8],
        learning_rate: float = 0.001,
        link: Literal["linear", "sigmoid"] = "linear",
        loss: Literal["bce", "bpr", "softmax", "full-softmax", "squared"] = "bce",
        momentum: float = 0.9,
        negatives: int = 4,
        optimizer: Literal["sgd", "momentum", "adam"] = "adam",
        output: Literal["learned", "ones"] = "learned",
        period: int = 10,
        pretrain_epochs: int = 0,
        reg: float = 0.0,
        sampler: Literal["uniform", "popularity", "in-batch"] = "uniform",
        sampler_exponent: float = 0.75,
        schedule: Literal["constant", "exponential", "cosine"] = "constant",
        tower_reg: float | None = None,
        tower_weight_decay: float | None = None,
        weight_decay: float = 0.0,
        seed: int = 0,
    ) -> None: ...
    activation: Literal["identity", "sigmoid", "relu", "tanh", "selu"]
    alpha: float
    batch_size: int
    decay: float
    dropout: float
    epochs: int
    factors: int
    init_scale: float
    joint_rate: float | None
    layers: list[int]
    learning_rate: float
    link: Literal["linear", "sigmoid"]
    loss: Literal["bce", "bpr", "softmax", "full-softmax", "squared"]
    momentum: float
    negatives: int
    optimizer: Literal["sgd", "momentum", "adam"]
    output: Literal["learned", "ones"]
    period: int
    pretrain_epochs: int
    reg: float
    sampler: Literal["uniform", "popularity", "in-batch"]
    sampler_exponent: float
    schedule: Literal["constant", "exponential", "cosine"]
    tower_reg: float | None
    tower_weight_decay: float | None
    weight_decay: float

class Blend(Algorithm):
    """Weighted sum of other algorithms, with weights chosen on held-out interactions.

    Settings:
        of: The algorithms, by name (`ease,ials`) or with settings (`["ease", {"algorithm": "ials", "factors":
            128}]`). All rank, or all predict values.
        valid: Share of the interactions held out to choose the weights, above 0 and at most 0.5; not used if the run
            has a validation set.
        seed: Random seed. Equal data, settings and seed give equal bytes.
    """

    def __init__(
        self,
        *,
        of: list[str | dict[str, Any]] = ['ease', 'ials'],
        valid: float = 0.1,
        seed: int = 0,
    ) -> None: ...
    of: list[str | dict[str, Any]]
    valid: float
