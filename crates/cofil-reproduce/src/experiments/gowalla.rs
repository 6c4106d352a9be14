//! Gowalla check-ins on the split used by most papers on graph recommenders.

use crate::experiment::{Experiment, Trial, lines, protocol, recipe};
use crate::files::{Folder, Need, aligned, lists};
use crate::report::{Claim, Wanted};
use cofil::Result;
use cofil::{Interactions, Metric};
use serde_json::json;

const LIGHTGCN: &str = "LightGCN: He et al., \"LightGCN: simplifying and powering graph convolution network for \
                        recommendation\", SIGIR 2020: Recall@20 .1830, NDCG@20 .1554";

const fn at_least(metric: &'static str, value: f64) -> Claim {
    Claim { recipe: "ials", metric, value, wanted: Wanted::AtLeast, source: LIGHTGCN }
}

pub const EXPERIMENT: Experiment = Experiment {
    name: "gowalla",
    title: "Gowalla check-ins: iALS compared with LightGCN",
    method: "The split of the LightGCN paper, 29,858 users and 40,981 places. All places that a user has not visited \
             are ranked.",
    needs: &[
        Need {
            what: "the training set",
            names: &["train.txt", "train.csv.gz", "train.csv"],
            folders: &["gowalla", "gowalla-lightgcn"],
        },
        Need {
            what: "the test set",
            names: &["test.txt", "test.csv.gz", "test.csv"],
            folders: &["gowalla", "gowalla-lightgcn"],
        },
    ],
    home: "train.txt and test.txt in data/gowalla of the repository gusye1234/LightGCN-PyTorch on GitHub \
           (https://github.com/gusye1234/LightGCN-PyTorch)",
    published: &[at_least("recall@20", 0.1830), at_least("ndcg@20", 0.1554)],
    start,
};

fn start(folder: &Folder<'_>, quick: bool) -> Result<Trial> {
    let read = |what: &str| -> Result<Interactions> {
        let path = folder.file(what)?;
        match path.extension().is_some_and(|ending| ending == "txt") {
            true => lists(&path),
            false => folder.table(what),
        }
    };
    let (train, test) = aligned(read("the training set")?, &read("the test set")?)?;
    let parts = (train.binary(), test.binary());
    let ials = match quick {
        true => json!({"factors": 16, "epochs": 2}),
        false => json!({
            "factors": 1024, "reg": 0.1, "reg_exponent": 0.5, "unobserved_weight": 0.01, "epochs": 10,
            "solver": "cg",
        }),
    };
    let recipes =
        [("ials", recipe("ials", ials)?), ("popularity", recipe("popularity", json!({}))?)];
    Ok(Box::new(move |seed| {
        let protocol = protocol(vec![Metric::Recall(20), Metric::Ndcg(20)]);
        lines(&recipes, &parts, &protocol, seed)
    }))
}
