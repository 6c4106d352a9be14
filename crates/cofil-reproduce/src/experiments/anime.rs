//! Matrix factorization on the anime ratings, as in the tutorial and with SGD and biases.

use crate::experiment::{Experiment, Trial, judge, line, preset, protocol, recipe, values};
use crate::files::{Folder, Need, aligned};
use crate::report::{Claim, Line, Wanted};
use cofil::data::Clean;
use cofil::data::split::{Share, Split};
use cofil::{Error, Result};
use cofil::{Metric, Protocol};
use serde_json::json;

const TUTORIAL: &str = "the tutorial on the full table (69,600 users): MSE 11.74 on its validation rows, worse \
                        than predicting the mean";

pub const EXPERIMENT: Experiment = Experiment {
    name: "anime",
    title: "the anime ratings by full-batch momentum, and by SGD with biases",
    method: "Rows rated −1 (watched, not rated) are dropped. The test set is a fifth of the ratings, drawn with the \
             seed. Predictions are clipped to the scale. `mean` always predicts the training mean.",
    needs: &[Need {
        what: "the ratings",
        names: &["rating.csv", "rating.csv.gz", "ratings.csv.gz"],
        folders: &["anime", "anime-5k"],
    }],
    home: "rating.csv of the data set \"Anime Recommendations Database\" by CooperUnion on Kaggle \
           (https://www.kaggle.com/datasets/CooperUnion/anime-recommendations-database)",
    published: &[
        Claim {
            recipe: "momentum",
            metric: "rmse",
            value: 3.426,
            wanted: Wanted::AtMost,
            source: TUTORIAL,
        },
        Claim {
            recipe: "sgd",
            metric: "rmse",
            value: 3.426,
            wanted: Wanted::AtMost,
            source: TUTORIAL,
        },
    ],
    start,
};

fn start(folder: &Folder<'_>, quick: bool) -> Result<Trial> {
    let clean = Clean { missing: vec![-1.0], ..Clean::default() };
    let (ratings, _) = clean.interactions(folder.table("the ratings")?)?;
    let momentum = preset("biased-mf", "tutorial-anime", quick.then_some(5))?;
    let sgd = recipe("biased-mf", if quick { json!({"epochs": 3}) } else { json!({}) })?;
    Ok(Box::new(move |seed| {
        let split = Split::Random { test: Share::Fraction(0.2), seed };
        let parts = split.apply(&ratings)?.remove(0);
        let parts = aligned(parts.train, &parts.test)?;
        let protocol = Protocol { baselines: true, ..protocol(vec![Metric::Rmse]) };
        let judged = |algorithm| judge(algorithm, &parts, &protocol, seed);
        let (momentum, sgd) = (judged(&momentum)?, judged(&sgd)?);
        let mean = values(
            momentum
                .report
                .baselines
                .get("mean")
                .ok_or_else(|| Error::Unfit("a baseline of values".into()))?,
        );
        let mean = Line { name: "mean", settings: None, values: mean };
        Ok(vec![mean, line("momentum", &momentum), line("sgd", &sgd)])
    }))
}
