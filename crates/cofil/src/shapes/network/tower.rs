//! The layers of a network in the form its kernels read: padded copies of the weights, each in both directions, with
//! the first layer split into the user's part and the item's part, W₁ [p ; q] + b = (W₁ᵖ p + b) + W₁ᵠ q.

use crate::math::lanes::padded;
use crate::math::narrow::{Start, Strided, mul, pad, pad_transposed, padded_rows};
use crate::nn::layers::Activation;

/// x ↦ W x + b.
#[derive(Clone, Debug, Default)]
pub struct Layer {
    inputs: usize,
    outputs: usize,
    /// Wᵀ: inputs × outputs, padded.
    forward: Vec<f32>,
    /// W: outputs × inputs, padded.
    backward: Vec<f32>,
    /// b, padded.
    bias: Vec<f32>,
}

impl Layer {
    /// Sets W (outputs × inputs) and b, which may be empty.
    pub fn set(&mut self, weights: Strided<'_>, outputs: usize, inputs: usize, bias: &[f32]) {
        (self.inputs, self.outputs) = (inputs, outputs);
        pad_transposed(weights, outputs, inputs, &mut self.forward);
        pad(weights, outputs, inputs, &mut self.backward);
        self.bias.clear();
        self.bias.extend_from_slice(bias);
        self.bias.resize(padded(outputs), 0.0);
    }

    /// Padded length of an input row.
    pub fn width_in(&self) -> usize {
        padded(self.inputs)
    }

    /// Padded length of an output row.
    pub fn width_out(&self) -> usize {
        padded(self.outputs)
    }

    /// Number of outputs per sample.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Number of inputs per sample.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// out ← W x + b by rows; the number of rows is that of `out` and a multiple of eight.
    pub fn forward(&self, x: &[f32], out: &mut [f32]) {
        let x = Strided { data: x, stride: self.width_in() };
        mul(out, Start::Row(&self.bias), x, &self.forward, self.width_out(), self.inputs);
    }

    /// out ← out + W x.
    pub fn add_forward(&self, x: &[f32], out: &mut [f32]) {
        let x = Strided { data: x, stride: self.width_in() };
        mul(out, Start::Output, x, &self.forward, self.width_out(), self.inputs);
    }

    /// Turns the gradient with respect to outputs into that with respect to inputs.
    pub fn backward(&self, slopes: &[f32], out: &mut [f32]) {
        let slopes = Strided { data: slopes, stride: self.width_out() };
        mul(out, Start::Zero, slopes, &self.backward, self.width_in(), self.outputs);
    }
}

/// The layers from embeddings to the last hidden one.
#[derive(Clone, Debug, Default)]
pub struct Tower {
    /// The user's part of the first layer, with its bias.
    pub user: Layer,
    /// The item's part of the first layer.
    pub item: Layer,
    /// The layers after the first.
    pub rest: Vec<Layer>,
    /// Activation of all layers.
    pub activation: Activation,
}

/// A row per sample for every layer.
pub type LayerRows = Vec<Vec<f32>>;

impl Tower {
    /// Sets the weights, layer by layer: W (outputs × inputs, row-major) and b.
    pub fn set<'a>(
        &mut self,
        layers: impl ExactSizeIterator<Item = (&'a [f32], &'a [f32])>,
        activation: Activation,
    ) {
        self.activation = activation;
        self.rest.resize_with(layers.len().saturating_sub(1), Layer::default);
        for (l, (weights, bias)) in layers.enumerate() {
            let (outputs, inputs) = (bias.len(), weights.len() / bias.len());
            let from = |at: usize| Strided { data: &weights[at..], stride: inputs };
            match l {
                0 => {
                    let half = inputs / 2;
                    self.user.set(from(0), outputs, half, bias);
                    self.item.set(from(half), outputs, half, &[]);
                }
                _ => self.rest[l - 1].set(from(0), outputs, inputs, bias),
            }
        }
    }

    /// Number of layers.
    pub fn depth(&self) -> usize {
        1 + self.rest.len()
    }

    /// Padded length of an output row of layer `l`.
    pub fn width(&self, l: usize) -> usize {
        if l == 0 { self.user.width_out() } else { self.rest[l - 1].width_out() }
    }

    /// Makes room for `samples` rows, rounded up to a multiple of eight.
    pub fn resize(&self, rows: &mut LayerRows, samples: usize) {
        rows.resize_with(self.depth(), Vec::new);
        for (l, rows) in rows.iter_mut().enumerate() {
            rows.resize(padded_rows(samples) * self.width(l), 0.0);
        }
    }

    /// Forward pass from the sums of the first layer in `rows[0]` to the output of every layer. `hide` may change the
    /// output of layer l before it is passed on.
    pub fn forward(&self, rows: &mut LayerRows, mut hide: impl FnMut(usize, &mut [f32])) {
        for l in 0..self.depth() {
            let (before, now) = rows.split_at_mut(l);
            if let Some(layer) = l.checked_sub(1).map(|at| &self.rest[at]) {
                layer.forward(&before[l - 1], &mut now[0]);
            }
            self.activation.apply(&mut now[0]);
            hide(l, &mut now[0]);
        }
    }

    /// Backward pass from the gradient with respect to the output of the last layer, in the last of `slopes`, to
    /// those with respect to the sums of every layer. `reveal` applies the change made by `hide` to the gradient of
    /// layer l.
    pub fn backward(
        &self,
        rows: &LayerRows,
        slopes: &mut LayerRows,
        mut reveal: impl FnMut(usize, &mut [f32]),
    ) {
        for l in (0..self.depth()).rev() {
            let (before, now) = slopes.split_at_mut(l);
            reveal(l, &mut now[0]);
            self.activation.backward(&rows[l], &mut now[0]);
            if let Some(layer) = l.checked_sub(1).map(|at| &self.rest[at]) {
                layer.backward(&now[0], &mut before[l - 1]);
            }
        }
    }
}
