//! The error of predicted ratings on MovieLens, by a blend.

use crate::experiment::{Experiment, Trial, lines, protocol, recipe};
use crate::files::{Need, aligned};
use crate::report::{Claim, Wanted};
use cofil::data::split::{Share, Split};
use cofil::{Algorithm, Metric, Ratings, Result};
use serde_json::{Value, json};

const GLOCAL_K: &str = "GLocal-K: Han et al., \"GLocal-K: global and local kernels for recommender systems\", CIKM 2021";
const LISTS: &str = "RecKross, the lowest value on public leaderboards";

const fn at_most(value: f64, source: &'static str) -> Claim {
    Claim { recipe: "blend", metric: "rmse", value, wanted: Wanted::AtMost, source }
}

pub const ML_1M: Experiment = Experiment {
    name: "ml-1m-rmse",
    title: "Rating error on MovieLens-1M: a blend compared with the best networks",
    method: "The test set is a tenth of the ratings, drawn with the seed. Predictions are clipped to the scale. The \
             weights of the blend are chosen on a part of the training set.",
    needs: &[Need {
        what: "the ratings",
        names: &["ratings.dat", "ratings.csv.gz", "ratings.csv"],
        folders: &["ml-1m"],
    }],
    home: "ratings.dat of MovieLens 1M (https://grouplens.org/datasets/movielens/1m/)",
    published: &[at_most(0.8224, LISTS)],
    start: |folder, quick| {
        let ratings = folder.table("the ratings")?;
        let split = move |seed| {
            let split = Split::Random { test: Share::Fraction(0.1), seed };
            let parts = split.apply(&ratings)?.remove(0);
            aligned(parts.train, &parts.test)
        };
        start(split, quick)
    },
};

pub const ML_100K: Experiment = Experiment {
    name: "ml-100k-u1",
    title: "Rating error on fold u1 of MovieLens-100K: a blend compared with the best networks",
    method: "The files of the fold. Predictions are clipped to the scale. The weights of the blend are chosen on a part \
             of the training set.",
    needs: &[
        Need { what: "the training set", names: &["u1.base"], folders: &["ml-100k"] },
        Need { what: "the test set", names: &["u1.test"], folders: &["ml-100k"] },
    ],
    home: "u1.base and u1.test of MovieLens 100K (https://grouplens.org/datasets/movielens/100k/)",
    published: &[at_most(0.8889, GLOCAL_K)],
    start: |folder, quick| {
        let parts = aligned(folder.table("the training set")?, &folder.table("the test set")?)?;
        start(move |_| Ok(parts.clone()), quick)
    },
};

fn start(
    split: impl Fn(u64) -> Result<(Ratings, Ratings)> + 'static,
    quick: bool,
) -> Result<Trial> {
    let settings = |name: &str| -> Value {
        match quick {
            true if name.starts_with("autorec") => json!({"hidden": 20, "epochs": 2}),
            _ => json!({}),
        }
    };
    let part = |name: &'static str| Ok((name, recipe(name, settings(name))?));
    let mut recipes: Vec<(&'static str, Algorithm)> =
        PARTS.iter().copied().map(part).collect::<Result<_>>()?;
    // By name, they get the settings that suit the data.
    let of = match quick {
        true => json!(recipes.iter().map(|(_, algorithm)| algorithm).collect::<Vec<_>>()),
        false => json!(PARTS),
    };
    recipes.push(("blend", recipe("blend", json!({"of": of, "valid": 0.05}))?));
    Ok(Box::new(move |seed| lines(&recipes, &split(seed)?, &protocol(vec![Metric::Rmse]), seed)))
}

/// The algorithms of the blend.
const PARTS: [&str; 6] =
    ["autorec-item", "autorec-user", "svd-plus-plus", "knn-baseline", "als", "biased-mf"];
