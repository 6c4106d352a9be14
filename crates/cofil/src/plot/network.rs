//! Diagrams of networks: their layers, with sizes.

use super::canvas::{Anchor, Canvas, Color, FAINT, GREY, RULE, Rect, Style, shorten};
use super::{Axis, Content, Figure, Panel};
use crate::algorithm::Algorithm;
use crate::data::prose::{count, number};
use crate::error::{Error, Result};
use crate::nn::layers::Activation;
use crate::recipes::{AutorecItem, AutorecUser, Gmf, Mlp, Neumf};
use crate::recommender::Recommender;

/// A network, as boxes and arrows from the top down.
#[derive(Clone, Debug, Default)]
pub struct Network {
    /// The boxes. Arrows lead from earlier boxes to later ones.
    pub parts: Vec<Part>,
}

/// A box of a [`Network`].
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// The first line.
    pub name: String,
    /// The second line, such as the size.
    pub detail: String,
    /// Row from the top, from 0.
    pub row: usize,
    /// Column of its centre: 0 is the first, and halves lie between two columns.
    pub column: f64,
    /// The boxes from which arrows lead to this one, as indices.
    pub inputs: Vec<usize>,
}

/// Width and height of a box, and the gaps between boxes.
const BOX: (f64, f64) = (142.0, 42.0);
const GAPS: (f64, f64) = (12.0, 26.0);
const FILL: Color = Color(0xf4, 0xf7, 0xfa);

impl Network {
    /// Returns width and height.
    pub(super) fn size(&self) -> (f64, f64) {
        let columns = self.parts.iter().map(|part| part.column).fold(0.0, f64::max) + 1.0;
        let rows = self.parts.iter().map(|part| part.row + 1).max().unwrap_or(1) as f64;
        (columns * (BOX.0 + GAPS.0), rows * (BOX.1 + GAPS.1))
    }

    /// Draws the boxes and arrows; returns the left edge.
    pub(super) fn draw(&self, canvas: &mut Canvas, space: Rect) -> f64 {
        let place = |part: &Part| Rect {
            left: space.left + part.column * (BOX.0 + GAPS.0),
            top: space.top + part.row as f64 * (BOX.1 + GAPS.1),
            width: BOX.0,
            height: BOX.1,
        };
        for part in &self.parts {
            let (to, many) = (place(part), part.inputs.len() as f64);
            for (at, from) in
                part.inputs.iter().filter_map(|&from| self.parts.get(from)).enumerate()
            {
                let from = place(from);
                // Arrows into one box end side by side.
                let x = to.left + to.width * (at as f64 + 1.0) / (many + 1.0);
                canvas.arrow((from.left + from.width / 2.0, from.bottom()), (x, to.top), GREY);
            }
        }
        for part in &self.parts {
            let at = place(part);
            let inner = Rect {
                left: at.left + 1.0,
                top: at.top + 1.0,
                width: at.width - 2.0,
                height: at.height - 2.0,
            };
            canvas.rect(at, if part.inputs.is_empty() { FAINT } else { RULE });
            canvas.rect(inner, FILL);
            let line = |canvas: &mut Canvas, text: &str, y: f64, style: &Style| {
                let text = shorten(text, style.size, at.width - 8.0);
                canvas.text(at.left + at.width / 2.0, at.top + y, &text, Anchor::Middle, style);
            };
            line(canvas, &part.name, 14.0, &Style { bold: true, ..Style::default() });
            line(canvas, &part.detail, 29.0, &Style { color: GREY, ..Style::default() });
        }
        space.left
    }

    fn add(&mut self, row: usize, column: f64, lines: [String; 2], inputs: &[usize]) -> usize {
        let [name, detail] = lines;
        self.parts.push(Part { name, detail, row, column, inputs: inputs.into() });
        self.parts.len() - 1
    }
}

/// Draws the network of a model: its layers with their sizes, inputs at the top.
///
/// # Errors
/// If the algorithm is not `autorec-item`, `autorec-user`, `gmf`, `mlp` or `neumf`.
pub fn network(recommender: &Recommender) -> Result<Figure> {
    let card = recommender.card();
    let sizes = (recommender.users().len(), recommender.items().len());
    let score = match card.algorithm().is_some_and(Algorithm::scores_log_odds) {
        true => "σ gives a probability",
        false => "one number",
    };
    let network = match card.algorithm() {
        Some(Algorithm::AutorecItem(AutorecItem { hidden, encoder, decoder, .. })) => {
            auto_encoder("an item", count(sizes.0, "user"), *hidden, [*encoder, *decoder])
        }
        Some(Algorithm::AutorecUser(AutorecUser { hidden, encoder, decoder, .. })) => {
            auto_encoder("a user", count(sizes.1, "item"), *hidden, [*encoder, *decoder])
        }
        Some(Algorithm::Gmf(Gmf { factors, .. })) => {
            interaction(sizes, *factors, &[], Activation::Identity, score)
        }
        Some(Algorithm::Mlp(Mlp { layers, activation, .. })) => {
            interaction(sizes, 0, layers, *activation, score)
        }
        Some(Algorithm::Neumf(Neumf { factors, layers, activation, .. })) => {
            interaction(sizes, *factors, layers, *activation, score)
        }
        _ => {
            return Err(Error::Unsupported(format!(
                "{} is not a network, so there is no diagram; autorec-item, autorec-user, gmf, mlp and neumf are",
                card.name()
            )));
        }
    };
    Ok(Figure::new(&[Panel {
        title: format!("The network of {}", card.name()),
        x: Axis::new(""),
        y: Axis::new(""),
        content: Content::Network(network),
    }]))
}

/// The network of AutoRec for rows of `entries`.
fn auto_encoder(whose: &str, entries: String, hidden: usize, f: [Activation; 2]) -> Network {
    let [encoder, decoder] = f.map(name);
    let mut network = Network::default();
    let row = network.add(0, 0.0, [format!("ratings of {whose}"), entries.clone()], &[]);
    let code = network.add(1, 0.0, ["hidden layer".into(), size(hidden, encoder)], &[row]);
    network.add(2, 0.0, ["reconstruction".into(), format!("{entries}, {decoder}")], &[code]);
    network
}

/// A network with a product of embeddings (`factors` > 0), a tower (`layers`), or both.
fn interaction(
    (users, items): (usize, usize),
    factors: usize,
    layers: &[usize],
    activation: Activation,
    score: &str,
) -> Network {
    let mut network = Network::default();
    // The product takes two columns, and the tower the next two.
    let both = factors > 0 && !layers.is_empty();
    let (apart, tower) = if both { (1.0, 2.0) } else { (0.0, 0.0) };
    let user = network.add(0, apart, ["user".into(), format!("one of {}", number(users))], &[]);
    let item =
        network.add(0, apart + 1.0, ["item".into(), format!("one of {}", number(items))], &[]);
    let mut ends = Vec::new();
    let embed = |network: &mut Network, column: f64, length: usize| {
        ["user", "item"].map(|side| {
            let (at, from) = if side == "user" { (column, user) } else { (column + 1.0, item) };
            let lines = [format!("{side} embedding"), count(length, "number")];
            network.add(1, at, lines, &[from])
        })
    };
    if factors > 0 {
        let from = embed(&mut network, 0.0, factors);
        ends.push(network.add(
            2,
            0.5,
            ["product by entry".into(), count(factors, "number")],
            &from,
        ));
    }
    if let Some((&input, dense)) = layers.split_first() {
        let from = embed(&mut network, tower, input / 2);
        let column = tower + 0.5;
        let mut last =
            network.add(2, column, ["concatenation".into(), count(input, "number")], &from);
        for (at, &width) in dense.iter().enumerate() {
            let lines = ["dense layer".into(), size(width, name(activation))];
            last = network.add(3 + at, column, lines, &[last]);
        }
        ends.push(last);
    }
    let mut row = 3 + layers.len().saturating_sub(1);
    let middle = if both { 1.5 } else { 0.5 };
    if both {
        let width = factors + layers.last().copied().unwrap_or(0);
        let lines = ["concatenation".into(), count(width, "number")];
        ends = vec![network.add(row, middle, lines, &ends)];
        row += 1;
    }
    network.add(row, middle, ["score: weighted sum".into(), score.into()], &ends);
    network
}

fn size(width: usize, activation: &str) -> String {
    format!("{}, {activation}", count(width, "unit"))
}

fn name(activation: Activation) -> &'static str {
    match activation {
        Activation::Identity => "identity",
        Activation::Sigmoid => "sigmoid",
        Activation::Relu => "ReLU",
        Activation::Tanh => "tanh",
        Activation::Selu => "SELU",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Ratings;
    use crate::train::Run;
    use serde_json::json;

    fn diagram(name: &str, settings: serde_json::Value) -> Result<String> {
        let named: Vec<_> =
            (0..60).map(|n| (format!("u{}", n % 12), format!("i{}", n / 4))).collect();
        let value = |item: &str| item.len() as f32;
        let ratings = named.iter().map(|(u, i)| (&**u, &**i, value(i)));
        let ratings = Ratings::from_triples(ratings).unwrap();
        let settings = settings.as_object().expect("an object");
        let algorithm = Algorithm::from_settings(name, settings).unwrap();
        let model = Recommender::train(&algorithm, &ratings, &Run::default()).unwrap();
        network(&model).map(|figure| figure.svg())
    }

    #[test]
    fn a_diagram_has_every_layer_and_its_size() {
        let neumf = json!({"factors": 4, "layers": [10, 6, 3], "epochs": 1});
        let neumf = diagram("neumf", neumf).unwrap();
        // Two inputs, four embeddings, product, concatenation, two layers, concatenation, score; a box is two areas.
        assert_eq!(neumf.matches("<rect").count(), 2 * 12 + 1, "{neumf}");
        for text in
            ["one of 12", "one of 15", "5 numbers", "10 numbers", "6 units, ReLU", "7 numbers"]
        {
            assert!(neumf.contains(&format!(">{text}</text>")), "{text}: {neumf}");
        }
        assert!(neumf.contains("σ gives a probability"));
        let gmf = diagram("gmf", json!({"factors": 4, "epochs": 1, "loss": "bpr"})).unwrap();
        assert!(gmf.matches("<rect").count() == 2 * 6 + 1 && gmf.contains("one number"), "{gmf}");
        let mlp = diagram("mlp", json!({"layers": [4, 2], "epochs": 1})).unwrap();
        assert_eq!(mlp.matches("<rect").count(), 2 * 7 + 1, "{mlp}");
        let by_item = diagram("autorec-item", json!({"hidden": 3, "epochs": 1})).unwrap();
        assert!(by_item.contains("12 users, identity") && by_item.contains("3 units, sigmoid"));
        let by_user = diagram("autorec-user", json!({"hidden": 3, "epochs": 1})).unwrap();
        assert!(by_user.contains("15 items, identity"), "{by_user}");
        let ease = diagram("ease", json!({})).unwrap_err().to_string();
        assert!(ease.contains("ease is not a network"), "{ease}");
    }
}
