//! Graphs of models with a vector for each user: factors, and networks.

use super::proto::{Attribute, Element, Graph};
use super::{Arrays, Fill, activation, link};
use crate::error::Result;
use crate::preference::any_liked;
use crate::recipes::Target;
use crate::recommender::Recommender;
use crate::shapes::FactorsSettings;
use crate::shapes::network::NetworkSettings;
use crate::store::Tensor;

/// The second matrix of a product by its rows.
const BY_ROWS: [Attribute; 1] = [Attribute::Int("transB", 1)];

/// By user, 1 for those of whom something is known; `None` if that is so for all.
pub(super) fn known(recommender: &Recommender) -> Option<Vec<u8>> {
    let card = recommender.card();
    let is_known = |u: u32| {
        let user = recommender.user_at(u);
        let likes = card.target() == Target::Rating
            || user.history.is_empty()
            || any_liked(card.data.reading, user.history);
        u8::from(user.index.is_some() && likes)
    };
    let known: Vec<u8> = (0..recommender.users().len() as u32).map(is_known).collect();
    known.contains(&0).then_some(known)
}

/// μ + b_u, by user.
pub(super) fn base(arrays: &Arrays<'_>, settings: &FactorsSettings) -> Result<Vec<f32>> {
    Ok(arrays.floats("user_bias")?.iter().map(|bias| settings.offset + bias).collect())
}

/// link(μ + b_u + b_i + p_u · q_i) for all items.
pub(super) fn factors<'a>(
    graph: &mut Graph<'a>,
    arrays: &Arrays<'a>,
    settings: &FactorsSettings,
    base: &'a [f32],
    fill: &'a Fill<'a>,
    known: Option<&'a [u8]>,
) -> Result<()> {
    let (users, items) = (arrays.users(), arrays.items());
    let (p, k) = arrays.matrix("user_factors")?;
    let (q, _) = arrays.matrix("item_factors")?;
    graph.input("user", Element::Int64, None);
    let of_item = graph.floats("item_bias", &[1, items], arrays.floats("item_bias")?);
    let base = graph.floats("user_base", &[users, 1], base);
    let of_user = graph.node("Gather", &[&base, "user"]);
    let mut sum = graph.node("Add", &[&of_user, &of_item]);
    if k > 0 {
        let p = graph.floats("user_factors", &[users, k], p);
        let q = graph.floats("item_factors", &[items, k], q);
        let p = graph.node("Gather", &[&p, "user"]);
        sum = graph.node_with("Gemm", &[&p, &q, &sum], &BY_ROWS);
    }
    let scores = link(graph, settings.link, sum);
    let mut scores = fill.add(graph, scores, None);
    if let Some(known) = known {
        let known = graph.constant("known", &[users, 1], Tensor::bytes("", known), Element::Bool);
        let known = graph.node("Gather", &[&known, "user"]);
        let unknown = graph.node("Not", &[&known]);
        scores = fill.popular(graph, &scores, &unknown);
    }
    graph.output("scores", &scores, Some(items));
    Ok(())
}

/// link(h · [p_u ∘ q_i ; φ([p′_u ; q′_i])] + b) for pairs.
pub(super) fn network<'a>(
    graph: &mut Graph<'a>,
    arrays: &Arrays<'a>,
    settings: &NetworkSettings,
    fill: &'a Fill<'a>,
) -> Result<()> {
    graph.input("user", Element::Int64, None);
    graph.input("item", Element::Int64, None);
    let gathered = |graph: &mut Graph<'a>, name: &str, rows: usize, at: &str| -> Result<String> {
        let (numbers, k) = arrays.matrix(name)?;
        let matrix = graph.floats(name, &[rows, k], numbers);
        Ok(graph.node("Gather", &[&matrix, at]))
    };
    let (users, items) = (arrays.users(), arrays.items());
    let mut sum = graph.scalar(settings.bias);
    if arrays.get("product_users").is_some() {
        let p = gathered(graph, "product_users", users, "user")?;
        let q = gathered(graph, "product_items", items, "item")?;
        let product = graph.node("Mul", &[&p, &q]);
        sum = weighed(graph, arrays, "product_output", &product, &sum)?;
    }
    if arrays.get("tower_users").is_some() {
        let p = gathered(graph, "tower_users", users, "user")?;
        let q = gathered(graph, "tower_items", items, "item")?;
        let mut x = graph.node_with("Concat", &[&p, &q], &[Attribute::Int("axis", 1)]);
        for layer in 1.. {
            let names = [format!("layer_{layer}_weights"), format!("layer_{layer}_bias")];
            if arrays.get(&names[0]).is_none() {
                break;
            }
            let (weights, inputs) = arrays.matrix(&names[0])?;
            let bias = arrays.floats(&names[1])?;
            let weights = graph.floats(&names[0], &[bias.len(), inputs], weights);
            let bias = graph.floats(&names[1], &[bias.len()], bias);
            let y = graph.node_with("Gemm", &[&x, &weights, &bias], &BY_ROWS);
            x = activation(graph, settings.activation, y);
        }
        sum = weighed(graph, arrays, "tower_output", &x, &sum)?;
    }
    let flat = graph.integers(&[-1]);
    let sum = graph.node("Reshape", &[&sum, &flat]);
    let scores = link(graph, settings.link, sum);
    let scores = fill.add(graph, scores, Some("item"));
    graph.output("scores", &scores, None);
    Ok(())
}

/// Adds x · h + sum, a column.
fn weighed<'a>(
    graph: &mut Graph<'a>,
    arrays: &Arrays<'a>,
    name: &str,
    x: &str,
    sum: &str,
) -> Result<String> {
    let h = arrays.floats(name)?;
    let h = graph.floats(name, &[h.len(), 1], h);
    let product = graph.node("MatMul", &[x, &h]);
    Ok(graph.node("Add", &[&product, sum]))
}
