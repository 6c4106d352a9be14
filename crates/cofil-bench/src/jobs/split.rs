//! The common split, numbered as the peers number it: user and item n of the file are n − 1, whether
//! or not somebody has rated the item. Cofil's own reader is measured in `load`, not here.

use anyhow::{Context, Result};
use cofil::{Duplicates, IdMap, Interactions, Ratings, User};
use flate2::read::GzDecoder;
use std::fs::File;
use std::io::{BufRead, BufReader};
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

/// Reads `train.csv.gz` and `test.csv.gz` of `folder`: a header, then user, item and rating.
pub fn read(folder: &Path) -> Result<Split> {
    let mut train = part(&folder.join("train.csv.gz"))?;
    let mut test = part(&folder.join("test.csv.gz"))?;
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

fn part(path: &Path) -> Result<Interactions> {
    let file = File::open(path).with_context(|| path.display().to_string())?;
    let mut part = Interactions::default();
    for (number, line) in BufReader::new(GzDecoder::new(file)).lines().enumerate().skip(1) {
        let at = || format!("{}:{}", path.display(), number + 1);
        let line = line.with_context(at)?;
        let (user, item, value) = triple(&line).with_context(at)?;
        part.user.push(user);
        part.item.push(item);
        part.value.push(value);
    }
    Ok(part)
}

fn triple(line: &str) -> Result<(u32, u32, f32)> {
    let mut fields = line.split(',');
    let mut next = || fields.next().context("user, item and rating are needed");
    let index = |field: &str| {
        let number: u32 = field.parse().with_context(|| format!("`{field}` is not a number"))?;
        number.checked_sub(1).context("ids begin at 1")
    };
    Ok((index(next()?)?, index(next()?)?, next()?.trim().parse()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_triples_counted_from_one() {
        assert_eq!(triple("3,1,4.5").unwrap(), (2, 0, 4.5));
        for bad in ["3,1", "0,1,2", "x,1,2", "1,1,good"] {
            assert!(triple(bad).is_err(), "{bad}");
        }
    }
}
