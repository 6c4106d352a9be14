//! The factors of another program, as they were read.

use super::{Link, arrays, libmf, vectors};
use crate::data::IdMap;
use crate::data::prose::count;
use crate::data::read::read_ids;
use crate::error::{Error, Result};
use crate::math::Matrix;
use crate::recipes::Target;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The largest number of vectors is between these: squares of longer and shorter ones, and sums of them, are not numbers
/// of single precision.
const SMALL: f32 = 1e-15;
const LARGE: f32 = 1e15;

/// Format of a foreign model; it follows from the content of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ForeignFormat {
    /// `.npz` of the library implicit: ALS, BPR or logistic matrix factorization.
    Implicit,
    /// `.npz` with `pu` and `qi`, the factors of Surprise.
    Surprise,
    /// `.npz` with `user_embeddings` and `item_embeddings`, as in LightFM.
    Lightfm,
    /// `.npz` with `user_factors` and `item_factors`, as [`export`](crate::Recommender::export) writes.
    Arrays,
    /// Text model of LIBMF.
    Libmf,
    /// A table of item vectors, or an `.npy` matrix.
    Vectors,
}

impl fmt::Display for ForeignFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Implicit => "implicit",
            Self::Surprise => "surprise",
            Self::Lightfm => "lightfm",
            Self::Arrays => "arrays",
            Self::Libmf => "libmf",
            Self::Vectors => "vectors",
        })
    }
}

/// Where a foreign model is.
#[derive(Clone, Debug)]
pub enum ForeignSource {
    /// A file.
    Path(PathBuf),
    /// The bytes of an `.npz` archive.
    Npz(Vec<u8>),
}

/// The ids of users or items, in the order of the model's rows.
#[derive(Clone, Debug)]
pub enum Ids {
    /// A `.txt` file with one id per line, or a table with a column of ids.
    Path(PathBuf),
    /// The ids themselves.
    Map(IdMap),
}

/// The files of a foreign model.
#[derive(Clone, Debug)]
pub struct ForeignFiles {
    /// The model, or the vectors of its items.
    pub model: ForeignSource,
    /// The vectors of the users, if `model` holds the vectors of items alone.
    pub user_vectors: Option<PathBuf>,
    /// The ids of the users. Default: those in the model, else integers from 0.
    pub user_ids: Option<Ids>,
    /// The ids of the items. Default: as for users.
    pub item_ids: Option<Ids>,
}

impl ForeignFiles {
    /// A model that is one file.
    pub fn new(model: impl Into<PathBuf>) -> Self {
        let model = ForeignSource::Path(model.into());
        Self { model, user_vectors: None, user_ids: None, item_ids: None }
    }
}

/// Factors of another program with the ids of their users and items.
#[derive(Clone, Debug)]
pub struct Foreign {
    pub(super) format: ForeignFormat,
    pub(super) name: String,
    pub(super) user_ids: IdMap,
    pub(super) item_ids: IdMap,
    /// Vectors p, users × factors; without rows if only items have vectors.
    pub(super) users: Matrix,
    /// Vectors q, items × factors.
    pub(super) items: Matrix,
    pub(super) user_bias: Vec<f32>,
    pub(super) item_bias: Vec<f32>,
    pub(super) offset: Option<f32>,
    pub(super) popular: Option<Vec<f32>>,
    pub(super) target: Option<Target>,
    pub(super) link: Option<Link>,
    pub(super) scale: Option<(f32, f32)>,
    pub(super) reg: Option<f32>,
    pub(super) alpha: Option<f32>,
    /// What was assumed.
    pub(super) notes: Vec<String>,
}

impl Foreign {
    /// Reads a foreign model; its format follows from its content.
    ///
    /// # Errors
    /// If a file cannot be read or is in none of the formats, sizes do not fit together, a number is not finite, or an
    /// id occurs twice.
    pub fn open(files: &ForeignFiles) -> Result<Self> {
        let mut foreign = match &files.model {
            ForeignSource::Npz(bytes) => arrays::parse(Path::new("arrays"), bytes)?,
            ForeignSource::Path(path) => match Content::of(path)? {
                Content::Npz => arrays::read(path)?,
                Content::Libmf => libmf::read(path)?,
                Content::Pickle => {
                    let says = "this is a pickle, which could run code when it is read; save the factors with \
                                `numpy.savez` (docs/models.md shows how)";
                    return Err(Error::data(path, None, says));
                }
                Content::Other => vectors::read(path, files.user_vectors.as_deref())?,
            },
        };
        if files.user_vectors.is_some() && foreign.format != ForeignFormat::Vectors {
            let says = "goes with a table or an .npy file of item vectors; this model has vectors of users";
            return Err(Error::setting("user_vectors", says));
        }
        foreign.take_ids(files)?;
        foreign.check(files)?;
        foreign.name_biases();
        Ok(foreign)
    }

    /// A model of vectors alone.
    pub(super) fn of(format: ForeignFormat, name: &str, users: Matrix, items: Matrix) -> Self {
        Self {
            format,
            name: name.to_owned(),
            user_ids: IdMap::new(),
            item_ids: IdMap::new(),
            user_bias: vec![0.0; users.rows()],
            item_bias: vec![0.0; items.rows()],
            users,
            items,
            offset: None,
            popular: None,
            target: None,
            link: None,
            scale: None,
            reg: None,
            alpha: None,
            notes: Vec::new(),
        }
    }

    /// The ids of the users, in the order of their vectors.
    pub fn users(&self) -> &IdMap {
        &self.user_ids
    }

    /// The ids of the items, in the order of their vectors.
    pub fn items(&self) -> &IdMap {
        &self.item_ids
    }

    /// Takes the given ids; where the file has none either, numbers the rows.
    fn take_ids(&mut self, files: &ForeignFiles) -> Result<()> {
        let sides = [
            (&files.user_ids, &mut self.user_ids, self.users.rows(), "user"),
            (&files.item_ids, &mut self.item_ids, self.items.rows(), "item"),
        ];
        for (given, ids, rows, noun) in sides {
            match given {
                Some(Ids::Map(map)) => *ids = map.clone(),
                Some(Ids::Path(path)) => *ids = read_ids(path, noun)?,
                None if ids.is_empty() && rows > 0 => {
                    for row in 0..rows {
                        ids.insert_integer(row as i64)?;
                    }
                    self.notes
                        .push(format!("there are no {noun} ids: {noun}s are numbered from 0"));
                }
                None => {}
            }
            if ids.len() != rows {
                return Err(Error::Unfit(format!(
                    "the model has {} and {}; give one id for each, in the order of the model",
                    count(rows, noun),
                    count(ids.len(), &format!("{noun} id"))
                )));
            }
        }
        Ok(())
    }

    fn check(&self, files: &ForeignFiles) -> Result<()> {
        if self.users.cols() != self.items.cols() && self.users.rows() > 0 {
            return Err(Error::Unfit(format!(
                "user vectors have {} numbers, but item vectors have {}; give both from one model",
                self.users.cols(),
                self.items.cols()
            )));
        }
        let model = match &files.model {
            ForeignSource::Npz(_) => Path::new("arrays"),
            ForeignSource::Path(path) => path,
        };
        let of_users = files.user_vectors.as_deref().unwrap_or(model);
        for (what, numbers, width, path) in [
            ("user vectors", self.users.data(), self.users.cols(), of_users),
            ("item vectors", self.items.data(), self.items.cols(), model),
            ("user biases", &self.user_bias[..], 1, of_users),
            ("item biases", &self.item_bias[..], 1, model),
        ] {
            if let Some(at) = numbers.iter().position(|x| !x.is_finite()) {
                let row = at / width.max(1);
                let message = format!(
                    "row {row} of the {what} (from 0) holds a number that is not finite: the training has diverged, \
                     or the row was never trained"
                );
                return Err(Error::data(path, None, message));
            }
            let most = numbers.iter().fold(0f32, |most, x| most.max(x.abs()));
            if most > 0.0 && !(SMALL..=LARGE).contains(&most) {
                let message = format!(
                    "the largest number of the {what} is {most:e}: inner products of such numbers leave the range of \
                     single precision; scale them to between {SMALL:e} and {LARGE:e}"
                );
                return Err(Error::data(path, None, message));
            }
        }
        Ok(())
    }

    /// Takes columns of vectors that stand for biases out of them: where all users have 1, items have their biases, and
    /// the other way round. The scores stay the same, and new users are folded in with the biases of items.
    fn name_biases(&mut self) {
        let ones = |of: &Matrix, column: usize| {
            of.rows() > 0 && (0..of.rows()).all(|row| of.row(row)[column] == 1.0)
        };
        let columns = 0..self.items.cols();
        let (mut of_items, mut of_users) = (None, None);
        for column in columns.rev() {
            if of_items.is_none() && ones(&self.users, column) {
                of_items = Some(column);
            } else if of_users.is_none() && self.users.rows() > 0 && ones(&self.items, column) {
                of_users = Some(column);
            }
        }
        for (column, bias, from, noun, other) in [
            (of_items, &mut self.item_bias, &self.items, "items", "users"),
            (of_users, &mut self.user_bias, &self.users, "users", "items"),
        ] {
            if let Some(column) = column {
                bias.iter_mut().enumerate().for_each(|(row, b)| *b += from.row(row)[column]);
                self.notes.push(format!(
                    "column {column} of the vectors (from 0) holds the biases of {noun}: it is 1 for all {other}"
                ));
            }
        }
        let kept: Vec<usize> = (0..self.items.cols())
            .filter(|&column| Some(column) != of_items && Some(column) != of_users)
            .collect();
        if kept.len() < self.items.cols() {
            for vectors in [&mut self.users, &mut self.items] {
                *vectors = Matrix::from_fn(vectors.rows(), kept.len(), |row, at| {
                    vectors.row(row)[kept[at]]
                });
            }
        }
    }
}

/// What the first bytes of a file show.
enum Content {
    Npz,
    Libmf,
    Pickle,
    Other,
}

impl Content {
    fn of(path: &Path) -> Result<Self> {
        let mut head = Vec::new();
        let file = File::open(path).map_err(|e| Error::io(path, e))?;
        file.take(64).read_to_end(&mut head).map_err(|e| Error::io(path, e))?;
        let text = String::from_utf8_lossy(&head);
        let mut lines = text.lines().map(|line| line.split_whitespace().next().unwrap_or_default());
        let libmf = matches!(lines.next(), Some("f" | "solver")) && lines.next() == Some("m");
        Ok(match &head[..] {
            [b'P', b'K', 3 | 5, ..] => Self::Npz,
            // The protocols of pickle from 2 on, which all of today's Pythons write.
            [0x80, 2..=5, ..] => Self::Pickle,
            _ if libmf => Self::Libmf,
            _ => Self::Other,
        })
    }
}
