//! How much a few answers of new users improve recommendations, for several strategies of choosing questions.

use crate::experiment::{Experiment, Trial, recipe};
use crate::files::{Folder, Need};
use crate::report::{Line, Value};
use cofil::Result;
use cofil::interview::{Interviewer, Reply, Strategy};
use cofil::math::Rng;
use cofil::{Csr, Duplicates, Ratings, Recommender, Row, Run, rank};
use serde_json::json;

/// Length of the evaluated lists.
const LIST: usize = 20;
/// Numbers of answers after which lists are evaluated.
const AFTER: [usize; 5] = [0, 1, 3, 5, 10];

const STRATEGIES: [(&str, Strategy); 5] = [
    ("variance", Strategy::Variance),
    ("popular-variance", Strategy::PopularVariance),
    ("popular-entropy", Strategy::PopularEntropy),
    ("popularity", Strategy::Popularity),
    ("random", Strategy::Random),
];

pub const EXPERIMENT: Experiment = Experiment {
    name: "interview",
    title: "Questions to new users of MovieLens-1M",
    method: "A fifth of the users are new. Half of the items may be asked about (\"have you seen it?\"), the other \
             half is ranked. The ranked items that a user has rated are relevant. NDCG@20 over new users by number of \
             answers.",
    needs: &[Need {
        what: "the ratings",
        names: &["ratings.dat", "ratings.csv", "ratings.csv.gz"],
        folders: &["ml-1m"],
    }],
    home: "ratings.dat of MovieLens 1M (https://grouplens.org/datasets/movielens/1m/)",
    published: &[],
    start,
};

fn start(folder: &Folder<'_>, quick: bool) -> Result<Trial> {
    let ratings = Ratings::new(&folder.table("the ratings")?, Duplicates::Last)?;
    let settings = json!({
        "factors": if quick { 8 } else { 64 }, "epochs": if quick { 2 } else { 16 }, "reg": 0.005,
        "unobserved_weight": 0.5,
    });
    let algorithm = recipe("ials", settings)?;
    Ok(Box::new(move |seed| {
        let mut users: Vec<u32> = (0..ratings.users.len() as u32).collect();
        let mut items: Vec<u32> = (0..ratings.items.len() as u32).collect();
        Rng::new(seed, &[0]).shuffle(&mut users);
        Rng::new(seed, &[1]).shuffle(&mut items);
        let new = &users[..users.len() / 5];
        let (asked, judged) = items.split_at_mut(ratings.items.len() / 2);
        judged.sort_unstable();
        let mut is_new = vec![false; users.len()];
        new.iter().for_each(|&u| is_new[u as usize] = true);
        let row =
            |(u, row): (usize, Row<'_>)| row.iter().filter(|_| !is_new[u]).collect::<Vec<_>>();
        let by_user =
            Csr::from_rows(ratings.items.len(), ratings.by_user.iter().enumerate().map(row));
        let train = Ratings { by_user, times: None, ..ratings.clone() };
        let recommender = Recommender::train(&algorithm, &train, &Run { seed, ..Run::default() })?;
        let place = Place {
            ratings: &ratings,
            interviewer: &Interviewer::new(recommender.into()),
            new,
            asked,
            judged,
            seed,
        };
        let settings = Some(algorithm.clone());
        let line = |&(name, strategy): &(&'static str, Strategy)| {
            Ok(Line { name, settings: settings.clone(), values: place.values(strategy)? })
        };
        STRATEGIES.iter().map(line).collect()
    }))
}

struct Place<'a> {
    ratings: &'a Ratings,
    interviewer: &'a Interviewer,
    new: &'a [u32],
    asked: &'a [u32],
    judged: &'a [u32],
    seed: u64,
}

impl Place<'_> {
    fn values(&self, strategy: Strategy) -> Result<Vec<(String, Value)>> {
        let mut found: Vec<Vec<f64>> = vec![Vec::new(); AFTER.len()];
        // Answers change the recommendations but not the questions: in a linear model the covariance depends
        // on the questions alone.
        let common = self.questions(strategy, self.seed)?;
        let begun = self.interviewer.begin(strategy, self.seed)?;
        for &u in self.new {
            let has = self.ratings.by_user.row(u as usize);
            let relevant: Vec<bool> = self.judged.iter().map(|&i| has.get(i).is_some()).collect();
            if !relevant.contains(&true) {
                continue;
            }
            let questions = match strategy {
                Strategy::Random => self.chance(u),
                _ => common.clone(),
            };
            let mut interview = begun.clone();
            let mut told = 0;
            for (&after, found) in AFTER.iter().zip(&mut found) {
                for &item in &questions[told.min(questions.len())..after.min(questions.len())] {
                    let yes = has.get(item).is_some();
                    interview.answer(item, if yes { Reply::Value(1.0) } else { Reply::No });
                }
                told = after;
                let scores = interview.scores();
                let scores: Vec<f32> = self.judged.iter().map(|&i| scores[i as usize]).collect();
                found.push(ndcg(&rank::top_k(&scores, LIST, &[]), &relevant));
            }
        }
        let name = |after: usize| format!("ndcg@{LIST} after {after}");
        Ok(AFTER.iter().zip(found).map(|(&after, found)| (name(after), mean(&found))).collect())
    }

    fn questions(&self, strategy: Strategy, seed: u64) -> Result<Vec<u32>> {
        let mut interview = self.interviewer.begin(strategy, seed)?.only(self.asked);
        let mut questions = Vec::new();
        while questions.len() < AFTER[AFTER.len() - 1] {
            let Some(item) = interview.question() else { break };
            interview.answer(item, Reply::No);
            questions.push(item);
        }
        Ok(questions)
    }

    /// Returns random questions, different for each user.
    fn chance(&self, user: u32) -> Vec<u32> {
        let mut rng = Rng::new(self.seed, &[2]).piece(u64::from(user));
        let mut items = self.asked.to_vec();
        rng.shuffle(&mut items);
        items.truncate(AFTER[AFTER.len() - 1]);
        items
    }
}

/// Returns the binary NDCG of a list of indices into `relevant`.
pub fn ndcg(list: &[(u32, f32)], relevant: &[bool]) -> f64 {
    let hits = list.iter().map(|&(at, _)| relevant[at as usize]);
    let discount = |rank: usize| 1.0 / libm::log2(rank as f64 + 2.0);
    let gain: f64 = hits.enumerate().filter(|hit| hit.1).map(|hit| discount(hit.0)).sum();
    let best = relevant.iter().filter(|&&r| r).count().min(LIST);
    gain / (0..best).map(discount).sum::<f64>()
}

/// Returns the mean with its normal 95 % interval.
pub fn mean(found: &[f64]) -> Value {
    let n = found.len().max(1) as f64;
    let value = found.iter().sum::<f64>() / n;
    let variance =
        found.iter().map(|x| (x - value) * (x - value)).sum::<f64>() / (n - 1.0).max(1.0);
    let half = 1.96 * (variance / n).sqrt();
    Value { value, low: Some(value - half), high: Some(value + half) }
}
