//! Writes settings files for `--config`.

use crate::output;
use anyhow::Result;
use cofil::Algorithm;
use serde_json::Value;
use std::path::Path;

/// Writes `algorithm` as JSON if the file ends in `.json`, else as TOML with `comment` on the first line.
pub fn write(path: &Path, algorithm: &Algorithm, comment: &str) -> Result<()> {
    let settings = output::value(algorithm)?;
    let text = match path.extension().is_some_and(|e| e.eq_ignore_ascii_case("json")) {
        true => serde_json::to_string_pretty(&settings)? + "\n",
        false => {
            let comment = cofil::visible(comment);
            format!("# {comment}\n{}", toml::to_string(&without_nulls(settings))?)
        }
    };
    Ok(cofil::store::write_atomically(path, text.as_bytes())?)
}

/// Removes nulls, which TOML cannot express.
fn without_nulls(mut settings: Value) -> Value {
    if let Some(map) = settings.as_object_mut() {
        map.retain(|_, value| !value.is_null());
    }
    settings
}
