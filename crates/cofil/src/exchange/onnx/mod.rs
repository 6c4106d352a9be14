//! Models as ONNX: graphs from users, or their histories, to scores.
//!
//! A graph gives the scores of [`Recommender`] itself: links, readings of values, the popularity of items for users of
//! whom nothing is known, and what stands in for scores that the history does not support are part of it.

mod history;
mod proto;
mod users;

use crate::data::filler::NOBODY;
use crate::error::{Error, Result};
use crate::nn::layers::{Activation, SELU_ALPHA, SELU_SCALE};
use crate::preference::fillers;
use crate::recipes::Target;
use crate::recommender::{Origin, Recommender};
use crate::shapes::network::NetworkSettings;
use crate::shapes::{AutoEncoder, Factors, ItemWeights, Network, Output, ScoreFunction};
use crate::store::Tensor;
use proto::{Attribute, Element, Graph};
use serde::de::DeserializeOwned;
use std::path::Path;

/// What a graph takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// `user`: numbers of users; the output has a column per item.
    Users,
    /// `history`: a row of values per user, 0 for items that the user does not have; a column per item.
    Histories,
    /// `user` and `item`: numbers of as many users and items; the output is one score for each pair.
    Pairs,
}

/// Writes the graph of a model; returns what it takes and its size in bytes.
pub(super) fn write(recommender: &Recommender, path: &Path) -> Result<(Takes, u64)> {
    let model = recommender.model();
    let arrays = Arrays { tensors: model.tensors(), recommender };
    // Constants that the graph borrows.
    let fill = Fill::of(recommender, &arrays)?;
    let known = users::known(recommender);
    let mut graph = Graph::default();
    let base;
    let takes = match model.kind() {
        Factors::KIND => {
            let settings = arrays.settings()?;
            base = users::base(&arrays, &settings)?;
            users::factors(&mut graph, &arrays, &settings, &base, &fill, known.as_deref())?;
            Takes::Users
        }
        Network::KIND => {
            let settings: NetworkSettings = arrays.settings()?;
            users::network(&mut graph, &arrays, &settings, &fill)?;
            Takes::Pairs
        }
        ItemWeights::KIND => {
            history::item_weights(&mut graph, &arrays, &fill)?;
            Takes::Histories
        }
        AutoEncoder::KIND => {
            history::auto_encoder(&mut graph, &arrays, &fill)?;
            Takes::Histories
        }
        kind => {
            return Err(Error::Unsupported(format!(
                "models of shape `{kind}` hold the histories of other users, neighbours of items or several models, and \
                 are not written as ONNX; shapes that can be written are {}, {}, {} and {}",
                Factors::KIND,
                ItemWeights::KIND,
                AutoEncoder::KIND,
                Network::KIND
            )));
        }
    };
    let name = recommender.card().name();
    let about =
        [("cofil.model", &*name), ("cofil.fingerprint", recommender.fingerprint().unwrap_or(""))];
    Ok((takes, graph.write(path, &about)?))
}

/// The arrays and settings of a model, as in its file.
struct Arrays<'a> {
    tensors: Vec<Tensor<'a>>,
    recommender: &'a Recommender,
}

impl<'a> Arrays<'a> {
    fn get(&self, name: &str) -> Option<&Tensor<'a>> {
        self.tensors.iter().find(|tensor| tensor.name() == name)
    }

    /// The numbers of an array.
    fn floats(&self, name: &str) -> Result<&'a [f32]> {
        let found = self.get(name).and_then(Tensor::as_f32);
        found.ok_or_else(|| Error::Unsupported(format!("the model has no array `{name}`")))
    }

    /// The numbers of a matrix, and the length of its rows.
    fn matrix(&self, name: &str) -> Result<(&'a [f32], usize)> {
        let numbers = self.floats(name)?;
        Ok((numbers, self.get(name).and_then(|tensor| tensor.shape().get(1)).copied().unwrap_or(0)))
    }

    fn settings<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_value(self.recommender.model().settings()).map_err(|e| {
            Error::Unsupported(format!("the settings of the model are of another kind: {e}"))
        })
    }

    fn items(&self) -> usize {
        self.recommender.items().len()
    }

    fn users(&self) -> usize {
        self.recommender.users().len()
    }
}

/// The scores of items that nothing speaks for, in models that rank.
struct Fill<'a> {
    popular: &'a [f32],
    /// By item; empty for models that predict ratings.
    fillers: Vec<f32>,
    /// By item, 1 for those that no user likes and no user gets; empty if there are none.
    unliked: Vec<u8>,
}

impl<'a> Fill<'a> {
    fn of(recommender: &Recommender, arrays: &Arrays<'a>) -> Result<Self> {
        // Models of users' neighbours have no such array and are refused later.
        let popular = arrays.floats("popular").unwrap_or_default();
        let card = recommender.card();
        let fillers = match card.target() {
            Target::Preference => fillers(popular),
            Target::Rating => Vec::new(),
        };
        let trained = matches!(card.origin, Origin::Trained { .. });
        let mut unliked: Vec<u8> =
            fillers.iter().map(|&filler| u8::from(trained && filler == NOBODY)).collect();
        if !unliked.contains(&1) {
            unliked.clear();
        }
        Ok(Self { popular, fillers, unliked })
    }

    /// Adds the rule to `scores`, a column per item; with `item`, to one score for each of those items.
    fn add<'g>(&'g self, graph: &mut Graph<'g>, scores: String, item: Option<&str>) -> String {
        if self.fillers.is_empty() {
            return scores;
        }
        let n = self.fillers.len();
        let dims: &[usize] = if item.is_some() { &[n] } else { &[1, n] };
        let mut fillers = graph.floats("fillers", dims, &self.fillers);
        if let Some(item) = item {
            fillers = graph.node("Gather", &[&fillers, item]);
        }
        let zero = graph.scalar(0.0);
        let unsupported = graph.node("Equal", &[&scores, &zero]);
        let scores = graph.node("Where", &[&unsupported, &fillers, &scores]);
        if self.unliked.is_empty() {
            return scores;
        }
        let unliked = Tensor::bytes("", &self.unliked);
        let mut unliked = graph.constant("unliked", dims, unliked, Element::Bool);
        if let Some(item) = item {
            unliked = graph.node("Gather", &[&unliked, item]);
        }
        graph.node("Where", &[&unliked, &fillers, &scores])
    }

    /// Replaces the rows of `scores` where `unknown` (a column) holds by the popularity of items.
    fn popular<'g>(&'g self, graph: &mut Graph<'g>, scores: &str, unknown: &str) -> String {
        let popular = graph.floats("popular", &[1, self.popular.len()], self.popular);
        graph.node("Where", &[unknown, &popular, scores])
    }
}

/// Adds f(x).
fn activation(graph: &mut Graph<'_>, f: Activation, x: String) -> String {
    match f {
        Activation::Identity => x,
        Activation::Sigmoid => graph.node("Sigmoid", &[&x]),
        Activation::Relu => graph.node("Relu", &[&x]),
        Activation::Tanh => graph.node("Tanh", &[&x]),
        Activation::Selu => {
            let numbers =
                [Attribute::Float("alpha", SELU_ALPHA), Attribute::Float("gamma", SELU_SCALE)];
            graph.node_with("Selu", &[&x], &numbers)
        }
    }
}

/// Adds offset + factor · f(x), clipped to the range.
fn output(graph: &mut Graph<'_>, output: Output, x: String) -> String {
    let y = activation(graph, output.activation, x);
    let y = scaled(graph, y, output.factor, output.offset);
    match output.range {
        None => y,
        Some((low, high)) => {
            let (low, high) = (graph.scalar(low), graph.scalar(high));
            graph.node("Clip", &[&y, &low, &high])
        }
    }
}

/// Adds factor · x + offset.
fn scaled(graph: &mut Graph<'_>, x: String, factor: f32, offset: f32) -> String {
    let factor = graph.scalar(factor);
    let x = graph.node("Mul", &[&x, &factor]);
    let offset = graph.scalar(offset);
    graph.node("Add", &[&x, &offset])
}

/// Adds the link of a score.
fn link(graph: &mut Graph<'_>, link: ScoreFunction, x: String) -> String {
    match link {
        ScoreFunction::Identity => x,
        ScoreFunction::Sigmoid { low, high } => {
            let y = graph.node("Sigmoid", &[&x]);
            scaled(graph, y, high - low, low)
        }
        ScoreFunction::Output(how) => output(graph, how, x),
    }
}
