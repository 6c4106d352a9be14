//! Tables: Markdown with aligned columns, which serves the terminal as well as the page.

use crate::contestant::Contestant;
use crate::experiment::{Experiment, Peer};
use crate::verdict::{self, Verdict};
use anyhow::{Context, Result, bail};
use comfy_table::{CellAlignment, Table, presets};
use std::path::Path;

/// Heading, table and notes of one experiment.
pub fn experiment(experiment: &Experiment, cofil: &Contestant, peers: &[Contestant]) -> String {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    let last = 7 + usize::from(experiment.work.is_some()) + experiment.quality.len();
    let mut header = ["", "version", "seconds", "cofil/it", "claimed", "peak MB", "MB cofil/it"]
        .map(String::from)
        .to_vec();
    header.extend(experiment.work.iter().map(|work| format!("M {}/s", work.of)));
    header.extend(experiment.quality.iter().map(|q| q.metric.clone()));
    header.push("verdict".into());
    table.set_header(header);
    table.add_row(cofil_row(experiment, cofil));
    for (peer, contestant) in experiment.peers.iter().zip(peers) {
        table.add_row(peer_row(experiment, peer, cofil, contestant));
    }
    for column in 2..last {
        table.column_mut(column).expect("in the header").set_cell_alignment(CellAlignment::Right);
    }
    let mut text = format!("### {}\n\n{table}\n", experiment.title);
    let mut notes = vec![experiment.note.clone()];
    for (peer, contestant) in experiment.peers.iter().zip(peers) {
        if !peer.note.is_empty() {
            notes.push(format!("{}: {}.", peer.name, peer.note));
        }
        if let Err(reason) = contestant.answer.figures() {
            notes.push(format!("{}: {reason}.", peer.name));
        }
    }
    if let Err(reason) = cofil.answer.figures() {
        notes.push(format!("cofil: {reason}."));
    }
    notes.retain(|note| !note.is_empty());
    if !notes.is_empty() {
        text += &format!("\n{}\n", notes.join(" "));
    }
    text
}

fn cofil_row(experiment: &Experiment, cofil: &Contestant) -> Vec<String> {
    let mut row = start(cofil);
    row.extend(["", ""].map(String::from));
    row.extend([memory(cofil), String::new()]);
    row.extend(speed(experiment, cofil));
    row.extend(qualities(experiment, cofil));
    let goals = experiment.quality.iter().filter_map(|rule| {
        let verdict = verdict::goal(rule, value(cofil, &rule.metric))?;
        let sign = if verdict::less_is_better(&rule.metric) { '≤' } else { '≥' };
        Some(format!("{} {sign} {} {verdict}", rule.metric, rule.goal?))
    });
    row.push(goals.collect::<Vec<_>>().join("; "));
    row
}

fn peer_row(
    experiment: &Experiment,
    claim: &Peer,
    cofil: &Contestant,
    peer: &Contestant,
) -> Vec<String> {
    let at_most = claim.at_most;
    let mut row = start(peer);
    let (Ok(ours), Ok(theirs)) = (cofil.answer.figures(), peer.answer.figures()) else {
        let columns = 7 + usize::from(experiment.work.is_some()) + experiment.quality.len();
        row.resize(columns, String::new());
        let status = peer.answer.status.split(':').next().unwrap_or_default();
        row.push(if status == "ok" { String::new() } else { status.into() });
        return row;
    };
    let ratio = cofil.times.ratio(&peer.times);
    let memory_ratio = ours.peak_memory_mb / theirs.peak_memory_mb;
    row.push(format!("{} ({})", share(ratio.median), share(ratio.least)));
    row.push(at_most.map(|bound| format!("≤ {bound}")).unwrap_or_default());
    row.push(memory(peer));
    row.push(format!("{memory_ratio:.2}"));
    row.extend(speed(experiment, peer));
    row.extend(qualities(experiment, peer));
    row.push(
        at_most
            .map(|bound| {
                let mut claims = vec![("time".to_owned(), verdict::time(ratio, bound))];
                claims.push(("memory".into(), (memory_ratio <= claim.memory_at_most).into()));
                claims.extend(experiment.quality.iter().map(|rule| {
                    let metric = &rule.metric;
                    (
                        metric.clone(),
                        verdict::quality(rule, value(cofil, metric), value(peer, metric)),
                    )
                }));
                summary(&claims)
            })
            .unwrap_or_default(),
    );
    row
}

/// A ratio; a hundredth and less with more digits.
fn share(ratio: f64) -> String {
    if ratio < 0.01 { format!("{ratio:.4}") } else { format!("{ratio:.2}") }
}

/// "held", or which claims are not.
fn summary(claims: &[(String, Verdict)]) -> String {
    let open: Vec<_> = claims
        .iter()
        .filter(|(_, verdict)| *verdict != Verdict::Held)
        .map(|(name, verdict)| format!("{name} {verdict}"))
        .collect();
    if open.is_empty() { "held".into() } else { open.join("; ") }
}

fn start(contestant: &Contestant) -> Vec<String> {
    let Contestant { answer, times, .. } = contestant;
    let seconds = match times.medians.is_empty() {
        true => String::new(),
        false => format!("{:.3} ({:.3})", times.median(), times.least()),
    };
    vec![answer.peer.clone(), answer.version.clone().unwrap_or_default(), seconds]
}

fn memory(contestant: &Contestant) -> String {
    contestant.answer.figures().map(|f| format!("{:.0}", f.peak_memory_mb)).unwrap_or_default()
}

/// Millions of what the timed part goes through, per second; the median.
fn speed(experiment: &Experiment, contestant: &Contestant) -> Option<String> {
    let work = experiment.work.as_ref()?;
    Some(format!("{:.3}", work.count / contestant.times.median() / 1e6))
}

fn value(contestant: &Contestant, metric: &str) -> Option<f64> {
    contestant.answer.figures().ok()?.quality.get(metric).copied()
}

fn qualities(experiment: &Experiment, contestant: &Contestant) -> Vec<String> {
    let shown = |value: f64| match value.fract() == 0.0 {
        true => format!("{value}"),
        false => format!("{value:.4}"),
    };
    let metrics = experiment.quality.iter().map(|rule| value(contestant, &rule.metric));
    metrics.map(|value| value.map(shown).unwrap_or_default()).collect()
}

fn markers(name: &str) -> (String, String) {
    (format!("<!-- begin {name} -->"), format!("<!-- end {name} -->"))
}

/// A page that tables are written into, each between its two marker lines.
pub struct Page<'a> {
    path: &'a Path,
    text: String,
}

impl<'a> Page<'a> {
    /// Opens the page, or begins one; every experiment must have its place.
    pub fn open(path: &'a Path, experiments: &[Experiment]) -> Result<Self> {
        let text = match path.exists() {
            true => std::fs::read_to_string(path).with_context(|| path.display().to_string())?,
            false => experiments
                .iter()
                .map(|e| markers(&e.name))
                .map(|(begin, end)| format!("{begin}\n{end}\n\n"))
                .collect(),
        };
        let page = Self { path, text };
        // Now, not after ten minutes of measuring.
        experiments.iter().try_for_each(|e| page.place(&e.name).map(drop))?;
        page.write()?;
        Ok(page)
    }

    /// Puts `table` between the markers of `name` and writes the page.
    pub fn put(&mut self, name: &str, table: &str) -> Result<()> {
        let place = self.place(name)?;
        self.text.replace_range(place, &format!("\n\n{}\n\n", table.trim()));
        self.write()
    }

    fn place(&self, name: &str) -> Result<std::ops::Range<usize>> {
        let (begin, end) = markers(name);
        let from = self.text.find(&begin).map(|at| at + begin.len());
        let to = from.and_then(|from| Some(from + self.text[from..].find(&end)?));
        match (from, to) {
            (Some(from), Some(to)) => Ok(from..to),
            _ => bail!(
                "{}: add the lines `{begin}` and `{end}` where the table belongs",
                self.path.display()
            ),
        }
    }

    fn write(&self) -> Result<()> {
        std::fs::write(self.path, &self.text).with_context(|| self.path.display().to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::Figures;
    use crate::verdict::Times;
    use serde_json::Value;

    fn contestant(peer: &str, seconds: f64, memory: f64, ndcg: f64) -> Contestant {
        let figures = Figures {
            repeat: 1,
            seconds: [("fit".to_owned(), seconds)].into(),
            seconds_min: [("fit".to_owned(), seconds)].into(),
            peak_memory_mb: memory,
            start_memory_mb: 1.0,
            quality: [("ndcg@20".to_owned(), ndcg)].into(),
            reported: Default::default(),
            settings: Value::Null,
        };
        let times = Times { medians: vec![seconds], minima: vec![seconds] };
        Contestant::known(peer, figures, times)
    }

    fn example() -> Experiment {
        let text = r#"
            title = "EASE"
            job = "ease"
            data = "ml-1m-90-10"
            peers = [{ name = "fast", at_most = 0.5 }, { name = "absent" }]
            quality = [{ metric = "ndcg@20", tolerance = 0.002, goal = 0.335 }]
            "#;
        Experiment::parse("ease", text).unwrap()
    }

    #[test]
    fn rows_tell_ratio_memory_quality_and_verdict() {
        let cofil = contestant("cofil", 1.0, 50.0, 0.3374);
        let mut absent = contestant("absent", 1.0, 1.0, 0.0);
        absent.answer.status = "not installed".into();
        absent.answer.reason = Some("needs torch".into());
        absent.times = Times::default();
        let text = experiment(&example(), &cofil, &[contestant("fast", 4.0, 40.0, 0.3401), absent]);
        let cells = |line: usize| -> Vec<String> {
            let line = text.lines().nth(line).unwrap().trim_matches('|');
            line.split('|').map(|cell| cell.trim().to_owned()).collect()
        };
        assert_eq!(cells(2)[0..3], ["", "version", "seconds"]);
        assert_eq!(cells(4)[8], "ndcg@20 ≥ 0.335 held");
        let fast = cells(5);
        assert_eq!(fast[2..4], ["4.000 (4.000)", "0.25 (0.25)"]);
        assert_eq!(fast[4..8], ["≤ 0.5", "40", "1.25", "0.3401"]);
        assert_eq!(fast[8], "memory not held; ndcg@20 not held");
        assert_eq!(cells(6)[8], "not installed");
        assert!(text.ends_with("\nabsent: not installed: needs torch.\n"), "{text}");
    }

    #[test]
    fn a_page_keeps_what_is_between_the_tables() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("page.md");
        std::fs::write(&path, "# A\n<!-- begin ease -->old<!-- end ease -->\nB\n").unwrap();
        let mut page = Page::open(&path, &[example()]).unwrap();
        page.put("ease", "new\n").unwrap();
        page.put("ease", "newer\n").unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, "# A\n<!-- begin ease -->\n\nnewer\n\n<!-- end ease -->\nB\n");
        let other = Experiment { name: "other".into(), ..example() };
        let error = Page::open(&path, &[other]).err().unwrap().to_string();
        assert!(error.contains("add the lines `<!-- begin other -->`"), "{error}");
    }
}
