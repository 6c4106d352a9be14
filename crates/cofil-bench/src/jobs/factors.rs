//! Reads the factors that cofil and the peers share, from NumPy files.

use super::npy;
use anyhow::{Context, Result};
use cofil::shapes::{Factors, FoldIn};
use cofil::shapes::{FactorsSettings, ScoreFunction};
use std::path::Path;

/// Returns the model that scores by the inner product of `user_factors.npy` and `item_factors.npy`.
pub fn read(folder: &Path) -> Result<Factors> {
    let [users, items] = ["user_factors.npy", "item_factors.npy"].map(|name| {
        let path = folder.join(name);
        let read = std::fs::read(&path).map_err(anyhow::Error::from);
        read.and_then(|bytes| npy::matrix(&bytes)).with_context(|| path.display().to_string())
    });
    let (users, items) = (users?, items?);
    let settings =
        FactorsSettings { offset: 0.0, link: ScoreFunction::Identity, fold_in: FoldIn::Biases };
    let popular = vec![0.0; items.rows()];
    Ok(Factors::new(users, items, popular, settings))
}
