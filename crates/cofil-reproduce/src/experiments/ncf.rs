//! Neural collaborative filtering on MovieLens-1M, with the files of the paper.

use crate::experiment::{Experiment, Trial, lines, preset, protocol, recipe};
use crate::files::{Folder, Need, aligned};
use crate::report::{Claim, Wanted};
use cofil::Result;
use cofil::data::read::{ReadOptions, read_negatives};
use cofil::evaluate::Candidates;
use cofil::{Metric, Protocol};
use serde_json::json;

const HE: &str = "He et al., \"Neural collaborative filtering\", WWW 2017";
const RENDLE: &str = "Rendle, Krichene, Zhang & Anderson, \"Neural collaborative filtering vs. matrix factorization \
                      revisited\", RecSys 2020: the tuned dot product";
const COUNTED: &str = "counted on the same files, with ties for and against it";

const fn at_least(
    recipe: &'static str,
    metric: &'static str,
    value: f64,
    source: &'static str,
) -> Claim {
    Claim { recipe, metric, value, wanted: Wanted::AtLeast, source }
}

const FOLDERS: &[&str] = &["ml-1m-ncf", "Data"];

pub const EXPERIMENT: Experiment = Experiment {
    name: "ncf-ml-1m",
    title: "NeuMF, GMF, MLP and a dot product on MovieLens-1M",
    method: "The latest interaction of each of the 6,040 users is ranked among the 99 negatives of the paper's files. \
             Ratings count as interactions.",
    needs: &[
        Need {
            what: "the training set",
            names: &["ml-1m.train.rating", "train.csv.gz", "train.csv"],
            folders: FOLDERS,
        },
        Need { what: "the test set", names: &["ml-1m.test.rating", "test.csv"], folders: FOLDERS },
        Need {
            what: "the negatives",
            names: &["ml-1m.test.negative", "negatives.csv.gz", "negatives.csv"],
            folders: FOLDERS,
        },
    ],
    home: "ml-1m.train.rating, ml-1m.test.rating and ml-1m.test.negative in Data of the repository \
           hexiangnan/neural_collaborative_filtering on GitHub \
           (https://github.com/hexiangnan/neural_collaborative_filtering)",
    published: &[
        at_least("neumf", "hr@10", 0.730, HE),
        at_least("neumf", "ndcg@10", 0.447, HE),
        at_least("gmf", "hr@10", 0.708, HE),
        at_least("gmf", "ndcg@10", 0.425, HE),
        at_least("mlp", "hr@10", 0.692, HE),
        at_least("mlp", "ndcg@10", 0.425, HE),
        at_least("dot product", "hr@10", 0.7294, RENDLE),
        at_least("dot product", "ndcg@10", 0.4523, RENDLE),
        Claim {
            recipe: "popularity",
            metric: "hr@10",
            value: 0.4535,
            wanted: Wanted::About(0.0005),
            source: COUNTED,
        },
        Claim {
            recipe: "popularity",
            metric: "ndcg@10",
            value: 0.2543,
            wanted: Wanted::About(0.0005),
            source: COUNTED,
        },
    ],
    start,
};

fn start(folder: &Folder<'_>, quick: bool) -> Result<Trial> {
    let (train, test) = aligned(folder.table("the training set")?, &folder.table("the test set")?)?;
    let file = folder.file("the negatives")?;
    let negatives = read_negatives(&file, &ReadOptions::default(), &test.users, &test.items)?;
    let parts = (train.binary(), test.binary());
    let protocol = Protocol {
        candidates: Candidates::Given(negatives.by_user),
        ..protocol(vec![Metric::Hr(10), Metric::Ndcg(10)])
    };
    let network = |name| match quick {
        true => recipe(name, json!({"epochs": 1, "negatives": 1, "batch_size": 4096})),
        false => preset(name, "ncf", None),
    };
    let dot = match quick {
        true => json!({"factors": 8, "epochs": 2}),
        false => json!({"factors": 192, "reg": 0.007, "unobserved_weight": 0.3, "epochs": 12}),
    };
    let recipes = [
        ("neumf", network("neumf")?),
        ("gmf", network("gmf")?),
        ("mlp", network("mlp")?),
        ("dot product", recipe("ials", dot)?),
        ("popularity", recipe("popularity", json!({}))?),
    ];
    Ok(Box::new(move |seed| lines(&recipes, &parts, &protocol, seed)))
}
