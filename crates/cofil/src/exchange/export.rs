//! Exporting models.

use super::onnx::{self, Takes};
use crate::data::prose::count;
use crate::data::{Cells, IdMap, Kind, SheetWriter};
use crate::error::{Error, Result};
use crate::math::Matrix;
use crate::preference::likes;
use crate::recipes::Target;
use crate::recommender::Recommender;
use crate::shapes::{Factors, FactorsSettings, ScoreFunction};
use crate::store::{Access, Entry, Tensor, write_npz, write_with};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Rows of a table of vectors that are written at a time.
const BLOCK: usize = 4096;

/// How to export a model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ExportOptions {
    /// Whose vectors to write into a table or an `.npy` file.
    pub vectors: Side,
}

/// Users or items.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// Items: what an index is built of.
    #[default]
    Items,
    /// Users: what an index is asked.
    Users,
}

impl FromStr for Side {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "items" => Ok(Self::Items),
            "users" => Ok(Self::Users),
            _ => Err(Error::unknown("vectors", text, ["items", "users"])),
        }
    }
}

/// Format of an exported model, by the ending of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ExportFormat {
    /// `.onnx`: the model as a graph of operators.
    Onnx,
    /// `.npz`: the arrays of the model.
    Npz,
    /// `.npy`: vectors as one matrix.
    Npy,
    /// `.csv`, `.tsv`, `.jsonl`, `.parquet`, `.arrow`, or no ending as in the name of a pipe: ids and vectors.
    Table,
}

impl ExportFormat {
    /// Returns the format by the ending of `path`.
    ///
    /// # Errors
    /// If the ending is unknown.
    pub fn of(path: &Path) -> Result<Self> {
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("onnx") => Ok(Self::Onnx),
            Some("npz") => Ok(Self::Npz),
            Some("npy") => Ok(Self::Npy),
            _ if SheetWriter::check_path(path).is_ok() => Ok(Self::Table),
            _ => {
                let says = "unknown file extension; use .onnx, .npz, .npy, .csv, .jsonl, .parquet or .arrow";
                Err(Error::data(path, None, says))
            }
        }
    }
}

/// What was exported.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExportReport {
    /// Format of the file.
    pub format: ExportFormat,
    /// The files: the model, and for `.onnx` and `.npy` the ids of its rows and columns.
    pub files: Vec<PathBuf>,
    /// Size of all files.
    pub bytes: u64,
    /// How to use them, in sentences.
    pub notes: Vec<String>,
}

impl Recommender {
    /// Writes the model to `path` in the format of its ending: `.onnx`, `.npz`, or the vectors of items or users as
    /// `.npy`, `.csv`, `.tsv`, `.jsonl`, `.parquet` or `.arrow`. `docs/models.md` describes each.
    ///
    /// # Errors
    /// If the ending is unknown, the format cannot hold a model of this shape, or the file cannot be written.
    pub fn export(&self, path: &Path, options: &ExportOptions) -> Result<ExportReport> {
        match ExportFormat::of(path)? {
            ExportFormat::Onnx => self.export_onnx(path),
            ExportFormat::Npz => self.export_npz(path),
            ExportFormat::Npy => self.export_npy(path, options.vectors),
            ExportFormat::Table => self.export_table(path, options.vectors),
        }
    }

    /// The files that [`export`](Self::export) writes for `path`.
    ///
    /// # Errors
    /// If the ending is unknown.
    pub fn exported_files(path: &Path) -> Result<Vec<PathBuf>> {
        Ok(match ExportFormat::of(path)? {
            ExportFormat::Onnx | ExportFormat::Npy => vec![path.to_owned(), beside(path)],
            ExportFormat::Npz | ExportFormat::Table => vec![path.to_owned()],
        })
    }

    fn export_onnx(&self, path: &Path) -> Result<ExportReport> {
        let (takes, bytes) = onnx::write(self, path)?;
        let (ids, note) = match takes {
            Takes::Users => (
                vec![("users", &**self.users()), ("items", self.items())],
                "input `user`: numbers of users (int64); output `scores`: a row for each, a column per item",
            ),
            Takes::Histories => (
                vec![("items", &**self.items())],
                "input `history`: a row per user with the values of all items, 0 for those they do not have \
                 (float32); output `scores`: a row for each, a column per item",
            ),
            Takes::Pairs => (
                vec![("users", &**self.users()), ("items", self.items())],
                "inputs `user` and `item`: numbers of as many users and items (int64); output `scores`: one for each \
                 pair",
            ),
        };
        let notes = vec![note.into(), "seen items are not excluded".into()];
        let bytes = bytes + write_ids(&beside(path), &ids)?;
        Ok(ExportReport {
            format: ExportFormat::Onnx,
            files: Self::exported_files(path)?,
            bytes,
            notes,
        })
    }

    fn export_npz(&self, path: &Path) -> Result<ExportReport> {
        let (model, card) = (self.model(), self.card());
        let settings = model.settings();
        let mut entries: Vec<Entry<'_>> = model.tensors().into_iter().map(Entry::Numbers).collect();
        for (name, ids) in [("user_ids", self.users()), ("item_ids", self.items())] {
            entries.push(match ids.integers() {
                Some(integers) => Entry::Numbers(Tensor::i64(name, integers)),
                None => Entry::Texts(name, ids.names().collect()),
            });
        }
        let text = settings.to_string();
        let target = serde_json::to_value(card.target()).unwrap_or_default();
        let mut scale = [card.data.scale.0, card.data.scale.1];
        let offset;
        if model.kind() == Factors::KIND {
            let settings: FactorsSettings = serde_json::from_value(settings)
                .map_err(|e| Error::Unsupported(format!("the settings of the model: {e}")))?;
            entries.push(Entry::Text(
                "link",
                match settings.link {
                    ScoreFunction::Identity => "none",
                    ScoreFunction::Sigmoid { low, high } => {
                        scale = [low, high];
                        "sigmoid"
                    }
                    ScoreFunction::Output(_) => "output",
                },
            ));
            offset = [settings.offset];
            entries.push(Entry::Numbers(Tensor::f32("offset", &offset)));
        }
        // Some models have an array of that name.
        let has_scale = model.tensors().iter().any(|tensor| tensor.name() == "scale");
        let name = if has_scale { "rating_scale" } else { "scale" };
        entries.push(Entry::Numbers(Tensor::f32(name, &scale)));
        entries.push(Entry::Text("target", target.as_str().unwrap_or_default()));
        entries.push(Entry::Text("shape", model.kind()));
        entries.push(Entry::Text("settings", &text));
        let bytes = write_npz(path, &entries)?;
        let notes = vec!["docs/format.md says what each array is".into()];
        Ok(ExportReport { format: ExportFormat::Npz, files: vec![path.to_owned()], bytes, notes })
    }

    fn export_npy(&self, path: &Path, side: Side) -> Result<ExportReport> {
        let Vectors { matrix, ids, name, notes } = self.vectors(side)?;
        let bytes = Tensor::matrix("vectors", &matrix).write_npy(path)?
            + write_ids(&beside(path), &[(name, ids)])?;
        Ok(ExportReport {
            format: ExportFormat::Npy,
            files: Self::exported_files(path)?,
            bytes,
            notes,
        })
    }

    fn export_table(&self, path: &Path, side: Side) -> Result<ExportReport> {
        let Vectors { matrix, ids, notes, .. } = self.vectors(side)?;
        let id = match side {
            Side::Items => "item",
            Side::Users => "user",
        };
        let mut writer = SheetWriter::create(path, &[(id, Kind::Text), ("vector", Kind::Vector)])?;
        let rows: Vec<usize> = (0..matrix.rows()).collect();
        for block in rows.chunks(BLOCK) {
            let names = block.iter().map(|&row| Some(ids.name(row as u32))).collect();
            let vectors = block.iter().map(|&row| matrix.row(row)).collect();
            writer.write(&[Cells::Text(names), Cells::Vector(vectors)])?;
        }
        let bytes = writer.finish()?;
        Ok(ExportReport { format: ExportFormat::Table, files: vec![path.to_owned()], bytes, notes })
    }

    /// The vectors whose inner products order items as the scores of the model do.
    fn vectors(&self, side: Side) -> Result<Vectors<'_>> {
        let model = self.model();
        let none = || {
            let shape = model.kind();
            Error::Unsupported(match side {
                Side::Items => {
                    format!("this model of shape `{shape}` has no item vectors; export it as .npz")
                }
                Side::Users => format!(
                    "this model of shape `{shape}` has no user vectors that score items by an inner product"
                ),
            })
        };
        let (ids, name) = match side {
            Side::Items => (&**self.items(), "items"),
            Side::Users => (&**self.users(), "users"),
        };
        if model.kind() != Factors::KIND {
            let matrix = model.item_vectors().filter(|_| side == Side::Items).ok_or_else(none)?;
            let notes = vec![
                "similar items have similar vectors (cosine); scores are not inner products of them".into(),
            ];
            return Ok(Vectors { matrix: matrix.clone(), ids, name, notes });
        }
        let vectors = match side {
            Side::Items => model.item_vectors(),
            Side::Users => model.user_vectors(),
        };
        let vectors = vectors.ok_or_else(none)?;
        let tensors = model.tensors();
        let bias = tensors.iter().find(|tensor| tensor.name() == "item_bias");
        let bias = bias.and_then(Tensor::as_f32).unwrap_or_default();
        let unliked = match self.card().target() {
            Target::Preference => likes(self.model().reading(), self.seen()),
            Target::Rating => Vec::new(),
        };
        let unliked = unliked.iter().filter(|&&users| users == 0).count();
        let known = (self.seen().nnz() > 0 && unliked > 0).then(|| {
            format!(
                "{} that no user likes: cofil puts them last, so leave them out of a search by vectors",
                count(unliked, "item")
            )
        });
        if bias.iter().all(|&b| b == 0.0) {
            let says = "the inner product of a user and an item orders items as the scores do";
            let notes = std::iter::once(says.into()).chain(known).collect();
            return Ok(Vectors { matrix: vectors.clone(), ids, name, notes });
        }
        let k = vectors.cols();
        let last = |row: usize| if side == Side::Items { bias[row] } else { 1.0 };
        let entry = |row: usize, column: usize| {
            if column < k { vectors.row(row)[column] } else { last(row) }
        };
        let matrix = Matrix::from_fn(vectors.rows(), k + 1, entry);
        let says = "the last number of an item is its bias, that of a user is 1: the inner product orders items as the \
                    scores do";
        let notes = std::iter::once(says.into()).chain(known).collect();
        Ok(Vectors { matrix, ids, name, notes })
    }
}

/// Vectors with the ids of their rows.
struct Vectors<'a> {
    matrix: Matrix,
    ids: &'a IdMap,
    name: &'static str,
    notes: Vec<String>,
}

/// The file of ids beside `path`.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".json");
    path.with_file_name(name)
}

/// Writes ids as JSON: integers as numbers, others as text.
fn write_ids(path: &Path, sides: &[(&str, &IdMap)]) -> Result<u64> {
    let list = |ids: &IdMap| match ids.integers() {
        Some(integers) => serde_json::to_vec(integers),
        None => serde_json::to_vec(&ids.names().collect::<Vec<_>>()),
    };
    write_with(path, Access::Usual, |file| {
        for (at, (name, ids)) in sides.iter().enumerate() {
            let begins = if at == 0 { "{" } else { ",\n" };
            write!(file, "{begins}{}:", Value::from(*name))?;
            file.write_all(&list(ids)?)?;
        }
        file.write_all(b"}\n")
    })
}
