//! The arrays of a model: small ones as tables, all of them as files.

use crate::output::{self, outln};
use crate::table::{Column, Table};
use anyhow::Result;
use cofil::store::Tensor;
use cofil::{IdMap, Recommender};
use std::path::{Path, PathBuf};

/// The most numbers of an array that is shown.
const SMALL: usize = 400;
/// The most columns of one.
const NARROW: usize = 16;

/// Format of the files of arrays.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
pub enum Format {
    /// NumPy arrays
    #[default]
    Npy,
    /// Numbers separated by commas, a line per row
    Csv,
}

/// Writes every array into `folder`, and the names of users and items; returns the files.
pub fn write(
    recommender: &Recommender,
    folder: &Path,
    model: &Path,
    format: Format,
) -> Result<Vec<PathBuf>> {
    let ending = match format {
        Format::Npy => "npy",
        Format::Csv => "csv",
    };
    cofil::store::create_folder(folder)?;
    // All files belong to one model.
    let _lock = cofil::store::Lock::take(folder)?;
    let arrays = recommender.model().tensors();
    let paths: Vec<PathBuf> =
        arrays.iter().map(|array| folder.join(format!("{}.{ending}", array.name()))).collect();
    let names = [("users.txt", recommender.users()), ("items.txt", recommender.items())];
    let texts = names.map(|(name, _)| folder.join(name));
    output::check(paths.iter().chain(&texts).map(|path| Some(&**path)), [Some(model)])?;
    for (array, path) in arrays.iter().zip(&paths) {
        match format {
            Format::Npy => array.write_npy(path)?,
            Format::Csv => array.write_csv(path)?,
        };
    }
    for ((_, names), path) in names.iter().zip(&texts) {
        let lines: String =
            names.names().map(|name| format!("{}\n", cofil::visible(name))).collect();
        cofil::store::write_atomically(path, lines.as_bytes())?;
    }
    Ok(paths.into_iter().chain(texts).collect())
}

/// Prints the arrays that are small and readable on their own, and names the others.
pub fn show(recommender: &Recommender) {
    let arrays = recommender.model().tensors();
    let mut hidden = Vec::new();
    for array in &arrays {
        let (rows, columns) = sides(array);
        match rows * columns {
            0 => {}
            1..=SMALL if columns <= NARROW && !is_sparse(array.name()) => {
                outln!("\n{}", array.name());
                table(array, recommender).print();
            }
            _ => hidden.push(array.name().to_owned()),
        }
    }
    // Single numbers of the shape, such as the offset.
    if let Some(settings) = recommender.model().settings().as_object() {
        let numbers = settings.iter().filter(|(_, value)| value.is_f64());
        for (name, value) in numbers {
            outln!("\n{name}  {}", short(&value.to_string()));
        }
    }
    if !hidden.is_empty() {
        outln!();
        output::prose(&format!(
            "Not shown, because large or sparse: {}. --arrays FOLDER writes all.",
            hidden.join(", ")
        ));
    }
}

/// Rows and columns; a vector is one column.
fn sides(array: &Tensor<'_>) -> (usize, usize) {
    match *array.shape() {
        [rows] => (rows, 1),
        [rows, columns] => (rows, columns),
        _ => (0, 0),
    }
}

fn table(array: &Tensor<'_>, recommender: &Recommender) -> Table {
    let (users, items) = (&**recommender.users(), &**recommender.items());
    let (rows, columns) = sides(array);
    let names: Option<&IdMap> = match own_name(array.name()) {
        name if USERS.contains(&name) => Some(users),
        name if ITEMS.contains(&name) => Some(items),
        _ => None,
    };
    let names = names.filter(|names| names.len() == rows);
    let label = |names: Option<&IdMap>, at: usize| match names {
        Some(names) => names.name(at as u32).to_string(),
        None => (at + 1).to_string(),
    };
    // Weights between items have items on both sides.
    let across = Some(items).filter(|items| {
        own_name(array.name()) == WEIGHTS && columns == items.len() && rows == columns
    });
    let heads = (0..columns).map(|at| match columns {
        1 => Column::number("value"),
        _ => Column::number(label(across, at)).spare(if at == 0 { 0 } else { 1 }),
    });
    let mut table = Table::new(std::iter::once(Column::text("")).chain(heads));
    for row in 0..rows {
        let cells = (0..columns).map(|column| short(&array.text(row * columns + column)));
        table.row(std::iter::once(label(names, row)).chain(cells));
    }
    table
}

/// Name of an array without the number of its model in a blend.
fn own_name(name: &str) -> &str {
    match name.split_once('.') {
        Some((number, rest)) if number.bytes().all(|byte| byte.is_ascii_digit()) => rest,
        _ => name,
    }
}

/// Whether an array is one of those that hold a sparse matrix: `edges.starts`, `similar.values` …
fn is_sparse(name: &str) -> bool {
    own_name(name).contains('.')
}

/// Weights between items.
const WEIGHTS: &str = "weights";
/// Arrays with a row for each user.
const USERS: [&str; 4] = ["user_factors", "user_bias", "product_users", "tower_users"];
/// Arrays with a row for each item.
const ITEMS: [&str; 11] = [
    "item_factors",
    "item_bias",
    "product_items",
    "tower_items",
    "popular",
    WEIGHTS,
    "scale",
    "vectors",
    "encoder",
    "decoder",
    "output_bias",
];

/// A number with four digits after the point, if it has any.
fn short(text: &str) -> String {
    let short = match text.parse::<f64>() {
        Ok(value) if text.contains('.') => format!("{value:.4}"),
        _ => text.to_owned(),
    };
    // No sign before a zero.
    match short.strip_prefix('-') {
        Some(rest) if rest.parse() == Ok(0.0) => rest.to_owned(),
        _ => short,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_zeros_have_no_sign() {
        let told = ["-0", "-0.00001", "-0.5", "3", "0.123456"].map(short);
        assert_eq!(told, ["0", "0.0000", "-0.5000", "3", "0.1235"]);
    }

    #[test]
    fn arrays_of_a_blend_have_the_names_of_their_models() {
        assert_eq!([own_name("12.popular"), own_name("popular")], ["popular"; 2]);
        assert!(
            is_sparse("0.ratings.starts") && is_sparse("edges.values") && !is_sparse("0.scale")
        );
    }
}
