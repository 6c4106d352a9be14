//! Arrays in version 1 of the NumPy file format: reads factors and tables, writes lists.

use anyhow::{Context, Result, bail};
use cofil::math::Matrix;

const MAGIC: &[u8] = b"\x93NUMPY\x01\x00";

/// Reads a row-major matrix of 32-bit floats.
pub fn matrix(bytes: &[u8]) -> Result<Matrix> {
    let (shape, numbers) = array(bytes, 'f')?;
    let [rows, columns] = shape[..] else { bail!("expected a matrix, got shape {shape:?}") };
    let numbers = numbers.iter().map(|n| f32::from_le_bytes(*n)).collect();
    Ok(Matrix::from_vec(rows, columns, numbers))
}

/// Reads a list of 32-bit floats.
pub fn floats(bytes: &[u8]) -> Result<Vec<f32>> {
    Ok(array(bytes, 'f')?.1.iter().map(|n| f32::from_le_bytes(*n)).collect())
}

/// Reads a list of non-negative 32-bit integers.
pub fn integers(bytes: &[u8]) -> Result<Vec<u32>> {
    Ok(array(bytes, 'i')?.1.iter().map(|n| u32::from_le_bytes(*n)).collect())
}

/// Returns shape and bytes of an array of 32-bit values; `kind` is as in [`file`].
fn array(bytes: &[u8], kind: char) -> Result<(Vec<usize>, &[[u8; 4]])> {
    let start = bytes.strip_prefix(MAGIC).context("not a NumPy file of version 1")?;
    let (length, rest) = start.split_first_chunk().context("the file ends in its header")?;
    let length = usize::from(u16::from_le_bytes(*length));
    let (header, data) = rest.split_at_checked(length).context("the file ends in its header")?;
    let header = std::str::from_utf8(header)?;
    let wanted = format!("'descr': '<{kind}4'");
    if !header.contains(&wanted) || !header.contains("'fortran_order': False") {
        bail!("expected a row-major array with {wanted}, got {header}");
    }
    let shape = header.split_once("'shape': (").and_then(|(_, rest)| rest.split_once(')'));
    let shape = shape.context("no shape")?.0.split(',').map(str::trim).filter(|n| !n.is_empty());
    let shape = shape.map(str::parse::<usize>).collect::<Result<Vec<_>, _>>()?;
    let (numbers, _) = data.as_chunks();
    let expected = shape.iter().try_fold(1usize, |product, &n| product.checked_mul(n));
    if Some(numbers.len()) != expected {
        bail!("{} numbers do not fit the shape {shape:?}", numbers.len());
    }
    Ok((shape, numbers))
}

/// Returns the file of an array of 32-bit values; `kind` is `f` or `i`, `shape` is in Python syntax.
pub fn file(kind: char, shape: &str, values: impl Iterator<Item = [u8; 4]>) -> Vec<u8> {
    let mut header =
        format!("{{'descr': '<{kind}4', 'fortran_order': False, 'shape': ({shape}), }}");
    // The data start at a multiple of 64 bytes.
    let before = MAGIC.len() + 2 + header.len() + 1;
    header.extend(std::iter::repeat_n(' ', before.next_multiple_of(64) - before));
    header.push('\n');
    let length = u16::try_from(header.len()).expect("a header of some hundred bytes");
    let mut bytes = [MAGIC, &length.to_le_bytes(), header.as_bytes()].concat();
    values.for_each(|value| bytes.extend(value));
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: u8) -> impl Iterator<Item = [u8; 4]> {
        (0..count).map(|n| f32::from(n).to_le_bytes())
    }

    #[test]
    fn what_is_written_is_read() {
        let good = file('f', "2, 3", numbers(6));
        assert_eq!(good.len(), 128 + 24);
        assert_eq!(matrix(&good).unwrap().row(1), [3.0, 4.0, 5.0]);
        assert_eq!(floats(&file('f', "6,", numbers(6))).unwrap()[5], 5.0);
        let whole = (0..3u32).map(u32::to_le_bytes);
        assert_eq!(integers(&file('i', "3,", whole)).unwrap(), [0, 1, 2]);
        assert!(integers(&good).is_err() && floats(&file('f', "5,", numbers(6))).is_err());
        for bad in [
            file('f', "2, 3", numbers(5)),
            file('i', "2, 3", numbers(6)),
            file('f', "6,", numbers(6)),
            good[..20].to_vec(),
        ] {
            assert!(matrix(&bad).is_err());
        }
    }
}
