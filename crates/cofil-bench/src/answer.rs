//! What one process says about one job: the JSON that peers (`peers/README.md`) and cofil both print.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// One contestant's answer; `figures` are there when `status` is "ok".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    pub job: String,
    pub peer: String,
    pub package: String,
    pub version: Option<String>,
    pub threads: usize,
    /// The entry of `seconds` that is compared.
    pub timed: String,
    /// "ok", "not installed" (with `reason`) or "failed: …".
    pub status: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(flatten)]
    pub figures: Option<Figures>,
}

/// What was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// How often the timed part ran inside the process.
    pub repeat: usize,
    /// Median seconds of each part.
    pub seconds: BTreeMap<String, f64>,
    /// Least seconds of each part.
    pub seconds_min: BTreeMap<String, f64>,
    /// High-water mark of the process when the timed part ended.
    pub peak_memory_mb: f64,
    /// High-water mark before any data was read.
    pub start_memory_mb: f64,
    /// By the evaluator all contestants share the definitions of.
    pub quality: BTreeMap<String, f64>,
    /// By the contestant itself.
    #[serde(default)]
    pub reported: BTreeMap<String, f64>,
    /// What it ran with.
    pub settings: Value,
}

impl Answer {
    /// The figures, or why there are none.
    pub fn figures(&self) -> Result<&Figures, String> {
        match (&self.figures, &self.reason) {
            (Some(figures), _) if self.status == "ok" => Ok(figures),
            (_, Some(reason)) => Err(format!("{}: {reason}", self.status)),
            _ => Err(self.status.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_are_understood() {
        let ok = r#"{"job": "ease", "peer": "irspack", "package": "irspack", "version": "0.5.2",
            "threads": 2, "timed": "fit", "status": "ok", "repeat": 1, "seconds": {"load": 0.2, "fit": 6.5},
            "seconds_min": {"load": 0.2, "fit": 6.5}, "peak_memory_mb": 369.6, "start_memory_mb": 49.2,
            "quality": {"ndcg@20": 0.337412}, "reported": {}, "settings": {"reg": 500.0}}"#;
        let ok: Answer = serde_json::from_str(ok).unwrap();
        assert_eq!(ok.figures().unwrap().seconds["fit"], 6.5);
        let text = serde_json::to_string(&ok).unwrap();
        assert_eq!(serde_json::from_str::<Answer>(&text).unwrap(), ok);

        let absent = r#"{"job": "evaluate", "peer": "lenskit", "package": "lenskit", "version": null,
            "threads": 2, "timed": "evaluate", "status": "not installed", "reason": "needs torch"}"#;
        let absent: Answer = serde_json::from_str(absent).unwrap();
        assert_eq!(absent.figures().unwrap_err(), "not installed: needs torch");
    }
}
