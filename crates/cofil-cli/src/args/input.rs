//! Options for reading tables, shared by every command that reads data.

use crate::errors::spelt;
use crate::interrupt::reading;
use crate::output::{also_read, errln};
use anyhow::{Context, Result, bail};
use cofil::data::IdMap;
use cofil::data::read::{
    self, Column, Format, Lists, Negatives, Quote, ReadOptions, ReadReport, Shape, Table,
};
use std::path::Path;

/// Options that override what is detected. Flatten it into a command's arguments.
#[derive(clap::Args, Clone, Debug, Default)]
#[command(next_help_heading = "Reading tables")]
pub struct Input {
    /// User column, by name or 1-based position [default: found by name, else the first]
    #[arg(long, value_name = "COLUMN")]
    pub user_col: Option<Column>,
    /// Item column [default: found by name, else the next that holds no dates]
    #[arg(long, value_name = "COLUMN")]
    pub item_col: Option<Column>,
    /// Column of ratings, counts or weights; `none` gives every row the value 1 [default: found by name; without names
    /// the third of at most four columns, if it is numeric]
    #[arg(long, alias = "rating-col", value_name = "COLUMN")]
    pub value_col: Option<Column>,
    /// Time column; `none` ignores times [default: found by name; without names the first remaining column of times]
    #[arg(long, value_name = "COLUMN")]
    pub time_col: Option<Column>,
    /// Time format, such as %d/%m/%Y, or the unit of numeric times: s, ms, us, ns, or excel for spreadsheet days
    /// [default: Unix time, years, ISO 8601, 31.01.2019 and 20190131 are detected]
    #[arg(long, value_name = "FORMAT")]
    pub time_format: Option<String>,
    /// Decimal mark in text files: `.` or `,` [default: .]
    #[arg(long, value_name = "CHARACTER")]
    pub decimal: Option<char>,
    /// Column of event types, weighted by --weight [default: found by name]
    #[arg(long, value_name = "COLUMN")]
    pub type_col: Option<Column>,
    /// Weight of each event type, such as view=1,buy=5,dislike=-2; 0 drops a type
    #[arg(long = "weight", value_name = "TYPE=WEIGHT", value_delimiter = ',', value_parser = weight, allow_hyphen_values = true)]
    pub weights: Vec<(String, f32)>,
    /// Delimiter, such as `;`, `::` or `\t` [default: detected]
    #[arg(long, value_parser = delimiter, allow_hyphen_values = true)]
    pub delimiter: Option<String>,
    /// Quoting: `double` (fields may be enclosed in `"`, RFC 4180) or `none` (`"` is an ordinary character)
    /// [default: double; a quoted field that spans whole rows is an error]
    #[arg(long, value_name = "KIND")]
    pub quote: Option<Quote>,
    /// The first line is a header [default: detected]
    #[arg(long, conflicts_with = "no_header")]
    pub header: bool,
    /// The first line is data [default: detected]
    #[arg(long)]
    pub no_header: bool,
    /// File format: csv, tsv, jsonl, parquet or arrow [default: detected from the first bytes]
    #[arg(long)]
    pub format: Option<Format>,
    /// Layout: rows (one interaction each); lists (one line per user, `0 11 12 13`); blocks (a line `17:` with an
    /// item, followed by rows of users); matrix [default: rows, unless lists or blocks are detected]
    #[arg(long, value_name = "SHAPE", conflicts_with = "matrix")]
    pub shape: Option<Shape>,
    /// The table has one row per user and one column per item; empty and nan cells are unknown
    #[arg(long)]
    pub matrix: bool,
    /// Skip up to N unreadable rows and report them
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub skip_bad: u64,
    /// Value that means "no rating", such as -1 or nan (also for empty fields and NA); rows with it are skipped and
    /// counted
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true, value_parser = ReadOptions::parse_missing)]
    pub missing: Option<f32>,
}

impl Input {
    /// Returns the library's options.
    pub fn options(&self) -> ReadOptions {
        ReadOptions {
            user: self.user_col.clone(),
            item: self.item_col.clone(),
            value: self.value_col.clone(),
            time: self.time_col.clone(),
            kind: self.type_col.clone(),
            weights: self.weights.clone(),
            delimiter: self.delimiter.clone(),
            quote: self.quote,
            time_format: self.time_format.clone(),
            decimal: self.decimal,
            header: match (self.header, self.no_header) {
                (true, _) => Some(true),
                (_, true) => Some(false),
                _ => None,
            },
            format: self.format,
            missing: self.missing,
            skip_bad: self.skip_bad,
            shape: if self.matrix { Some(Shape::Matrix) } else { self.shape },
        }
    }

    /// Reads the table at `path` (`-` for standard input) and, unless the output is JSON, reports how it was read.
    pub fn read(&self, path: &Path, json: bool) -> Result<Table> {
        let table = reading(path, |path| read::read(path, &self.options()))?;
        if !json {
            errln!("{}", spelt(&table.report.to_string()));
        }
        Ok(table)
    }

    /// Reads a further table, whose ids are numbered after the known `users` and `items` of a model or training set.
    pub fn read_with(
        &self,
        path: &Path,
        users: &IdMap,
        items: &IdMap,
        json: bool,
    ) -> Result<Table> {
        let table = self.events(path, users, items, json)?;
        also_read(&table.report)?;
        Ok(table)
    }

    /// Reads the table that a command is about; ids are numbered after those of a model.
    pub fn events(&self, path: &Path, users: &IdMap, items: &IdMap, json: bool) -> Result<Table> {
        let table = reading(path, |path| read::read_with(path, &self.options(), users, items))?;
        tell(&table.report, json);
        Ok(table)
    }

    /// Reads user-item pairs, with values and times if present; ids are numbered after those of a model. Every pair is
    /// kept: if values cannot be read, or reading them would skip rows, only the pairs are read.
    pub fn pairs(&self, path: &Path, users: &IdMap, items: &IdMap, json: bool) -> Result<Table> {
        cofil::store::check_not_standard_output(path)?;
        let options = self.options();
        // A pipe can be read only once.
        let chosen = options.value.is_some() || options.time.is_some();
        let table = match (chosen, path.is_file()) {
            (true, _) => reading(path, |path| read::read_with(path, &options, users, items))?,
            (false, false) => reading(path, |path| read::read_pairs(path, &options, users, items))?,
            (false, true) => {
                let why = match read::read_with(path, &options, users, items) {
                    Ok(table) if table.report.missing + table.report.weightless == 0 => Ok(table),
                    Ok(_) => Err("some rows have no value".to_owned()),
                    Err(cofil::Error::Stopped) => return Err(cofil::Error::Stopped.into()),
                    Err(error) => Err(error.to_string()),
                };
                match why {
                    Ok(table) => table,
                    Err(why) => {
                        let table = read::read_pairs(path, &options, users, items)?;
                        errln!("note: read users and items only: {why}");
                        table
                    }
                }
            }
        };
        tell(&table.report, json);
        Ok(table)
    }

    /// Reads recommendation lists made by any program.
    pub fn lists(&self, path: &Path, users: &IdMap, items: &IdMap, json: bool) -> Result<Lists> {
        let lists = reading(path, |path| read::read_lists(path, &self.options(), users, items))?;
        tell(&lists.report, json);
        also_read(&lists.report)?;
        Ok(lists)
    }

    /// Reads negatives: the items to rank or train against.
    pub fn negatives(
        &self,
        path: &Path,
        users: &IdMap,
        items: &IdMap,
        json: bool,
    ) -> Result<Negatives> {
        let negatives =
            reading(path, |path| read::read_negatives(path, &self.options(), users, items))?;
        if !json {
            let path = path.display();
            errln!("{path}: {}", negatives.read_as);
            negatives.notes.iter().for_each(|note| errln!("note: {path}: {note}"));
        }
        also_read(&serde_json::json!({
            "path": path.display().to_string(),
            "read_as": negatives.read_as,
            "unknown_users": negatives.unknown_users,
            "unknown_items": negatives.unknown_items,
            "notes": negatives.notes,
        }))?;
        Ok(negatives)
    }
}

/// Reports how a file was read.
fn tell(report: &ReadReport, json: bool) {
    if !json {
        errln!("{}: {}", report.path, spelt(&report.to_string()));
    }
}

fn weight(text: &str) -> Result<(String, f32)> {
    let (kind, weight) = text.rsplit_once('=').context("write TYPE=WEIGHT, such as buy=5")?;
    let number = weight.trim().parse().ok().filter(|w: &f32| w.is_finite());
    let number = number.with_context(|| format!("the weight of `{kind}` is not a number"))?;
    // From here on, not all whole numbers are exact in 32 bits.
    if number.abs() >= 16_777_216.0 && weight.trim().parse() != Ok(f64::from(number)) {
        bail!("the weight {} of `{kind}` would be rounded to {number}; give it so", weight.trim());
    }
    Ok((kind.trim().into(), number))
}

fn delimiter(text: &str) -> Result<String> {
    Ok(match text {
        "tab" => "\t".into(),
        "comma" => ",".into(),
        "space" => " ".into(),
        _ => text.replace("\\t", "\t"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_that_would_be_rounded_are_refused() {
        assert_eq!(weight("view=0.1").unwrap(), ("view".into(), 0.1));
        assert_eq!(weight("a=b=16777216").unwrap(), ("a=b".into(), 16_777_216.0));
        let told = weight("view=16777217").unwrap_err().to_string();
        assert!(told.contains("would be rounded to 16777216"), "{told}");
        assert!(weight("view=nan").is_err() && weight("view").is_err());
    }
}
