//! The 5 × 5 matrix of the matrix factorization tutorial.

use crate::experiment::{Experiment, Trial, preset};
use crate::report::{Claim, Line, Wanted};
use cofil::{Algorithm, Model, Ratings, Run, User};
use cofil::{Error, Result};

const TUTORIAL: &str = "output of the tutorial's own code, run five times for gradient descent";

const fn about(recipe: &'static str, metric: &'static str, value: f64, tolerance: f64) -> Claim {
    Claim { recipe, metric, value, wanted: Wanted::About(tolerance), source: TUTORIAL }
}

pub const EXPERIMENT: Experiment = Experiment {
    name: "toy",
    title: "a 5 × 5 matrix completed by SVD and by gradient descent",
    method: "Users 1–3 like items 1–3, users 4 and 5 like items 4 and 5. The five entries of the antidiagonal are \
             hidden: (3,3), which is 1, and four entries that are 0.",
    needs: &[],
    home: "no files are needed",
    published: &[
        about("svd", "1st singular value", 3.0321, 1e-4),
        about("svd", "2nd singular value", 1.8473, 1e-4),
        about("svd", "(3,3)", 0.7703, 1e-4),
        about("svd", "other hidden", 0.2390, 1e-4),
        about("linear", "offset", 0.254, 0.003),
        about("linear", "bias of user 1", 0.20, 0.01),
        about("linear", "bias of user 4", 0.04, 0.01),
        about("linear", "(3,3)", 0.98, 0.01),
        about("linear", "other hidden", 0.015, 0.01),
        about("sigmoid", "offset", 0.082, 0.003),
        about("sigmoid", "bias of user 1", 0.48, 0.015),
        about("sigmoid", "bias of user 4", -0.26, 0.015),
        about("sigmoid", "(3,3)", 0.96, 0.005),
        about("sigmoid", "other hidden", 0.031, 0.005),
    ],
    start: |_, _| Ok(start()),
};

fn start() -> Trial {
    Box::new(|seed| {
        let ratings = ratings()?;
        let descent = |name, preset| gradient_descent(name, preset, &ratings, seed);
        Ok(vec![
            svd(&ratings, seed)?,
            descent("linear", "tutorial")?,
            descent("sigmoid", "tutorial-sigmoid")?,
            descent("adam", "tutorial-adam")?,
        ])
    })
}

const NAMES: [&str; 5] = ["1", "2", "3", "4", "5"];

fn ratings() -> Result<Ratings> {
    let known = (0..25).map(|at| (at / 5, at % 5)).filter(|(u, i)| u + i != 4);
    let value = |u: usize, i: usize| if (u < 3) == (i < 3) { 1.0 } else { 0.0 };
    Ratings::from_triples(known.map(|(u, i)| (NAMES[u], NAMES[i], value(u, i))))
}

/// Returns the prediction of entry (3,3) and the mean of the other hidden entries.
fn hidden(model: &dyn Model, ratings: &Ratings) -> Result<[f64; 2]> {
    let mut found = Vec::new();
    for u in 0..5 {
        let item = ratings
            .items
            .get(NAMES[4 - u])
            .ok_or_else(|| Error::Unfit("every item has a rating".into()))?;
        let mut score = [0.0];
        model.score(User::of(ratings, u as u32), &[item], &mut score);
        found.push(f64::from(score[0]));
    }
    let one = found.remove(2);
    Ok([one, found.iter().sum::<f64>() / 4.0])
}

/// Runs SVD with unknown entries set to 0.5 before the decomposition.
fn svd(ratings: &Ratings, seed: u64) -> Result<Line> {
    let algorithm = preset("svd", "tutorial", None)?;
    let Algorithm::Svd(svd) = &algorithm else { unreachable!("it has this name") };
    let model = svd.factorize(ratings, seed)?;
    let [one, others] = hidden(&model, ratings)?;
    let values = [
        ("1st singular value", f64::from(model.singular_values[0])),
        ("2nd singular value", f64::from(model.singular_values[1])),
        ("(3,3)", one),
        ("other hidden", others),
    ];
    line("svd", &algorithm, &values)
}

/// Runs gradient descent with a preset.
fn gradient_descent(
    name: &'static str,
    preset: &str,
    ratings: &Ratings,
    seed: u64,
) -> Result<Line> {
    let algorithm = self::preset("biased-mf", preset, None)?;
    let model = algorithm.fit(ratings, &Run { seed, ..Run::default() })?.model;
    let tensors = model.tensors();
    let biases = tensors.iter().find(|t| t.name() == "user_bias").and_then(|t| t.as_f32());
    let biases = biases.ok_or_else(|| Error::Unfit("the model has no biases".into()))?;
    let offset = model.settings()["offset"]
        .as_f64()
        .ok_or_else(|| Error::Unfit("the model has no offset".into()))?;
    let [one, others] = hidden(&*model, ratings)?;
    let values = [
        ("offset", offset),
        ("bias of user 1", f64::from(biases[0])),
        ("bias of user 4", f64::from(biases[3])),
        ("(3,3)", one),
        ("other hidden", others),
    ];
    line(name, &algorithm, &values)
}

fn line(name: &'static str, algorithm: &Algorithm, values: &[(&str, f64)]) -> Result<Line> {
    let values = values.iter().map(|&(metric, value)| (metric.to_owned(), value.into())).collect();
    Ok(Line { name, settings: Some(algorithm.clone()), values })
}
