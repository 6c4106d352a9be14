//! How to read a table: the arguments that every command reading data shares.

use crate::errors::spelt;
use crate::interrupt::waiting;
use crate::output::errln;
use anyhow::{Context, Result};
use cofil::data::IdMap;
use cofil::data::read::{
    self, Column, Format, Lists, Negatives, Quote, ReadOptions, ReadReport, Shape, Table,
};
use std::path::Path;

/// What the sniffing of a table may be told instead. Flatten it into a command's arguments.
#[derive(clap::Args, Clone, Debug, Default)]
#[command(next_help_heading = "Reading tables")]
pub struct Input {
    /// Column of the users, by name or position from 1 [default: by name, else the first]
    #[arg(long, value_name = "COLUMN")]
    pub user_col: Option<Column>,
    /// Column of the items [default: by name, else the next that holds no dates]
    #[arg(long, value_name = "COLUMN")]
    pub item_col: Option<Column>,
    /// Column of ratings, counts or weights; `none` reads every row as 1 [default: by name; without names the third of at
    /// most four, if it holds numbers]
    #[arg(long, alias = "rating-col", value_name = "COLUMN")]
    pub value_col: Option<Column>,
    /// Column of times; `none` reads no times [default: by name; without names the first left that holds times]
    #[arg(long, value_name = "COLUMN")]
    pub time_col: Option<Column>,
    /// How times are written, such as %d/%m/%Y, or the unit of numbers: s, ms, us, ns, or excel for the days of a
    /// spreadsheet [default: unix times, years, ISO 8601, 31.01.2019 or 20190131]
    #[arg(long, value_name = "FORMAT")]
    pub time_format: Option<String>,
    /// What stands before decimals in text: `.` or `,` [default: .]
    #[arg(long, value_name = "CHARACTER")]
    pub decimal: Option<char>,
    /// Column of event types, weighted by --weight [default: by name]
    #[arg(long, value_name = "COLUMN")]
    pub type_col: Option<Column>,
    /// Weight of each event type, such as view=1,buy=5,dislike=-2; 0 leaves a type out
    #[arg(long = "weight", value_name = "TYPE=WEIGHT", value_delimiter = ',', value_parser = weight, allow_hyphen_values = true)]
    pub weights: Vec<(String, f32)>,
    /// Text between fields, such as `;`, `::` or `\t` [default: sniffed]
    #[arg(long, value_parser = delimiter, allow_hyphen_values = true)]
    pub delimiter: Option<String>,
    /// What `"` around a field means: `double` (it is no part of the field, RFC 4180) or `none` (a character as others)
    /// [default: double, but a quote that swallows whole rows is an error]
    #[arg(long, value_name = "KIND")]
    pub quote: Option<Quote>,
    /// The first line names the columns [default: sniffed]
    #[arg(long, conflicts_with = "no_header")]
    pub header: bool,
    /// The first line is data [default: sniffed]
    #[arg(long)]
    pub no_header: bool,
    /// Kind of file: csv, tsv, jsonl, parquet or arrow [default: by the first bytes]
    #[arg(long)]
    pub format: Option<Format>,
    /// How interactions lie in the file: rows; lists (a line for each user, `0 11 12 13`); blocks (a line `17:` for an
    /// item above rows of users); matrix [default: rows, unless the first lines are lists or blocks]
    #[arg(long, value_name = "SHAPE", conflicts_with = "matrix")]
    pub shape: Option<Shape>,
    /// The table has a row for each user and a column for each item; empty and nan are unknown
    #[arg(long)]
    pub matrix: bool,
    /// Leave out up to so many rows that cannot be read, and say which
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub skip_bad: u64,
    /// Value that means "no rating", such as -1 or nan; such rows are left out and counted
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    pub missing: Option<f32>,
}

impl Input {
    /// The library's options.
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

    /// Reads the table at `path`, `-` for standard input, and tells how unless the answer is JSON.
    pub fn read(&self, path: &Path, json: bool) -> Result<Table> {
        let table = whole(path, || read::read(path, &self.options()))?;
        if !json {
            errln!("{}", spelt(&table.report.to_string()));
        }
        Ok(table)
    }

    /// Reads a further table, whose names continue from those of a model or of training data.
    pub fn read_with(
        &self,
        path: &Path,
        users: &IdMap,
        items: &IdMap,
        json: bool,
    ) -> Result<Table> {
        let table = whole(path, || read::read_with(path, &self.options(), users, items))?;
        tell(&table.report, json);
        Ok(table)
    }

    /// Reads pairs of users and items, whose names continue from those of a model, with their values and times where they
    /// have them. Every pair is kept: where values cannot be read or would leave rows out, the pairs alone are read.
    pub fn pairs(&self, path: &Path, users: &IdMap, items: &IdMap, json: bool) -> Result<Table> {
        let options = self.options();
        // What comes through a pipe can be read once.
        let chosen = options.value.is_some() || options.time.is_some();
        let table = match (chosen, path.is_file()) {
            (true, _) => whole(path, || read::read_with(path, &options, users, items))?,
            (false, false) => waiting(|| read::read_pairs(path, &options, users, items))?,
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
                        errln!("note: users and items alone are read: {why}");
                        table
                    }
                }
            }
        };
        tell(&table.report, json);
        Ok(table)
    }

    /// Reads lists that some program recommends.
    pub fn lists(&self, path: &Path, users: &IdMap, items: &IdMap, json: bool) -> Result<Lists> {
        let lists = whole(path, || read::read_lists(path, &self.options(), users, items))?;
        tell(&lists.report, json);
        Ok(lists)
    }

    /// Reads the items to rank or learn against.
    pub fn negatives(
        &self,
        path: &Path,
        users: &IdMap,
        items: &IdMap,
        json: bool,
    ) -> Result<Negatives> {
        let negatives = whole(path, || read::read_negatives(path, &self.options(), users, items))?;
        if !json {
            let path = path.display();
            errln!("{path}: {}", negatives.read_as);
            negatives.notes.iter().for_each(|note| errln!("note: {path}: {note}"));
        }
        Ok(negatives)
    }
}

/// Reads a file; whatever else `path` is may keep the reader waiting.
fn whole<T>(path: &Path, read: impl FnOnce() -> cofil::Result<T>) -> Result<T> {
    Ok(if path.is_file() { read()? } else { waiting(read)? })
}

/// Tells how a further file was read.
fn tell(report: &ReadReport, json: bool) {
    if !json {
        errln!("{}: {}", report.path, spelt(&report.to_string()));
    }
}

fn weight(text: &str) -> Result<(String, f32)> {
    let (kind, weight) = text.rsplit_once('=').context("write TYPE=WEIGHT, such as buy=5")?;
    let weight = weight.trim().parse().ok().filter(|w: &f32| w.is_finite());
    Ok((
        kind.trim().into(),
        weight.with_context(|| format!("the weight of `{kind}` is not a number"))?,
    ))
}

fn delimiter(text: &str) -> Result<String> {
    Ok(match text {
        "tab" => "\t".into(),
        "comma" => ",".into(),
        "space" => " ".into(),
        _ => text.replace("\\t", "\t"),
    })
}
