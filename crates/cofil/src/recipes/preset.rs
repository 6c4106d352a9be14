//! Presets: named sets of settings, declared beside the settings of each algorithm.

use serde_json::{Map, Value};

/// A named set of settings, such as those of a tutorial or a paper. Settings that it does not name keep their
/// defaults.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// Name of the preset, unique for its algorithm.
    pub name: &'static str,
    /// Where the settings come from and what they are for, in one sentence.
    pub about: &'static str,
    pub(crate) settings: fn() -> Value,
}

impl Preset {
    /// Returns the settings with their values.
    pub fn settings(&self) -> Map<String, Value> {
        match (self.settings)() {
            Value::Object(settings) => settings,
            _ => unreachable!("a test reads every preset"),
        }
    }
}
