//! AutoRec on MovieLens-1M, as in the paper.

use crate::experiment::{Experiment, Trial, lines, protocol, recipe};
use crate::files::{Folder, Need, aligned};
use crate::report::{Claim, Wanted};
use cofil::Metric;
use cofil::Result;
use cofil::data::split::{Share, Split};
use serde_json::json;

const PAPER: &str = "Sedhain, Menon, Sanner & Xie, \"AutoRec: autoencoders meet collaborative filtering\", WWW 2015";

const fn at_most(recipe: &'static str, value: f64) -> Claim {
    Claim { recipe, metric: "rmse", value, wanted: Wanted::AtMost, source: PAPER }
}

pub const EXPERIMENT: Experiment = Experiment {
    name: "autorec-ml-1m",
    title: "I-AutoRec and U-AutoRec on MovieLens-1M",
    method: "The test set is a tenth of the ratings, drawn with the seed. Predictions are clipped to the scale. If the \
             user or the item is unknown, the prediction uses the other one.",
    needs: &[Need {
        what: "the ratings",
        names: &["ratings.dat", "ratings.csv.gz", "ratings.csv"],
        folders: &["ml-1m"],
    }],
    home: "ratings.dat of MovieLens 1M (https://grouplens.org/datasets/movielens/1m/)",
    published: &[
        at_most("autorec-item", 0.831),
        at_most("autorec-user", 0.874),
        at_most("biased-mf", 0.845),
    ],
    start,
};

fn start(folder: &Folder<'_>, quick: bool) -> Result<Trial> {
    let ratings = folder.table("the ratings")?;
    let (item, user) = match quick {
        true => (json!({"hidden": 20, "epochs": 2}), json!({"hidden": 20, "epochs": 2})),
        false => (json!({}), json!({})),
    };
    let mf = if quick { json!({"epochs": 2}) } else { json!({}) };
    let recipes = [
        ("autorec-item", recipe("autorec-item", item)?),
        ("autorec-user", recipe("autorec-user", user)?),
        ("biased-mf", recipe("biased-mf", mf)?),
    ];
    Ok(Box::new(move |seed| {
        let split = Split::Random { test: Share::Fraction(0.1), seed };
        let parts = split.apply(&ratings)?.remove(0);
        let parts = aligned(parts.train, &parts.test)?;
        let protocol = protocol(vec![Metric::Rmse]);
        lines(&recipes, &parts, &protocol, seed)
    }))
}
