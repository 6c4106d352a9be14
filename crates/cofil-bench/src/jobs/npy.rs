//! Arrays in version 1 of numpy's file format: the factors that come in, the lists that go out.

use anyhow::{Context, Result, bail};
use cofil::math::Matrix;

const MAGIC: &[u8] = b"\x93NUMPY\x01\x00";

/// A matrix of 32-bit floats, row-major.
pub fn matrix(bytes: &[u8]) -> Result<Matrix> {
    let start = bytes.strip_prefix(MAGIC).context("not a file of numpy, version 1")?;
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

/// The file of an array of 32-bit values: `kind` is `f` or `i`, `shape` as Python writes it.
pub fn file(kind: char, shape: &str, values: impl Iterator<Item = [u8; 4]>) -> Vec<u8> {
    let mut header =
        format!("{{'descr': '<{kind}4', 'fortran_order': False, 'shape': ({shape}), }}");
    // Data begin at a multiple of 64 bytes.
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
