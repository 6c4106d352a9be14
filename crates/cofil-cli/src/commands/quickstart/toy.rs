//! Matrix completion on a 5 × 5 matrix with five unknown entries.

use anyhow::Result;
use cofil::{Algorithm, Csr, Ratings, Recommender, Run, plot};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

/// The result as text and as JSON.
pub struct Toy {
    pub text: String,
    pub predictions: Vec<Value>,
}

/// Two groups with opposite tastes; the five entries from one corner to the other are hidden.
fn ratings() -> Ratings {
    let value = |u: u32, i: u32| if (u < 3) == (i < 3) { 1.0 } else { 0.0 };
    let row = |u: u32| (0..5).filter(move |i| u + i != 4).map(move |i| (i, value(u, i)));
    Ratings {
        users: Arc::new(["ann", "bea", "cem", "dan", "eva"].iter().collect()),
        items: Arc::new(["jazz", "blues", "soul", "punk", "metal"].iter().collect()),
        by_user: Csr::from_rows(5, (0..5).map(row)),
        times: None,
    }
}

/// Completes the matrix, plots it to `figure` and formats it as text.
pub fn complete(figure: &Path) -> Result<Toy> {
    let ratings = ratings();
    let settings = json!({
        "factors": 2, "epochs": 500, "learning_rate": 0.01, "decay": 1.0, "reg": 0.01,
        "init_scale": 0.01, "offset": "learned",
    });
    let settings = settings.as_object().cloned().unwrap_or_default();
    let algorithm = Algorithm::from_settings("biased-mf", &settings)?;
    let recommender = Recommender::train(&algorithm, &ratings, &Run::default())?;
    plot::completion(&recommender, &ratings)?.save(figure)?;
    let predicted = plot::unknown(&recommender, &ratings);

    let mut text = String::from(
        "1 is like, 0 is dislike, five entries are unknown. biased-mf learns a vector of\n\
         two numbers per user and item, and predicts the entries in [brackets]:\n\n     ",
    );
    ratings.items.names().for_each(|item| text += &format!("{item:>8}"));
    for (u, user) in ratings.users.names().enumerate() {
        text += &format!("\n  {user}");
        for (i, item) in ratings.items.names().enumerate() {
            let unknown = predicted.iter().find(|p| p.user == user && p.item == item);
            let cell = match unknown {
                Some(p) => format!("[{:.2}]", p.prediction),
                None => {
                    format!("{}  ", ratings.by_user.row(u).get(i as u32).unwrap_or_default())
                }
            };
            text += &format!("{cell:>8}");
        }
    }
    text.push('\n');
    Ok(Toy { text, predictions: predicted.iter().map(|p| json!(p)).collect() })
}
