//! NeuMF with the pairwise loss on MovieLens-100K, as in a textbook chapter.

use crate::experiment::{Experiment, Trial, lines, protocol, recipe};
use crate::files::{Folder, Need, aligned};
use crate::report::{Claim, Wanted};
use cofil::Metric;
use cofil::Result;
use cofil::data::split::{Share, Split};
use serde_json::json;

const BOOK: &str = "Zhang, Lipton, Li & Smola, \"Dive into deep learning\", chapter on neural collaborative filtering \
                    for personalized ranking (https://d2l.ai/chapter_recommender-systems/neumf.html), whose \
                    evaluation ranks users instead of items";

const fn at_least(metric: &'static str, value: f64) -> Claim {
    Claim { recipe: "neumf", metric, value, wanted: Wanted::AtLeast, source: BOOK }
}

pub const EXPERIMENT: Experiment = Experiment {
    name: "d2l-ml-100k",
    title: "NeuMF with the pairwise loss on MovieLens-100K",
    method: "The test set is the latest interaction of each user. All items without an interaction of the user are \
             ranked. Ratings count as interactions.",
    needs: &[Need { what: "the ratings", names: &["u.data"], folders: &["ml-100k"] }],
    home: "u.data of MovieLens 100K (https://grouplens.org/datasets/movielens/100k/)",
    published: &[at_least("hr@50", 0.075), at_least("auc", 0.531)],
    start,
};

fn start(folder: &Folder<'_>, quick: bool) -> Result<Trial> {
    let parts =
        Split::Last { test: Share::Count(1) }.apply(&folder.table("the ratings")?)?.remove(0);
    let (train, test) = aligned(parts.train, &parts.test)?;
    let parts = (train.binary(), test.binary());
    let neumf = json!({
        "factors": 10, "layers": [20, 10, 10, 10], "loss": "bpr", "negatives": 4, "batch_size": 1024,
        "learning_rate": 0.003, "reg": 0.01, "epochs": if quick { 2 } else { 20 },
    });
    let recipes =
        [("neumf", recipe("neumf", neumf)?), ("popularity", recipe("popularity", json!({}))?)];
    Ok(Box::new(move |seed| {
        let protocol = protocol(vec![Metric::Hr(50), Metric::Auc]);
        lines(&recipes, &parts, &protocol, seed)
    }))
}
