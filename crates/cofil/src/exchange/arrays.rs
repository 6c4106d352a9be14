//! Archives of NumPy arrays: implicit, Surprise, LightFM, and any pair of factor matrices.

use super::Link;
use super::foreign::{Foreign, ForeignFormat};
use crate::data::IdMap;
use crate::error::{Error, Result};
use crate::math::Matrix;
use crate::recipes::Target;
use crate::store::{Elements, Npz, NumpyArray};
use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::Path;

/// The names that programs give to the parts of a model.
const USER_VECTORS: [&str; 3] = ["user_factors", "pu", "user_embeddings"];
const ITEM_VECTORS: [&str; 3] = ["item_factors", "qi", "item_embeddings"];
const USER_BIAS: [&str; 3] = ["user_bias", "bu", "user_biases"];
const ITEM_BIAS: [&str; 3] = ["item_bias", "bi", "item_biases"];
const USER_IDS: [&str; 2] = ["user_ids", "users"];
const ITEM_IDS: [&str; 2] = ["item_ids", "items"];
const OFFSET: [&str; 2] = ["offset", "mu"];
const SCALE: [&str; 2] = ["scale", "rating_scale"];
const REG: [&str; 2] = ["reg", "regularization"];
const OTHERS: [&str; 4] = ["target", "link", "alpha", "popular"];

/// Reads the archive at `path`.
pub(super) fn read(path: &Path) -> Result<Foreign> {
    Parts { path, npz: Npz::read(path, &wanted())? }.foreign()
}

/// Reads an archive in memory; `path` is for messages.
pub(super) fn parse(path: &Path, bytes: &[u8]) -> Result<Foreign> {
    Parts { path, npz: Npz::parse(path, Cursor::new(bytes), &wanted())? }.foreign()
}

fn wanted() -> Vec<&'static str> {
    let parts: [&[&str]; 10] = [
        &USER_VECTORS,
        &ITEM_VECTORS,
        &USER_BIAS,
        &ITEM_BIAS,
        &USER_IDS,
        &ITEM_IDS,
        &OFFSET,
        &SCALE,
        &REG,
        &OTHERS,
    ];
    parts.concat()
}

struct Parts<'a> {
    path: &'a Path,
    npz: Npz,
}

impl Parts<'_> {
    fn foreign(mut self) -> Result<Foreign> {
        let (Some(users), Some(items)) = (self.first(&USER_VECTORS), self.first(&ITEM_VECTORS))
        else {
            let names: Vec<&str> = self.npz.names.iter().map(String::as_str).take(20).collect();
            return Err(self.bad(format!(
                "there are no factors in it: expected `user_factors` and `item_factors`, `pu` and `qi`, or \
                 `user_embeddings` and `item_embeddings`, found {}",
                if names.is_empty() { "no arrays".into() } else { names.join(", ") }
            )));
        };
        let (format, name) = self.format(users);
        let (users, items) = (self.matrix(users)?, self.matrix(items)?);
        let mut foreign = Foreign::of(format, name, users, items);
        foreign.user_bias = self.vector(&USER_BIAS, foreign.users.rows())?;
        foreign.item_bias = self.vector(&ITEM_BIAS, foreign.items.rows())?;
        if self.first(&OTHERS[3..]).is_some() {
            foreign.popular = Some(self.vector(&OTHERS[3..], foreign.items.rows())?);
        }
        foreign.user_ids = self.ids(&USER_IDS)?;
        foreign.item_ids = self.ids(&ITEM_IDS)?;
        foreign.offset = self.number(&OFFSET)?;
        foreign.reg = self.number(&REG)?;
        foreign.alpha = self.number(&["alpha"])?;
        foreign.scale = match self.take(&SCALE) {
            None => None,
            Some((name, array)) => match floats(array.elements).as_deref() {
                Some(&[low, high]) if low <= high && (high - low).is_finite() => Some((low, high)),
                _ => {
                    return Err(
                        self.bad(format!("array `{name}` is not a smallest and a largest rating"))
                    );
                }
            },
        };
        foreign.target = match self.word("target")?.as_deref() {
            None => (format != ForeignFormat::Arrays).then_some(match format {
                ForeignFormat::Surprise => Target::Rating,
                _ => Target::Preference,
            }),
            Some("rating") => Some(Target::Rating),
            Some("preference") => Some(Target::Preference),
            Some(other) => {
                return Err(self.bad(format!("target `{other}` is neither rating nor preference")));
            }
        };
        foreign.link = match self.word("link")? {
            None => None,
            Some(link) => Some(link.parse::<Link>().map_err(|e| self.bad(e.to_string()))?),
        };
        Ok(foreign)
    }

    /// The format, and the name of the method.
    fn format(&self, user_vectors: &str) -> (ForeignFormat, &'static str) {
        let has = |name: &str| self.npz.names.iter().any(|found| found == name);
        match user_vectors {
            "pu" => (ForeignFormat::Surprise, "surprise"),
            "user_embeddings" => (ForeignFormat::Lightfm, "lightfm"),
            // The settings that implicit saves beside the factors.
            _ if has("num_threads") && has("regularization") => {
                let name = match (has("alpha"), has("verify_negative_samples"), has("neg_prop")) {
                    (true, ..) => "implicit-als",
                    (_, true, _) => "implicit-bpr",
                    (_, _, true) => "implicit-lmf",
                    _ => "implicit",
                };
                (ForeignFormat::Implicit, name)
            }
            _ => (ForeignFormat::Arrays, "arrays"),
        }
    }

    fn bad(&self, says: String) -> Error {
        Error::data(self.path, None, says)
    }

    /// The first of `names` that the archive has.
    fn first<'n>(&self, names: &[&'n str]) -> Option<&'n str> {
        names.iter().copied().find(|&name| self.npz.arrays.contains_key(name))
    }

    fn take<'n>(&mut self, names: &[&'n str]) -> Option<(&'n str, NumpyArray)> {
        let name = self.first(names)?;
        let arrays: &mut BTreeMap<String, NumpyArray> = &mut self.npz.arrays;
        Some((name, arrays.remove(name)?))
    }

    fn matrix(&mut self, name: &str) -> Result<Matrix> {
        let (_, array) =
            self.take(&[name]).ok_or_else(|| self.bad(format!("`{name}` is missing")))?;
        matrix(array).map_err(|says| self.bad(format!("array `{name}` {says}")))
    }

    /// One number per user or item; zeros if there are none.
    fn vector(&mut self, names: &[&str], rows: usize) -> Result<Vec<f32>> {
        let Some((name, array)) = self.take(names) else { return Ok(vec![0.0; rows]) };
        let numbers = floats(array.elements).filter(|numbers| numbers.len() == rows);
        numbers.ok_or_else(|| {
            self.bad(format!("array `{name}` does not hold {rows} numbers, one for each vector"))
        })
    }

    fn ids(&mut self, names: &[&str]) -> Result<IdMap> {
        let mut ids = IdMap::new();
        let Some((name, array)) = self.take(names) else { return Ok(ids) };
        match &array.elements {
            Elements::Integers(numbers) => {
                for &number in numbers {
                    ids.insert_integer(number)?;
                }
            }
            Elements::Texts(texts) => {
                for text in texts {
                    ids.insert(text)?;
                }
                // Texts come back as texts, even if they look like integers.
                ids.set_text();
            }
            Elements::Floats(_) => {
                return Err(
                    self.bad(format!("array `{name}` holds fractions; ids are text or integers"))
                );
            }
        }
        let rows: usize = array.shape.iter().product();
        match ids.len() == rows {
            true => Ok(ids),
            false => {
                Err(self
                    .bad(format!("an id occurs twice in array `{name}`; each row needs its own")))
            }
        }
    }

    fn number(&mut self, names: &[&str]) -> Result<Option<f32>> {
        let Some((name, array)) = self.take(names) else { return Ok(None) };
        match floats(array.elements).as_deref() {
            Some(&[number]) if number.is_finite() => Ok(Some(number)),
            _ => Err(self.bad(format!("array `{name}` is not one finite number"))),
        }
    }

    fn word(&mut self, name: &str) -> Result<Option<String>> {
        let Some((_, array)) = self.take(&[name]) else { return Ok(None) };
        match array.elements {
            Elements::Texts(mut texts) if texts.len() == 1 => Ok(texts.pop()),
            _ => Err(self.bad(format!("array `{name}` is not one text"))),
        }
    }
}

/// The numbers of an array.
fn floats(elements: Elements) -> Option<Vec<f32>> {
    match elements {
        Elements::Floats(numbers) => Some(numbers),
        Elements::Integers(numbers) => Some(numbers.iter().map(|&number| number as f32).collect()),
        Elements::Texts(_) => None,
    }
}

/// Vectors, one row each; the error is the rest of a sentence.
pub(super) fn matrix(array: NumpyArray) -> std::result::Result<Matrix, String> {
    let &[rows, columns] = &array.shape[..] else {
        return Err(format!(
            "has {} dimensions; vectors have two, one row each",
            array.shape.len()
        ));
    };
    if rows == 0 || columns == 0 {
        return Err(format!("has {rows} rows and {columns} columns; vectors need both"));
    }
    let numbers = floats(array.elements).ok_or("holds texts; vectors are numbers")?;
    if rows > u32::MAX as usize - 1 {
        return Err("has more than 4,294,967,294 rows".into());
    }
    Ok(Matrix::from_vec(rows, columns, numbers))
}
