//! Figures of training and its results.

use super::{Axis, Cell, Content, Figure, Grid, Line, Panel};
use crate::algorithm::Algorithm;
use crate::data::Ratings;
use crate::data::prose::count;
use crate::error::{Error, Result};
use crate::math::real::square;
use crate::model::User;
use crate::recommender::Recommender;
use crate::train::{Epoch, Run};
use schemars::JsonSchema;
use serde::Serialize;

/// The largest matrix that [`completion`] draws, in rows and in columns.
const LARGEST: usize = 40;

/// Draws the loss by epoch, as data term and penalty, and in a panel of its own every metric that was measured: on the
/// validation set and, if it was measured there, on the training set. `metric` names the validation metric.
///
/// # Errors
/// If there are no epochs, as with closed-form algorithms.
pub fn curve(epochs: &[Epoch], metric: &str) -> Result<Figure> {
    let mut panels = vec![loss(epochs)?];
    let measured: Vec<&str> = match epochs.iter().find(|epoch| !epoch.measured.is_empty()) {
        Some(epoch) => epoch.measured.iter().map(|m| &*m.metric).collect(),
        None => vec![metric],
    };
    for (at, metric) in measured.into_iter().enumerate() {
        let line = |name: &str, value: &dyn Fn(&Epoch) -> Option<f64>| Line {
            name: name.into(),
            points: epochs.iter().filter_map(|e| Some((e.number as f64, value(e)?))).collect(),
        };
        let validation = line("validation", &|epoch| match epoch.measured.get(at) {
            Some(measured) => Some(measured.validation),
            None => epoch.validation,
        });
        let train = line("training", &|epoch| epoch.measured.get(at)?.train);
        let lines: Vec<Line> =
            [validation, train].into_iter().filter(|line| !line.points.is_empty()).collect();
        if !lines.is_empty() {
            panels.push(Panel {
                title: if lines.len() > 1 { metric.into() } else { format!("Validation {metric}") },
                x: Axis::new("epoch"),
                y: Axis::new(metric),
                content: Content::Lines(lines),
            });
        }
    }
    Ok(Figure::new(&panels))
}

fn loss(epochs: &[Epoch]) -> Result<Panel> {
    if epochs.is_empty() {
        return Err(Error::Unsupported(
            "there is no curve: the model was trained in one step".into(),
        ));
    }
    let line = |name: &str, part: fn(&Epoch) -> f64| Line {
        name: name.into(),
        points: epochs.iter().map(|e| (e.number as f64, part(e))).collect(),
    };
    let mut lines = vec![line("data", |e| e.loss.data)];
    if epochs.iter().any(|e| e.loss.penalty != 0.0) {
        lines.push(line("penalty", |e| e.loss.penalty));
    }
    // A loss that falls by orders of magnitude needs a logarithmic axis.
    let values = || lines[0].points.iter().map(|p| p.1);
    let log = values().fold(0.0, f64::max) > 30.0 * values().fold(f64::MAX, f64::min).max(0.0);
    Ok(Panel {
        title: "Training loss".into(),
        x: Axis::new("epoch"),
        y: Axis { label: "loss".into(), log },
        content: Content::Lines(lines),
    })
}

/// Draws the completion of a small matrix in up to three panels: the loss curve (or the singular values, if the
/// algorithm computes them); the known entries, with a red question mark for each unknown entry; and the predictions of
/// all entries, with those of the unknown entries in red.
///
/// # Errors
/// If the matrix has more than 40 rows or columns.
pub fn completion(recommender: &Recommender, ratings: &Ratings) -> Result<Figure> {
    let (users, items) = (ratings.users.len(), ratings.items.len());
    if users.max(items) > LARGEST {
        return Err(Error::Unsupported(format!(
            "a matrix of {} and {} is too large to draw; the most is {LARGEST} of each",
            count(users, "user"),
            count(items, "item")
        )));
    }
    let mut panels = Vec::new();
    let epochs = &recommender.card().epochs;
    if !epochs.is_empty() {
        panels.push(loss(epochs)?);
    } else if let Some(algorithm) = recommender.card().algorithm()
        && let Some(values) = singular_values(algorithm, ratings)?
    {
        let bar = |(at, &s): (usize, &f64)| ((at + 1).to_string(), s);
        panels.push(Panel {
            title: "Singular values".into(),
            x: Axis::new("number"),
            y: Axis::new("singular value"),
            content: Content::Bars(values.iter().enumerate().map(bar).collect()),
        });
    }
    let scores = scores(recommender, ratings);
    let known = |u: usize, i: usize| ratings.by_user.row(u).get(i as u32);
    // Predictions can be outside the range of the data; the shades cover both.
    let (low, high) =
        scores.iter().fold(ratings.scale(), |(low, high), &s| (low.min(s), high.max(s)));
    let shade = |value: f32| Some(f64::from((value - low) / (high - low).max(f32::MIN_POSITIVE)));
    let grid = |cell: &dyn Fn(usize, usize) -> Cell| {
        Content::Grid(Grid {
            rows: ratings.users.names().map(Into::into).collect(),
            columns: ratings.items.names().map(Into::into).collect(),
            cells: (0..users * items).map(|at| cell(at / items, at % items)).collect(),
        })
    };
    let before = grid(&|u, i| match known(u, i) {
        Some(value) => Cell { text: value.to_string(), shade: shade(value), red: false },
        None => Cell { text: "?".into(), shade: None, red: true },
    });
    let after = grid(&|u, i| {
        let score = scores[u * items + i];
        Cell { text: format!("{score:.2}"), shade: shade(score), red: known(u, i).is_none() }
    });
    let name = recommender.card().name();
    for (title, content) in [("Known".into(), before), (format!("Predicted by {name}"), after)] {
        panels.push(Panel { title, x: Axis::default(), y: Axis::default(), content });
    }
    Ok(Figure::new(&panels))
}

/// Returns all singular values of the matrix that `svd` decomposes; `None` for other algorithms. They are the squared
/// lengths of the columns of its item vectors, so a model with all factors has them all.
fn singular_values(algorithm: &Algorithm, ratings: &Ratings) -> Result<Option<Vec<f64>>> {
    if algorithm.name() != "svd" {
        return Ok(None);
    }
    let value = serde_json::to_value(algorithm).expect("settings are plain data");
    let mut settings = value.as_object().cloned().unwrap_or_default();
    settings.remove("algorithm");
    settings.insert("factors".into(), ratings.users.len().min(ratings.items.len()).into());
    let whole = Algorithm::from_settings("svd", &settings)?.fit(ratings, &Run::default())?.model;
    let Some(items) = whole.item_vectors() else { return Ok(None) };
    let mut values = vec![0.0; items.cols()];
    for i in 0..items.rows() {
        items.row(i).iter().zip(&mut values).for_each(|(&q, s)| *s += square(f64::from(q)));
    }
    values.sort_unstable_by(|a, b| b.total_cmp(a));
    Ok(Some(values))
}

/// A prediction for a pair that is not in the data.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Predicted<'a> {
    /// The user.
    pub user: &'a str,
    /// The item.
    pub item: &'a str,
    /// The predicted value.
    pub prediction: f32,
}

/// Returns the predictions that [`completion`] shows, in row-major order.
pub fn unknown<'a>(recommender: &Recommender, ratings: &'a Ratings) -> Vec<Predicted<'a>> {
    let items = ratings.items.len();
    let pair = |(at, &prediction): (usize, &f32)| {
        let (u, i) = (at / items, (at % items) as u32);
        let known = ratings.by_user.row(u).get(i).is_some();
        let (user, item) = (ratings.users.name(u as u32), ratings.items.name(i));
        (!known).then_some(Predicted { user, item, prediction })
    };
    scores(recommender, ratings).iter().enumerate().filter_map(pair).collect()
}

/// Returns the scores of all items for all users, in row-major order.
fn scores(recommender: &Recommender, ratings: &Ratings) -> Vec<f32> {
    let items: Vec<u32> = (0..ratings.items.len() as u32).collect();
    let mut scores = vec![0.0; ratings.users.len() * items.len()];
    for (u, row) in scores.chunks_mut(items.len().max(1)).enumerate() {
        recommender.model().score(User::of(ratings, u as u32), &items, row);
    }
    scores
}
