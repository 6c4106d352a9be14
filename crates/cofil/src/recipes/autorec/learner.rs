//! One epoch: batches of rows, each in two passes whose cost is proportional to the number of entries.
//!
//! The first pass goes over the rows of the batch: encode, compare, and propagate the errors back to the code. The
//! second goes over the columns that occur: the gradient of a column's row of V or W is a sum over its entries in the
//! batch, and steps the row at once. Each output is owned by one piece of rows or columns, so threads do not
//! interfere and sums have a fixed order.

use super::batch::{ByColumn, Entries, Lists};
use super::{AutoRec, AutoRecSide, Served, kernel};
use crate::data::{Csr, Ratings};
use crate::math::real::power;
use crate::math::{Matrix, Rng, lanes, parallel, vector};
use crate::nn::optimizer::Table;
use crate::shapes::auto_encoder::AutoEncoderSettings;
use crate::train::{Learner, Loss, Run};
use std::borrow::Cow;

/// Number of rows of a batch that one thread takes at once.
const PIECE: usize = 64;

/// The state of training [`AutoRec`].
pub(super) struct Network<'a, S> {
    pub(super) settings: &'a AutoRec<S>,
    pub(super) scale: AutoEncoderSettings,
    /// The rows that are encoded and reconstructed.
    pub(super) rows: Cow<'a, Csr>,
    /// Rows that have entries.
    filled: Vec<u32>,
    /// Number of users who like each item.
    pub(super) popular: Vec<f32>,
    /// By row, what its outputs are before anything is learned.
    pub(super) levels: Vec<f32>,
    /// v and 0, padded.
    pub(super) encoder: Table,
    /// μ and 0, padded.
    pub(super) hidden_bias: Table,
    /// w and b, padded.
    pub(super) decoder: Table,
    /// Mean number of entries of the columns that have any.
    pub(super) mean_count: f32,
    /// The share of λ that each column pays.
    weights: Vec<f32>,
    /// For each column, the share of v's and of w's penalty that one of its entries pays.
    pub(super) shares: [Vec<f32>; 2],
    /// 1 / the number of rows of a full batch.
    weight: f32,
    /// For each piece of a batch, the codes g(z) and 1, padded; then the gradients with respect to z.
    codes: Vec<f32>,
}

/// Results of the first pass over the rows of a piece.
struct Passed {
    entries: Entries,
    bias_gradient: Vec<f32>,
    squares: f64,
}

impl<'a, S: AutoRecSide> Network<'a, S> {
    pub fn new(settings: &'a AutoRec<S>, train: &'a Ratings, run: &Run<'_>) -> Self {
        let rows = S::rows(train);
        let width = lanes::padded(settings.hidden + 1);
        let table = |side: u64| {
            let mut values = Matrix::zeros(rows.cols(), width);
            for c in 0..rows.cols() {
                let mut rng = Rng::new(run.seed, &[0, side, c as u64]);
                let row = &mut values.row_mut(c)[..settings.hidden];
                row.fill_with(|| settings.init_scale * rng.normal());
            }
            Table::new(values, settings.optimizer).with_momentum(settings.momentum)
        };
        let counts = rows.column_counts();
        let columns = counts.iter().filter(|&&n| n > 0).count().max(1);
        let mean_count = rows.nnz() as f32 / columns as f32;
        let weight = |&n: &u32| power(n.max(1) as f32 / mean_count, settings.reg_exponent);
        let weights: Vec<f32> = counts.iter().map(weight).collect();
        let per_column = settings.negatives as f32 * rows.nnz() as f32 / rows.cols().max(1) as f32;
        let share = |drawn: f32| {
            let visits = counts.iter().map(|&n| (n as f32 + drawn).max(1.0));
            weights.iter().zip(visits).map(|(weight, visits)| weight / visits).collect()
        };
        let filled = (0..rows.rows() as u32).filter(|&r| !rows.row(r as usize).is_empty());
        let filled: Vec<u32> = filled.collect();
        let batch = settings.batch_size.min(filled.len());
        let scale = settings.scale(train, &rows);
        Self {
            levels: settings.levels(train, rows.rows(), scale.output),
            scale,
            encoder: table(0),
            decoder: table(1),
            hidden_bias: Table::new(Matrix::zeros(1, width), settings.optimizer)
                .with_momentum(settings.momentum),
            shares: [share(0.0), share(per_column)],
            weights,
            mean_count,
            weight: 1.0 / batch as f32,
            codes: vec![0.0; 2 * batch.next_multiple_of(PIECE) * width],
            popular: run.popularity(train),
            filled,
            rows,
            settings,
        }
    }

    fn width(&self) -> usize {
        self.encoder.values.cols()
    }

    /// One step on a batch of rows; returns Σ (ŷ − y)² before it.
    pub(super) fn step(&mut self, batch: &[u32], rate: f32, rng: &Rng) -> f64 {
        let (width, hidden) = (self.width(), self.settings.hidden);
        let mut codes = std::mem::take(&mut self.codes);
        let weight = self.weight;
        let pieces = codes.chunks_mut(2 * PIECE * width).zip(batch.chunks(PIECE));
        let passed: Vec<Passed> =
            parallel::map_all(pieces, |(codes, rows)| self.pass(rows, codes, weight, rng));

        let cols = self.rows.cols();
        let place = |p: usize, r: usize| (2 * p * PIECE + r) as u32;
        let (inputs, outputs) = parallel::join(
            || {
                ByColumn::new(cols, passed.iter().map(|p| &p.entries.inputs), |p, r| {
                    place(p, PIECE + r)
                })
            },
            || ByColumn::new(cols, passed.iter().map(|p| &p.entries.outputs), place),
        );
        let penalty = self.settings.reg * weight;
        for (table, by_column, shares) in [
            (&mut self.encoder, &inputs, &self.shares[0]),
            (&mut self.decoder, &outputs, &self.shares[1]),
        ] {
            table.step_rows(&by_column.columns, rate, |g, values, gradient| {
                let (rows, numbers) = by_column.get(g);
                kernel::gather(gradient, rows, numbers, &codes);
                let share = shares[by_column.columns[g] as usize] * rows.len() as f32;
                vector::add_scaled(&mut gradient[..hidden], penalty * share, &values[..hidden]);
            });
        }
        let mut gradient = vec![0.0; width];
        passed.iter().for_each(|p| vector::add_scaled(&mut gradient, 1.0, &p.bias_gradient));
        self.hidden_bias.step(0, &gradient, rate);
        self.codes = codes;
        passed.iter().map(|p| p.squares).sum()
    }

    /// The first pass over some rows. `codes` receives their codes, then the gradients with respect to the input of
    /// g.
    fn pass(&self, rows: &[u32], codes: &mut [f32], weight: f32, rng: &Rng) -> Passed {
        let (width, hidden) = (self.width(), self.settings.hidden);
        let mut entries = Entries::new(self.settings, &self.scale, &self.rows, rows, rng);
        let mut bias_gradient = vec![0.0; width];
        let output = self.scale.output;
        // Errors are computed in the unit of the inputs and reported on the scale of the values.
        let per_unit = output.factor / self.scale.input.unit;
        let slope = 2.0 * per_unit * per_unit * weight;
        let mut squares = 0.0;
        let (codes, pulled) = codes.split_at_mut(PIECE * width);
        let both = codes.chunks_exact_mut(width).zip(pulled.chunks_exact_mut(width));
        for (r, ((code, pulled), &row)) in both.zip(rows).enumerate() {
            self.encode(&entries.inputs, r, code);
            pulled.fill(0.0);
            let outputs = &mut entries.outputs;
            let range = outputs.range(r);
            squares += kernel::decode(
                output.activation,
                slope,
                self.levels[row as usize],
                code,
                pulled,
                (&outputs.columns[range.clone()], &mut outputs.numbers[range]),
                self.decoder.values.data(),
            );
            pulled[hidden..].fill(0.0);
            self.scale.hidden.backward(&code[..hidden], &mut pulled[..hidden]);
            vector::add_scaled(&mut bias_gradient, 1.0, pulled);
        }
        let factor = f64::from(output.factor);
        Passed { entries, bias_gradient, squares: factor * factor * squares }
    }

    /// Computes the code of row `r` with these inputs, and 1.
    fn encode(&self, inputs: &Lists, r: usize, code: &mut [f32]) {
        let hidden = self.settings.hidden;
        let range = inputs.range(r);
        let (columns, numbers) = (&inputs.columns[range.clone()], &inputs.numbers[range]);
        code.copy_from_slice(self.hidden_bias.values.data());
        kernel::gather(code, columns, numbers, self.encoder.values.data());
        self.scale.hidden.apply(&mut code[..hidden]);
        code[hidden] = 1.0;
    }

    /// Returns the code of every row and 1; zeros for rows without entries.
    pub(super) fn all_codes(&self) -> Matrix {
        let (width, length) = (self.width(), self.settings.hidden + 1);
        let mut all = Matrix::zeros(self.rows.rows(), length);
        let whole = AutoRec { dropout: 0.0, negatives: 0, ..self.settings.clone() };
        parallel::for_each_chunk(all.data_mut(), PIECE * length, |piece, out| {
            let first = piece * PIECE;
            let rows: Vec<u32> = (first as u32..).take(out.len() / length).collect();
            let entries = Entries::new(&whole, &self.scale, &self.rows, &rows, &Rng::new(0, &[]));
            let mut code = vec![0.0; width];
            for (r, out) in out.chunks_exact_mut(length).enumerate() {
                if !entries.inputs.range(r).is_empty() {
                    self.encode(&entries.inputs, r, &mut code);
                    out.copy_from_slice(&code[..length]);
                }
            }
        });
        all
    }

    /// Returns w and b of each column; zeros for columns about which nothing was learned.
    pub(super) fn outputs(&self) -> Matrix {
        let length = self.settings.hidden + 1;
        let mut outputs = Matrix::zeros(self.rows.cols(), length);
        for c in self.learned_columns() {
            outputs.row_mut(c).copy_from_slice(&self.decoder.values.row(c)[..length]);
        }
        outputs
    }

    /// The columns that occur in the data or can be sampled.
    pub(super) fn learned_columns(&self) -> impl Iterator<Item = usize> {
        let counts = self.rows.column_counts();
        let drawn = self.settings.negatives > 0;
        (0..counts.len()).filter(move |&c| drawn || counts[c] > 0)
    }

    /// λ/2 ((1 − dropout) ‖V‖² + ‖W‖²), weighted by column.
    pub(super) fn penalty(&self) -> f64 {
        let (width, hidden) = (self.width(), self.settings.hidden);
        let squares = |table: &Table| -> f64 {
            let rows = table.values.data().chunks(PIECE * width);
            let weights = self.weights.chunks(PIECE);
            let of_piece = |(rows, weights): (&[f32], &[f32])| -> f64 {
                let rows = rows.chunks_exact(width).zip(weights);
                rows.map(|(row, &weight)| {
                    f64::from(weight) * vector::sum_of_squares(&row[..hidden])
                })
                .sum()
            };
            // In the order of the pieces.
            let sums = parallel::map_all(rows.zip(weights), of_piece);
            sums.iter().sum()
        };
        let kept = 1.0 - f64::from(self.settings.dropout);
        let sum = kept * squares(&self.encoder) + squares(&self.decoder);
        0.5 * f64::from(self.settings.reg) * sum
    }
}

impl<S: Served> Learner for Network<'_, S> {
    type Model = S::Shape;

    fn learning_rate(&self, number: usize) -> Option<f32> {
        Some(self.settings.rate(number))
    }

    fn epoch(&mut self, number: usize, rng: &Rng) -> Loss {
        let rate = self.settings.rate(number);
        let mut order = self.filled.clone();
        rng.piece(0).shuffle(&mut order);
        let batches = order.chunks(self.settings.batch_size);
        let data = batches.map(|batch| self.step(batch, rate, rng)).sum();
        let unit = f64::from(self.scale.input.unit);
        Loss { data, penalty: unit * unit * self.penalty() }
    }

    fn model(&self) -> S::Shape {
        S::shape(self)
    }

    fn finish(&mut self) {
        [&mut self.encoder, &mut self.decoder].into_iter().for_each(Table::finish);
        self.codes = Vec::new();
    }

    fn state(&mut self) -> Vec<&mut [f32]> {
        let tables = [&mut self.encoder, &mut self.hidden_bias, &mut self.decoder];
        tables.into_iter().flat_map(Table::state).collect()
    }

    fn remedy(&self) -> String {
        format!("lower `learning_rate`, now {}", self.settings.learning_rate)
    }
}
