//! The factors that cofil and the peers share, from numpy's files.

use anyhow::{Context, Result, bail};
use cofil::math::Matrix;
use cofil::models::factors::{Link, Settings};
use cofil::models::{Factors, FoldIn};
use std::path::Path;

/// The model that scores by the inner product of `user_factors.npy` and `item_factors.npy`.
pub fn read(folder: &Path) -> Result<Factors> {
    let [users, items] = ["user_factors.npy", "item_factors.npy"].map(|name| {
        let path = folder.join(name);
        let bytes = std::fs::read(&path).with_context(|| path.display().to_string())?;
        matrix(&bytes).with_context(|| path.display().to_string())
    });
    let (users, items) = (users?, items?);
    let settings = Settings { offset: 0.0, link: Link::Identity, fold_in: FoldIn::Biases };
    let popular = vec![0.0; items.rows()];
    Ok(Factors::new(users, items, popular, settings))
}

/// A matrix of 32-bit floats, row-major, in version 1 of numpy's format.
fn matrix(bytes: &[u8]) -> Result<Matrix> {
    let start =
        bytes.strip_prefix(b"\x93NUMPY\x01\x00").context("not a file of numpy, version 1")?;
    let (length, rest) = start.split_first_chunk().context("the file ends in its header")?;
    let length = usize::from(u16::from_le_bytes(*length));
    let (header, data) = rest.split_at_checked(length).context("the file ends in its header")?;
    let header = std::str::from_utf8(header)?;
    if !header.contains("'descr': '<f4'") || !header.contains("'fortran_order': False") {
        bail!("only row-major 32-bit floats are read, this is {header}");
    }
    let shape = header.split_once("'shape': (").and_then(|(_, rest)| rest.split_once(')'));
    let shape = shape.context("no shape")?.0.split(',').map(|n| n.trim().parse::<usize>());
    let [rows, columns] = shape.collect::<Result<Vec<_>, _>>()?[..] else {
        bail!("not a matrix: {header}");
    };
    let (numbers, _) = data.as_chunks();
    if Some(numbers.len()) != rows.checked_mul(columns) {
        bail!("{} numbers for {rows} x {columns}", numbers.len());
    }
    let numbers = numbers.iter().map(|n| f32::from_le_bytes(*n)).collect();
    Ok(Matrix::from_vec(rows, columns, numbers))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(header: &str, numbers: &[f32]) -> Vec<u8> {
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        numbers.iter().for_each(|n| bytes.extend(n.to_le_bytes()));
        bytes
    }

    #[test]
    fn matrices_of_numpy_are_read() {
        let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }  \n";
        let good = file(header, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(matrix(&good).unwrap().row(1), [4.0, 5.0, 6.0]);
        for bad in [
            file(header, &[1.0]),
            file(&header.replace("f4", "f8"), &[1.0; 6]),
            file(&header.replace("(2, 3)", "(6,)"), &[1.0; 6]),
            good[..20].to_vec(),
        ] {
            assert!(matrix(&bad).is_err());
        }
    }
}
