//! Reading ratings.dat into a sparse matrix of users × items, without times, like the peers.

use crate::answer::Figures;
use crate::gauge::Gauge;
use crate::places;
use anyhow::{Context, Result};
use cofil::Duplicates;
use cofil::data::read::{Column, ReadOptions, read};
use serde_json::json;

pub fn figures(mut gauge: Gauge) -> Result<Figures> {
    let path = places::inputs().join("ratings.dat");
    // Load the file into the page cache, as for the peers, but not into the memory of this process.
    let mut file = std::fs::File::open(&path).with_context(|| path.display().to_string())?;
    std::io::copy(&mut file, &mut std::io::sink())?;
    let options = ReadOptions { time: Some(Column::Absent), ..ReadOptions::default() };
    let load = || read(&path, &options)?.interactions.into_ratings(Duplicates::Last);
    let ratings = gauge.time("load", load)?;
    let quality = [
        ("users", ratings.users.len() as f64),
        ("items", ratings.items.len() as f64),
        ("ratings", ratings.len() as f64),
        ("sum", ratings.by_user.values().iter().map(|&value| f64::from(value)).sum()),
    ];
    let quality = quality.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Ok(gauge.figures(quality, json!({"columns": ["user", "item", "value"]})))
}
