//! What commands print: tables for people, JSON for programs.

use anyhow::Result;
use cofil::data::prose::count;
use cofil::recommender::DataCard;
use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;
use serde_json::Value;
use std::path::Path;

/// Prints `value` as one JSON document.
pub fn json(value: &impl Serialize) -> Result<()> {
    println!("{}", serde_json::to_string_pretty(value)?);
    Ok(())
}

/// `value` as JSON with numbers as short as they can be.
pub fn value(value: &impl Serialize) -> Result<Value> {
    Ok(cofil::store::plain(value)?)
}

/// Prints a table; the columns numbered in `right` are numbers.
pub fn table(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>, right: &[usize]) {
    println!("{}", lines(head, rows, right));
}

/// A table as text.
pub fn lines(
    head: &[&str],
    rows: impl IntoIterator<Item = Vec<String>>,
    right: &[usize],
) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(head.iter().copied());
    rows.into_iter().for_each(|row| {
        table.add_row(row);
    });
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    for &column in right {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n")
}

/// Prints `name  value` lines, the values aligned.
pub fn facts(facts: &[(&str, String)]) {
    let width = facts.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, value) in facts {
        println!("{name:<width$}  {value}");
    }
}

/// The training data in a few words.
pub fn sizes(data: &DataCard) -> String {
    let [users, items] = [count(data.users, "user"), count(data.items, "item")];
    format!("{users}, {items}, {}", count(data.interactions, "interaction"))
}

/// 3.25 s, 2 min 5 s.
pub fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 0.005 => "< 0.01 s".into(),
        s if s < 10.0 => format!("{s:.2} s"),
        s if s < 120.0 => format!("{s:.0} s"),
        s => format!("{} min {:.0} s", (s / 60.0) as u64, s % 60.0),
    }
}

/// 512 B, 3.4 kB, 1.2 GB.
pub fn bytes(n: u64) -> String {
    let units = [(1e9, "GB"), (1e6, "MB"), (1e3, "kB")];
    match units.into_iter().find(|(size, _)| n as f64 >= *size) {
        Some((size, unit)) => format!("{:.1} {unit}", n as f64 / size),
        None => format!("{n} B"),
    }
}

/// A score with as many digits as tell it from its neighbours.
pub fn score(x: f32) -> String {
    match x.abs() {
        size if size >= 1000.0 => format!("{x:.0}"),
        size if size >= 10.0 => format!("{x:.2}"),
        _ => format!("{x:.4}"),
    }
}

/// Refuses a place that cannot be written to, before any work is done.
pub fn check_writable(path: &Path) -> Result<()> {
    Ok(cofil::store::check_writable(path)?)
}
