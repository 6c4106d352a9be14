//! Graphs of models that score by a user's history: item weights, and auto-encoders.

use super::proto::{Attribute, Element, Graph, Sparse};
use super::{Arrays, Fill, activation, output};
use crate::data::Reading;
use crate::error::Result;
use crate::recipes::Target;
use crate::shapes::auto_encoder::AutoEncoderSettings;
use crate::store::Tensor;

/// What the model learns from a row of values.
struct Read {
    /// The weights of items, 0 for those without one.
    weights: String,
    /// Whether an item counts.
    counts: String,
    /// The number of items that count, a column.
    n: String,
    /// Whether there are none, a column.
    nothing: String,
}

impl Read {
    /// Declares the input `history` and reads its values as the model does.
    fn add(graph: &mut Graph<'_>, arrays: &Arrays<'_>) -> Self {
        let (card, items) = (arrays.recommender.card(), arrays.items());
        graph.input("history", Element::Float, Some(items));
        let zero = graph.scalar(0.0);
        let (weights, counts) = match card.target() {
            Target::Rating => {
                let absent = graph.node("Equal", &["history", &zero]);
                ("history".to_owned(), graph.node("Not", &[&absent]))
            }
            Target::Preference => {
                let weights = reading(graph, card.data.reading, &zero);
                let liked = graph.node("Greater", &[&weights, &zero]);
                (weights, liked)
            }
        };
        let counts = number(graph, &counts);
        let axis = graph.integers(&[1]);
        let n = graph.node("ReduceSum", &[&counts, &axis]);
        let nothing = graph.node("Equal", &[&n, &zero]);
        Self { weights, counts, n, nothing }
    }
}

/// Adds truth values as 0 and 1.
fn number(graph: &mut Graph<'_>, truth: &str) -> String {
    graph.node_with("Cast", &[truth], &[Attribute::Int("to", Element::Float as i64)])
}

/// Adds the weights of values, see [`Reading`]; values of 0 have none.
fn reading(graph: &mut Graph<'_>, reading: Option<Reading>, zero: &str) -> String {
    let weights = match reading {
        None | Some(Reading::Once) => graph.node("Relu", &["history"]),
        Some(Reading::Scale { low, mean }) => {
            let (low, mean) = (graph.scalar(low), graph.scalar(mean));
            let above = graph.node("Sub", &["history", &low]);
            let above = graph.node("Relu", &[&above]);
            let share = graph.node("Div", &[&above, &mean]);
            graph.node("Sqrt", &[&share])
        }
        Some(Reading::Above(low)) => {
            let low = graph.scalar(low);
            let above = graph.node("Greater", &["history", &low]);
            number(graph, &above)
        }
        Some(Reading::Log { unit }) => {
            let (one, unit) = (graph.scalar(1.0), graph.scalar(std::f32::consts::LN_2 * unit));
            let count = graph.node("Relu", &["history"]);
            let count = graph.node("Add", &[&count, &one]);
            let log = graph.node("Log", &[&count]);
            graph.node("Div", &[&log, &unit])
        }
    };
    match reading {
        // Each counts the same.
        Some(Reading::Once) => {
            let liked = graph.node("Greater", &[&weights, zero]);
            number(graph, &liked)
        }
        // A scale may lie below 0.
        Some(Reading::Scale { low, .. } | Reading::Above(low)) if low < 0.0 => {
            let absent = graph.node("Equal", &["history", zero]);
            graph.node("Where", &[&absent, zero, &weights])
        }
        _ => weights,
    }
}

/// Σ_j r_j W_ji.
pub(super) fn item_weights<'a>(
    graph: &mut Graph<'a>,
    arrays: &'a Arrays<'a>,
    fill: &'a Fill<'a>,
) -> Result<()> {
    let read = Read::add(graph, arrays);
    let items = arrays.items();
    let weights = match arrays.get("weights.starts").and_then(Tensor::as_u64) {
        None => graph.floats("weights", &[items, items], arrays.floats("weights")?),
        Some(starts) => {
            let columns =
                arrays.get("weights.columns").and_then(Tensor::as_u32).unwrap_or_default();
            let values = arrays.floats("weights.values")?;
            graph.sparse("weights", Sparse { starts, columns, values, width: items })
        }
    };
    let scores = graph.node("MatMul", &[&read.weights, &weights]);
    finish(graph, fill, &read, scores, items);
    Ok(())
}

/// output(w_i · g(μ + Σ_j x_j v_j) + b_i).
pub(super) fn auto_encoder<'a>(
    graph: &mut Graph<'a>,
    arrays: &Arrays<'a>,
    fill: &'a Fill<'a>,
) -> Result<()> {
    let settings: AutoEncoderSettings = arrays.settings()?;
    let read = Read::add(graph, arrays);
    let (items, input) = (arrays.items(), settings.input);
    let mut x = match input.liked {
        true => {
            let zero = graph.scalar(0.0);
            let liked = graph.node("Greater", &[&read.weights, &zero]);
            number(graph, &liked)
        }
        false => {
            let (centre, unit) = (graph.scalar(input.centre), graph.scalar(input.unit));
            let x = graph.node("Sub", &[&read.weights, &centre]);
            let x = graph.node("Div", &[&x, &unit]);
            graph.node("Mul", &[&x, &read.counts])
        }
    };
    if input.exponent != 0.0 {
        let (one, usual) = (graph.scalar(1.0), graph.scalar(input.usual));
        let exponent = graph.scalar(input.exponent);
        let n = graph.node("Max", &[&read.n, &one]);
        let share = graph.node("Div", &[&usual, &n]);
        let factor = graph.node("Pow", &[&share, &exponent]);
        x = graph.node("Mul", &[&x, &factor]);
    }
    let (encoder, hidden) = arrays.matrix("encoder")?;
    let (decoder, _) = arrays.matrix("decoder")?;
    let encoder = graph.floats("encoder", &[items, hidden], encoder);
    let bias = graph.floats("hidden_bias", &[hidden], arrays.floats("hidden_bias")?);
    let code = graph.node("Gemm", &[&x, &encoder, &bias]);
    let code = activation(graph, settings.hidden, code);
    let decoder = graph.floats("decoder", &[items, hidden], decoder);
    let bias = graph.floats("output_bias", &[items], arrays.floats("output_bias")?);
    let sum = graph.node_with("Gemm", &[&code, &decoder, &bias], &[Attribute::Int("transB", 1)]);
    let scores = output(graph, settings.output, sum);
    finish(graph, fill, &read, scores, items);
    Ok(())
}

/// Adds the rules for items and users that nothing is known of, and the output.
fn finish<'a>(
    graph: &mut Graph<'a>,
    fill: &'a Fill<'a>,
    read: &Read,
    scores: String,
    items: usize,
) {
    let scores = fill.add(graph, scores, None);
    let scores = fill.popular(graph, &scores, &read.nothing);
    graph.output("scores", &scores, Some(items));
}
