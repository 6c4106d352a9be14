//! The result of one process for one job: the JSON that cofil and the peers (`peers/README.md`) print.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// The answer of one process; `figures` are present if `status` is "ok".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    pub job: String,
    pub peer: String,
    pub package: String,
    pub version: Option<String>,
    pub threads: usize,
    /// The entry of `seconds` to compare.
    pub timed: String,
    /// "ok", "not installed" (with `reason`) or "failed: …".
    pub status: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(flatten)]
    pub figures: Option<Figures>,
}

/// Measurements of one process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Number of repetitions of the timed part within the process.
    pub repeat: usize,
    /// Median seconds of each part.
    pub seconds: BTreeMap<String, f64>,
    /// Minimum seconds of each part.
    pub seconds_min: BTreeMap<String, f64>,
    /// Peak memory of the process when the timed part ended.
    pub peak_memory_mb: f64,
    /// Peak memory before any data was read.
    pub start_memory_mb: f64,
    /// Values by the definitions that cofil and all peers share.
    pub quality: BTreeMap<String, f64>,
    /// Values computed by the library itself.
    #[serde(default)]
    pub reported: BTreeMap<String, f64>,
    /// Settings of the run.
    pub settings: Value,
}

impl Answer {
    /// Returns the figures, or the reason why there are none.
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
