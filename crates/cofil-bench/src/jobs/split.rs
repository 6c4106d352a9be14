//! Reads the splits with the same numbering as the peers: the number in the file minus the base it
//! counts from, also for items without ratings.

use anyhow::{Context, Result};
use cofil::data::read::{Column, ReadOptions, read};
use cofil::{Duplicates, IdMap, Interactions, Ratings, User};
use std::path::Path;
use std::sync::Arc;

/// Training and test set with common ids.
pub struct Split {
    pub train: Ratings,
    pub test: Ratings,
}

impl Split {
    /// Returns all users with their histories.
    pub fn users(&self) -> Vec<User<'_>> {
        (0..self.train.by_user.rows() as u32).map(|u| User::of(&self.train, u)).collect()
    }
}

/// Reads `train.csv.gz` and `test.csv.gz` of `folder`, whose ids count from 1.
pub fn read_split(folder: &Path) -> Result<Split> {
    read_parts(folder, ["train.csv.gz", "test.csv.gz"], 1)
}

/// Reads training and test set of `folder`, whose ids count from `base`.
pub fn read_parts(folder: &Path, [train, test]: [&str; 2], base: u32) -> Result<Split> {
    let part = |name: &str| {
        let options = ReadOptions { time: Some(Column::Absent), ..ReadOptions::default() };
        let mut part = read(folder.join(name), &options)?.interactions;
        renumber(&mut part.user, &part.users, base).with_context(|| format!("users of {name}"))?;
        renumber(&mut part.item, &part.items, base).with_context(|| format!("items of {name}"))?;
        anyhow::Ok(part)
    };
    let (mut train, mut test) = (part(train)?, part(test)?);
    let names = |of: fn(&Interactions) -> &[u32]| {
        let count = of(&train).iter().chain(of(&test)).max().map_or(0, |&index| index + 1);
        Arc::new((base..base + count).map(|name| name.to_string()).collect::<IdMap>())
    };
    let (users, items) = (names(|part| &part.user), names(|part| &part.item));
    for part in [&mut train, &mut test] {
        (part.users, part.items) = (users.clone(), items.clone());
    }
    let ratings = |part| Ratings::new(part, Duplicates::Error);
    Ok(Split { train: ratings(&train)?, test: ratings(&test)? })
}

/// Replaces indices in order of appearance by the number in the id minus `base`.
fn renumber(indices: &mut [u32], names: &IdMap, base: u32) -> Result<()> {
    let number = |name: &str| {
        let number = name.parse::<u32>().ok().and_then(|n| n.checked_sub(base));
        number.with_context(|| format!("`{name}` is not {base}, {}, {} …", base + 1, base + 2))
    };
    let numbers = names.names().map(number).collect::<Result<Vec<_>>>()?;
    indices.iter_mut().for_each(|index| *index = numbers[*index as usize]);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_numbers_counted_from_a_base() {
        let mut indices = [0, 1, 0];
        renumber(&mut indices, &["7", "1"].iter().collect(), 1).unwrap();
        assert_eq!(indices, [6, 0, 6]);
        let mut from_zero = [1];
        renumber(&mut from_zero, &["7", "0"].iter().collect(), 0).unwrap();
        assert_eq!(from_zero, [0]);
        for bad in ["0", "x", "-1"] {
            assert!(renumber(&mut [], &[bad].iter().collect(), 1).is_err(), "{bad}");
        }
    }
}
