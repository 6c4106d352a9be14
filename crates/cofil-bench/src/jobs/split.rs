//! The common split, numbered as the peers number it: user and item n of the file are n − 1, whether
//! or not somebody has rated the item.

use anyhow::{Context, Result};
use cofil::data::read::{Column, ReadOptions, read};
use cofil::{Duplicates, IdMap, Interactions, Ratings, User};
use std::path::Path;
use std::sync::Arc;

/// The part to learn from and the part to be judged by, with the same names.
pub struct Split {
    pub train: Ratings,
    pub test: Ratings,
}

impl Split {
    /// Everybody, with what they have seen.
    pub fn users(&self) -> Vec<User<'_>> {
        (0..self.train.by_user.rows() as u32).map(|u| User::of(&self.train, u)).collect()
    }
}

/// Reads `train.csv.gz` and `test.csv.gz` of `folder`.
pub fn read_split(folder: &Path) -> Result<Split> {
    let part = |name: &str| {
        let options = ReadOptions { time: Some(Column::Absent), ..ReadOptions::default() };
        let mut part = read(&folder.join(name), &options)?.interactions;
        renumber(&mut part.user, &part.users).with_context(|| format!("users of {name}"))?;
        renumber(&mut part.item, &part.items).with_context(|| format!("items of {name}"))?;
        anyhow::Ok(part)
    };
    let (mut train, mut test) = (part("train.csv.gz")?, part("test.csv.gz")?);
    let names = |of: fn(&Interactions) -> &[u32]| {
        let largest = of(&train).iter().chain(of(&test)).max().map_or(0, |&index| index + 1);
        Arc::new((1..=largest).map(|name| name.to_string()).collect::<IdMap>())
    };
    let (users, items) = (names(|part| &part.user), names(|part| &part.item));
    for part in [&mut train, &mut test] {
        (part.users, part.items) = (users.clone(), items.clone());
    }
    let ratings = |part| Ratings::new(&part, Duplicates::Error);
    Ok(Split { train: ratings(train)?, test: ratings(test)? })
}

/// From the order of appearance to the number that the name is, less one.
fn renumber(indices: &mut [u32], names: &IdMap) -> Result<()> {
    let number = |name: &str| {
        let number = name.parse::<u32>().ok().and_then(|n| n.checked_sub(1));
        number.with_context(|| format!("`{name}` is not 1, 2, 3 …"))
    };
    let numbers = names.names().map(number).collect::<Result<Vec<_>>>()?;
    indices.iter_mut().for_each(|index| *index = numbers[*index as usize]);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_numbers_counted_from_one() {
        let mut indices = [0, 1, 0];
        renumber(&mut indices, &["7", "1"].iter().collect()).unwrap();
        assert_eq!(indices, [6, 0, 6]);
        for bad in ["0", "x", "-1"] {
            assert!(renumber(&mut [], &[bad].iter().collect()).is_err(), "{bad}");
        }
    }
}
