//! What commands print: tables for people, JSON for programs.

use anyhow::Result;
use serde::Serialize;

/// Prints `value` as one JSON document.
pub fn json(value: &impl Serialize) -> Result<()> {
    println!("{}", serde_json::to_string_pretty(value)?);
    Ok(())
}
