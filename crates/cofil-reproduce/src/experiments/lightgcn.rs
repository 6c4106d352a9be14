//! Gowalla check-ins and Yelp reviews on the splits used by most papers on graph recommenders.

use crate::experiment::{Experiment, Trial, lines, protocol, recipe};
use crate::files::{Folder, Need, aligned, lists};
use crate::report::{Claim, Wanted};
use cofil::Result;
use cofil::{Algorithm, Interactions, Metric};
use serde_json::{Value, json};

const BSPM: &str = "BSPM-EM: Choi et al., \"Blurring-sharpening process models for collaborative filtering\", SIGIR \
                    2023";
const NESCL: &str = "NESCL: Sun et al., \"Neighborhood-enhanced supervised contrastive learning for collaborative \
                     filtering\", TKDE 2023";
const XSIMGCL: &str = "XSimGCL: Yu et al., \"XSimGCL: towards extremely simple graph contrastive learning for \
                       recommendation\", TKDE 2023";
const METHOD: &str = "The split of the LightGCN paper (He et al., SIGIR 2020). All items that a user does not have are \
                      ranked.";
const HOME: &str = "train.txt and test.txt in data/gowalla or data/yelp2018 of the repository gusye1234/LightGCN-PyTorch on GitHub \
                    (https://github.com/gusye1234/LightGCN-PyTorch)";

const fn at_least(metric: &'static str, value: f64, source: &'static str) -> Claim {
    Claim { recipe: "graph-filter", metric, value, wanted: Wanted::AtLeast, source }
}

macro_rules! needs {
    ($($folder:literal),*) => {
        &[
            Need {
                what: "the training set",
                names: &["train.txt", "train.csv.gz", "train.csv"],
                folders: &[$($folder),*],
            },
            Need {
                what: "the test set",
                names: &["test.txt", "test.csv.gz", "test.csv"],
                folders: &[$($folder),*],
            },
        ]
    };
}

pub const GOWALLA: Experiment = Experiment {
    name: "gowalla",
    title: "Gowalla check-ins: a graph filter compared with the best graph networks",
    method: METHOD,
    needs: needs!("gowalla", "gowalla-lightgcn"),
    home: HOME,
    published: &[at_least("recall@20", 0.1920, BSPM), at_least("ndcg@20", 0.1617, NESCL)],
    start: |folder, quick| {
        let filter = json!({"factors": 512, "low_rank": 0.28, "sharpening": 2.6});
        let ials = json!({
            "factors": 1024, "reg": 0.1, "reg_exponent": 0.5, "unobserved_weight": 0.01, "epochs": 10,
            "solver": "cg",
        });
        start(folder, quick, filter, Some(ials))
    },
};

pub const YELP2018: Experiment = Experiment {
    name: "yelp2018",
    title: "Yelp reviews: a graph filter compared with the best graph networks",
    method: METHOD,
    needs: needs!("yelp2018", "yelp2018-lightgcn"),
    home: HOME,
    published: &[at_least("recall@20", 0.0723, XSIMGCL), at_least("ndcg@20", 0.0604, XSIMGCL)],
    start: |folder, quick| {
        let filter = json!({"factors": 512, "low_rank": 0.1, "sharpening": 1.5});
        start(folder, quick, filter, None)
    },
};

fn start(folder: &Folder<'_>, quick: bool, filter: Value, ials: Option<Value>) -> Result<Trial> {
    let read = |what: &str| -> Result<Interactions> {
        let path = folder.file(what)?;
        match path.extension().is_some_and(|ending| ending == "txt") {
            true => lists(&path),
            false => folder.table(what),
        }
    };
    let (train, test) = aligned(read("the training set")?, &read("the test set")?)?;
    let parts = (train.binary(), test.binary());
    let mut recipes: Vec<(&'static str, Algorithm)> = Vec::new();
    let filter = if quick { json!({"factors": 8}) } else { filter };
    recipes.push(("graph-filter", recipe("graph-filter", filter)?));
    if let Some(ials) = ials {
        let ials = if quick { json!({"factors": 16, "epochs": 2}) } else { ials };
        recipes.push(("ials", recipe("ials", ials)?));
    }
    recipes.push(("popularity", recipe("popularity", json!({}))?));
    Ok(Box::new(move |seed| {
        let protocol = protocol(vec![Metric::Recall(20), Metric::Ndcg(20)]);
        lines(&recipes, &parts, &protocol, seed)
    }))
}
