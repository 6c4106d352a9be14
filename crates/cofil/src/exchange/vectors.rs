//! Vectors of items, and of users, as search indexes and vector databases take them.

use super::arrays;
use super::foreign::{Foreign, ForeignFormat};
use crate::data::IdMap;
use crate::data::read::read_vectors;
use crate::error::{Error, Result};
use crate::math::Matrix;
use crate::recipes::Target;
use crate::store::{NPY, read_npy};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Reads vectors of items, and of users if there are any.
pub(super) fn read(items: &Path, users: Option<&Path>) -> Result<Foreign> {
    let (item_ids, items) = vectors(items)?;
    let (user_ids, users) = match users {
        Some(users) => vectors(users)?,
        None => (IdMap::new(), Matrix::zeros(0, items.cols())),
    };
    let mut foreign = Foreign::of(ForeignFormat::Vectors, "vectors", users, items);
    (foreign.user_ids, foreign.item_ids) = (user_ids, item_ids);
    foreign.target = Some(Target::Preference);
    Ok(foreign)
}

/// An `.npy` matrix without ids, or a table.
fn vectors(path: &Path) -> Result<(IdMap, Matrix)> {
    let mut head = Vec::new();
    let file = File::open(path).map_err(|e| Error::io(path, e))?;
    file.take(NPY.len() as u64).read_to_end(&mut head).map_err(|e| Error::io(path, e))?;
    if head == NPY {
        let matrix = arrays::matrix(read_npy(path)?);
        let bad = |says| Error::data(path, None, format!("the array {says}"));
        return Ok((IdMap::new(), matrix.map_err(bad)?));
    }
    read_vectors(path)
}
