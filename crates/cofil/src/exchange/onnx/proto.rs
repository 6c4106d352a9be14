//! The file format of ONNX: messages of protocol buffers, as far as models of this library need them.
//!
//! Written by hand because a generated writer would hold all weights in memory twice more, to build its messages and to
//! encode them; here they go from the model to the file. Field numbers are those of `onnx.proto`.

use crate::error::{Error, Result};
use crate::store::{Access, Tensor, write_with};
use std::io::Write;
use std::path::Path;

/// Version of the file format, and of the operators.
const IR_VERSION: u64 = 7;
const OPSET: u64 = 13;
/// Maximum size in bytes of a message of protocol buffers.
const MOST_BYTES: u64 = (1 << 31) - 1;

/// Type of the elements of a tensor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Element {
    Float = 1,
    Int64 = 7,
    Bool = 9,
}

/// A part of a message.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    fn int(mut self, field: u64, number: u64) -> Self {
        self.varint(field << 3);
        self.varint(number);
        self
    }

    fn float(mut self, field: u64, number: f32) -> Self {
        self.varint(field << 3 | 5);
        self.0.extend(number.to_le_bytes());
        self
    }

    /// Begins a part of `length` bytes, which follow.
    fn begin(mut self, field: u64, length: u64) -> Self {
        self.varint(field << 3 | 2);
        self.varint(length);
        self
    }

    fn bytes(self, field: u64, bytes: &[u8]) -> Self {
        let mut all = self.begin(field, bytes.len() as u64);
        all.0.extend(bytes);
        all
    }

    fn text(self, field: u64, text: &str) -> Self {
        self.bytes(field, text.as_bytes())
    }

    fn part(self, field: u64, part: Self) -> Self {
        self.bytes(field, &part.0)
    }
}

/// An attribute of a node.
pub(super) enum Attribute {
    Int(&'static str, i64),
    Float(&'static str, f32),
}

impl Attribute {
    fn message(&self) -> Message {
        match *self {
            Self::Int(name, number) => {
                Message::default().text(1, name).int(3, number as u64).int(20, 2)
            }
            Self::Float(name, number) => {
                Message::default().text(1, name).float(2, number).int(20, 1)
            }
        }
    }
}

/// A constant of a graph.
struct Initializer<'a> {
    /// All fields but the elements.
    head: Message,
    content: Content<'a>,
    size: u64,
}

enum Content<'a> {
    Array(Tensor<'a>),
    Sparse(Sparse<'a>),
}

/// A sparse matrix, written as a dense one.
#[derive(Clone, Copy)]
pub(super) struct Sparse<'a> {
    pub starts: &'a [u64],
    pub columns: &'a [u32],
    pub values: &'a [f32],
    pub width: usize,
}

impl Sparse<'_> {
    fn write(&self, out: &mut impl Write) -> std::io::Result<()> {
        let (mut row, mut bytes) = (vec![0f32; self.width], Vec::with_capacity(4 * self.width));
        for ends in self.starts.windows(2) {
            let range = ends[0] as usize..ends[1] as usize;
            let entries = || self.columns[range.clone()].iter().zip(&self.values[range.clone()]);
            entries().for_each(|(&column, &value)| row[column as usize] = value);
            bytes.clear();
            row.iter().for_each(|value| bytes.extend(value.to_le_bytes()));
            out.write_all(&bytes)?;
            entries().for_each(|(&column, _)| row[column as usize] = 0.0);
        }
        Ok(())
    }
}

/// A graph of operators. The methods that add a node return the name of its output.
#[derive(Default)]
pub(super) struct Graph<'a> {
    nodes: Message,
    count: usize,
    initializers: Vec<Initializer<'a>>,
    inputs: Message,
    outputs: Message,
}

impl<'a> Graph<'a> {
    /// Adds a node of type `op`.
    pub fn node(&mut self, op: &str, inputs: &[&str]) -> String {
        self.node_with(op, inputs, &[])
    }

    /// Adds a node with attributes.
    pub fn node_with(&mut self, op: &str, inputs: &[&str], attributes: &[Attribute]) -> String {
        self.count += 1;
        let output = format!("{}_{}", op.to_ascii_lowercase(), self.count);
        self.add(op, inputs, &output, attributes);
        output
    }

    fn add(&mut self, op: &str, inputs: &[&str], output: &str, attributes: &[Attribute]) {
        let node = inputs.iter().fold(Message::default(), |node, input| node.text(1, input));
        let node = node.text(2, output).text(3, output).text(4, op);
        let node =
            attributes.iter().fold(node, |node, attribute| node.part(5, attribute.message()));
        self.nodes = std::mem::take(&mut self.nodes).part(1, node);
    }

    /// Adds a constant with the shape `dims`, and returns its name.
    pub fn constant(
        &mut self,
        name: &str,
        dims: &[usize],
        array: Tensor<'a>,
        of: Element,
    ) -> String {
        let size = array.size() as u64;
        self.initializer(name, dims, Content::Array(array), size, of)
    }

    /// Adds a matrix of numbers.
    pub fn floats(&mut self, name: &str, dims: &[usize], numbers: &'a [f32]) -> String {
        self.constant(name, dims, Tensor::f32("", numbers), Element::Float)
    }

    /// Adds a sparse square matrix as a dense one.
    pub fn sparse(&mut self, name: &str, matrix: Sparse<'a>) -> String {
        let dims = [matrix.width, matrix.width];
        let size = 4 * matrix.width as u64 * matrix.width as u64;
        self.initializer(name, &dims, Content::Sparse(matrix), size, Element::Float)
    }

    fn initializer(
        &mut self,
        name: &str,
        dims: &[usize],
        content: Content<'a>,
        size: u64,
        of: Element,
    ) -> String {
        let head = dims.iter().fold(Message::default(), |head, &dim| head.int(1, dim as u64));
        let head = head.int(2, of as u64).text(8, name).begin(9, size);
        self.initializers.push(Initializer { head, content, size });
        name.to_owned()
    }

    /// Adds a number.
    pub fn scalar(&mut self, number: f32) -> String {
        self.count += 1;
        let name = format!("number_{}", self.count);
        let head = Message::default().int(2, Element::Float as u64).text(8, &name);
        let head = head.bytes(9, &number.to_le_bytes());
        let content = Content::Array(Tensor::f32("", &[]));
        self.initializers.push(Initializer { head, content, size: 0 });
        name
    }

    /// Adds a list of integers, such as a shape.
    pub fn integers(&mut self, numbers: &[i64]) -> String {
        self.count += 1;
        let name = format!("integers_{}", self.count);
        let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        let head = Message::default().int(1, numbers.len() as u64);
        let head = head.int(2, Element::Int64 as u64).text(8, &name).bytes(9, &bytes);
        let content = Content::Array(Tensor::f32("", &[]));
        self.initializers.push(Initializer { head, content, size: 0 });
        name
    }

    /// Declares an input with a row per user and, if given, this many columns.
    pub fn input(&mut self, name: &str, of: Element, columns: Option<usize>) {
        self.inputs = std::mem::take(&mut self.inputs).part(11, value(name, of, columns));
    }

    /// Makes `from` the output `name`.
    pub fn output(&mut self, name: &str, from: &str, columns: Option<usize>) {
        self.add("Identity", &[from], name, &[]);
        let output = value(name, Element::Float, columns);
        self.outputs = std::mem::take(&mut self.outputs).part(12, output);
    }

    /// Writes a model of this graph with `about` as its metadata; returns its size in bytes.
    ///
    /// # Errors
    /// If the model would be larger than 2 GiB, the limit of the format, or cannot be written.
    pub fn write(&self, path: &Path, about: &[(&str, &str)]) -> Result<u64> {
        let mut start = Message::default().int(1, IR_VERSION).text(2, "cofil");
        start = start.text(3, env!("CARGO_PKG_VERSION"));
        start = start.part(8, Message::default().text(1, "").int(2, OPSET));
        for (key, value) in about {
            start = start.part(14, Message::default().text(1, key).text(2, value));
        }
        let name = Message::default().text(2, "cofil");
        let begins: Vec<Message> = self
            .initializers
            .iter()
            .map(|one| Message::default().begin(5, one.head.0.len() as u64 + one.size))
            .collect();
        let fixed = [&self.nodes, &name, &self.inputs, &self.outputs];
        let arrays = self.initializers.iter().zip(&begins);
        let graph = fixed.iter().map(|part| part.0.len() as u64).sum::<u64>()
            + arrays
                .map(|(one, begin)| (begin.0.len() + one.head.0.len()) as u64 + one.size)
                .sum::<u64>();
        let start = start.begin(7, graph);
        if start.0.len() as u64 + graph > MOST_BYTES {
            let size = graph as f64 / 1e9;
            return Err(Error::Unsupported(format!(
                "the model takes {size:.1} GB, and an ONNX file at most 2.1 GB; export its arrays as .npz"
            )));
        }
        write_with(path, Access::Usual, |file| {
            file.write_all(&start.0)?;
            file.write_all(&self.nodes.0)?;
            file.write_all(&name.0)?;
            for (one, begin) in self.initializers.iter().zip(&begins) {
                file.write_all(&begin.0)?;
                file.write_all(&one.head.0)?;
                match &one.content {
                    Content::Array(array) => {
                        array.bytes_in_pieces(|bytes| file.write_all(bytes))?
                    }
                    Content::Sparse(matrix) => matrix.write(file)?,
                }
            }
            file.write_all(&self.inputs.0)?;
            file.write_all(&self.outputs.0)
        })
    }
}

/// Name and type of an input or an output.
fn value(name: &str, of: Element, columns: Option<usize>) -> Message {
    let mut shape = Message::default().part(1, Message::default().text(2, "batch"));
    if let Some(columns) = columns {
        shape = shape.part(1, Message::default().int(1, columns as u64));
    }
    let tensor = Message::default().int(1, of as u64).part(2, shape);
    Message::default().text(1, name).part(2, Message::default().part(1, tensor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_protocol_buffers_have_them() {
        // The examples of the specification: 150 in field 1, "testing" in field 2.
        assert_eq!(Message::default().int(1, 150).0, [0x08, 0x96, 0x01]);
        assert_eq!(Message::default().text(2, "testing").0, b"\x12\x07testing");
        assert_eq!(Message::default().int(20, 2).0, [0xa0, 0x01, 0x02]);
        assert_eq!(Message::default().int(1, u64::MAX).0.len(), 11);
        assert_eq!(Message::default().float(2, 1.0).0, [0x15, 0, 0, 0x80, 0x3f]);
    }

    /// Splits a message into its fields: number and content.
    fn fields(mut bytes: &[u8]) -> Vec<(u64, Vec<u8>)> {
        fn varint(bytes: &mut &[u8]) -> u64 {
            let (mut number, mut shift) = (0, 0);
            loop {
                let (&byte, rest) = bytes.split_first().unwrap();
                *bytes = rest;
                number |= u64::from(byte & 0x7f) << shift;
                shift += 7;
                if byte < 0x80 {
                    return number;
                }
            }
        }
        let mut found = Vec::new();
        while !bytes.is_empty() {
            let tag = varint(&mut bytes);
            let length = match tag & 7 {
                0 => {
                    found.push((tag >> 3, varint(&mut bytes).to_le_bytes().to_vec()));
                    continue;
                }
                2 => varint(&mut bytes) as usize,
                5 => 4,
                other => panic!("wire type {other}"),
            };
            let (content, rest) = bytes.split_at(length);
            found.push((tag >> 3, content.to_vec()));
            bytes = rest;
        }
        found
    }

    #[test]
    fn lengths_enclose_what_they_announce() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.onnx");
        let mut graph = Graph::default();
        graph.input("user", Element::Int64, None);
        let dense = graph.floats("p", &[2, 1], &[1.5, 2.0]);
        let (starts, columns, values) = ([0, 1, 1], [1], [4.0]);
        let (starts, columns, values) = (&starts[..], &columns[..], &values[..]);
        graph.sparse("w", Sparse { starts, columns, values, width: 2 });
        let found = graph.node_with("Gather", &[&dense, "user"], &[Attribute::Int("axis", 0)]);
        graph.output("scores", &found, Some(1));
        let size = graph.write(&path, &[("a", "b")]).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(bytes.len() as u64, size);
        let model = fields(&bytes);
        assert_eq!(model.iter().map(|f| f.0).collect::<Vec<_>>(), [1, 2, 3, 8, 14, 7]);
        let parts = fields(&model[5].1);
        assert_eq!(parts.iter().map(|f| f.0).collect::<Vec<_>>(), [1, 1, 2, 5, 5, 11, 12]);
        let tensor = fields(&parts[3].1);
        assert_eq!(tensor[4], (9, [1.5f32, 2.0].map(f32::to_le_bytes).concat()));
        let sparse = fields(&parts[4].1);
        assert_eq!(sparse[4], (9, [0f32, 4.0, 0.0, 0.0].map(f32::to_le_bytes).concat()));
    }
}
