//! Quality of a result by cofil's own evaluation, and the result as a file for the evaluator of the
//! peers.

use super::npy;
use super::split::Split;
use anyhow::{Context, Result};
use cofil::evaluate::{self, Metric};
use cofil::math::Matrix;
use cofil::{Model, User};
use std::collections::BTreeMap;
use std::path::Path;

pub type Quality = BTreeMap<String, f64>;

/// Computes recall, NDCG and MAP of the best `k` unseen items.
pub fn ranking(model: &dyn Model, split: &Split, k: usize) -> Result<Quality> {
    let metrics = [Metric::Recall(k), Metric::Ndcg(k), Metric::Map(k)];
    let measured = |metric: Metric| {
        Ok((metric.to_string(), evaluate::measure(model, &split.train, &split.test, metric)?))
    };
    metrics.into_iter().map(measured).collect()
}

/// Returns the predictions of `model` for all pairs of the test set, user by user.
pub fn predictions(model: &dyn Model, split: &Split) -> Vec<f32> {
    let rows = split.test.by_user.iter().enumerate().map(|(u, row)| {
        let mut scores = vec![0.0; row.len()];
        model.score(User::of(&split.train, u as u32), row.columns, &mut scores);
        scores
    });
    rows.flatten().collect()
}

/// Computes the RMSE of raw predictions and of predictions clipped to the range of the training values,
/// as cofil's own evaluation clips them.
pub fn errors(predictions: &[f32], split: &Split) -> Quality {
    let (low, high) = split.train.scale();
    let rmse = |predicted: &dyn Fn(f32) -> f32| {
        let pairs = predictions.iter().zip(split.test.by_user.values());
        let errors = pairs.map(|(&p, &r)| f64::from(predicted(p) - r));
        let squares = errors.map(|error| error * error);
        (squares.sum::<f64>() / predictions.len() as f64).sqrt()
    };
    let clipped = rmse(&|p| p.clamp(low, high));
    [("rmse".to_owned(), rmse(&|p| p)), ("rmse_clipped".to_owned(), clipped)].into()
}

/// Writes one list of `k` items per user, padded with −1.
pub fn write_lists(path: &Path, lists: &[Vec<(u32, f32)>], k: usize) -> Result<()> {
    let items = lists.iter().flat_map(|list| {
        (0..k).map(|rank| list.get(rank).map_or(-1, |&(item, _)| item as i32).to_le_bytes())
    });
    write(path, &npy::file('i', &format!("{}, {k}", lists.len()), items))
}

/// Writes predictions in the order of [`predictions`].
pub fn write_predictions(path: &Path, predictions: &[f32]) -> Result<()> {
    let values = predictions.iter().map(|p| p.to_le_bytes());
    write(path, &npy::file('f', &format!("{},", predictions.len()), values))
}

/// Writes one row of scores per user.
pub fn write_scores(path: &Path, scores: &Matrix) -> Result<()> {
    let values = scores.data().iter().map(|score| score.to_le_bytes());
    let shape = format!("{}, {}", scores.rows(), scores.cols());
    write(path, &npy::file('f', &shape, values))
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).with_context(|| path.display().to_string())
}
