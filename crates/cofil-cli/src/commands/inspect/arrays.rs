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

/// Writes every array into `folder`, and the names of users and items; returns the files.
pub fn write(recommender: &Recommender, folder: &Path, model: &Path) -> Result<Vec<PathBuf>> {
    cofil::store::create_folder(folder)?;
    let arrays = recommender.model().tensors();
    let paths: Vec<PathBuf> =
        arrays.iter().map(|array| folder.join(format!("{}.npy", array.name()))).collect();
    let names = [("users.txt", recommender.users()), ("items.txt", recommender.items())];
    let texts = names.map(|(name, _)| folder.join(name));
    output::check(paths.iter().chain(&texts).map(|path| Some(&**path)), [Some(model)])?;
    for (array, path) in arrays.iter().zip(&paths) {
        array.write_npy(path)?;
    }
    for ((_, names), path) in names.iter().zip(&texts) {
        let lines: String =
            names.names().map(|name| format!("{}\n", cofil::visible(name))).collect();
        cofil::store::write_atomically(path, lines.as_bytes())?;
    }
    Ok(paths.into_iter().chain(texts).collect())
}

/// Prints the arrays that are small, and names those that are not.
pub fn show(recommender: &Recommender) {
    let arrays = recommender.model().tensors();
    let mut large = Vec::new();
    for array in &arrays {
        let (rows, columns) = sides(array);
        match rows * columns {
            0 => {}
            1..=SMALL if columns <= NARROW => {
                outln!("\n{}", array.name());
                table(array, recommender).print();
            }
            _ => large.push(array.name().to_owned()),
        }
    }
    // Single numbers of the shape, such as the offset.
    if let Some(settings) = recommender.model().settings().as_object() {
        let numbers = settings.iter().filter(|(_, value)| value.is_f64());
        for (name, value) in numbers {
            outln!("\n{name}  {}", short(&value.to_string()));
        }
    }
    if !large.is_empty() {
        outln!();
        output::prose(&format!(
            "Too large to show: {}. --arrays FOLDER writes all.",
            large.join(", ")
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
    // Whose rows they are: users' where the name says so.
    let names: Option<&IdMap> = match array.name() {
        name if name.starts_with("user") && rows == users.len() => Some(users),
        "singular_values" => None,
        _ if rows == items.len() => Some(items),
        _ => None,
    };
    let label = |names: Option<&IdMap>, at: usize| match names {
        Some(names) => names.name(at as u32).to_string(),
        None => (at + 1).to_string(),
    };
    // Weights between items have items on both sides.
    let across = Some(items).filter(|items| columns == items.len() && rows == columns);
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

/// A number with four digits after the point, if it has any.
fn short(text: &str) -> String {
    match text.parse::<f64>() {
        Ok(value) if text.contains('.') => format!("{value:.4}"),
        _ => text.to_owned(),
    }
}
