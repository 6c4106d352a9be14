//! A hierarchical navigable small world graph over vectors of length 1.
//!
//! Y. Malkov and D. Yashunin, IEEE TPAMI 42(4), 2020, Algorithms 1, 2 and 4. Every vector is a node of the lowest
//! layer; one in [`LINKS`] of these is also a node of the next layer, and so on. Nodes are numbered from the highest
//! layer down, so each layer consists of the first nodes up to some number and needs no table.
//!
//! Nodes are inserted in batches whose sizes depend on the number of nodes alone. Each node of a batch searches for
//! its neighbours in the graph before the batch and among the earlier nodes of the batch, all in parallel; the links
//! are then written in the order of the nodes. So equal vectors give equal graphs for any number of threads.

use crate::data::prose::count;
use crate::error::{Error, Result};
use crate::math::{Matrix, Rng, parallel, vector};
use crate::memory;
use crate::watch;
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::ops::Range;

/// Number of links a node makes in each layer (M); in the lowest it keeps twice as many.
const LINKS: usize = 24;
/// Number of candidates it chooses them from (efConstruction).
const CANDIDATES: usize = 200;
/// The maximum size of a batch is 1 / `SHARE` of the nodes before it,
const SHARE: usize = 16;
/// and this number of nodes.
const BATCH: usize = 512;

/// A graph for nearest-neighbour search.
pub struct Graph {
    /// Unit vectors, a row for each node.
    vectors: Matrix,
    /// The lowest layer first.
    layers: Vec<Layer>,
}

/// A node and its similarity (inner product) to the query vector. More similar nodes compare greater; among equals,
/// the earlier node does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Near {
    pub likeness: f32,
    pub node: u32,
}

impl Eq for Near {}

impl Ord for Near {
    fn cmp(&self, other: &Self) -> Ordering {
        self.likeness.total_cmp(&other.likeness).then(other.node.cmp(&self.node))
    }
}

impl PartialOrd for Near {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Graph {
    /// Refuses a graph that does not fit into memory.
    ///
    /// # Errors
    /// Names the memory needed and the memory free.
    pub fn check_room(nodes: usize, width: usize) -> Result<()> {
        // A vector, the links of the lowest layer, and about a twentieth of that for the other layers.
        let bytes = 4 * nodes as u64 * (width + 2 * LINKS + LINKS / 8) as u64;
        let room = memory::room();
        if bytes <= room {
            return Ok(());
        }
        Err(Error::Resources(format!(
            "an index of {} takes {:.1} GB, but only {:.1} GB of memory are free; use exact search",
            count(nodes, "vector"),
            bytes as f64 / 1e9,
            room as f64 / 1e9
        )))
    }

    /// Builds the graph of the rows of `vectors`, each of length 1.
    pub fn new(vectors: Matrix) -> Self {
        let nodes = vectors.rows();
        let layers = layer_sizes(nodes).into_iter().enumerate();
        let layers = layers.map(|(l, size)| Layer::new(size, if l == 0 { 2 } else { 1 } * LINKS));
        let mut graph = Self { layers: layers.collect(), vectors };
        let stage = watch::stage("indexing", nodes);
        let mut inserted = 0;
        while inserted < nodes {
            let batch = inserted..nodes.min(inserted + (inserted / SHARE).clamp(1, BATCH));
            graph.insert(batch.clone());
            stage.add(batch.len());
            inserted = batch.end;
        }
        graph
    }

    /// Returns about the `width` nodes nearest to `node`, including itself, nearest first.
    pub fn nearest(&self, node: u32, width: usize) -> Vec<Near> {
        let direction = self.vectors.row(node as usize);
        self.search(0, direction, &[self.near(direction, node)], width)
    }

    /// Inserts the next nodes.
    fn insert(&mut self, batch: Range<usize>) {
        let first = batch.start;
        let chosen = parallel::map_all(batch, |node| self.neighbours(first, node));
        for layer in 0..self.layers.len() {
            let mut back = Vec::new();
            for (node, links) in (first..).zip(&chosen) {
                let Some(links) = links.get(layer) else { continue };
                let node = node as u32;
                self.layers[layer].set(node, links.iter().map(|near| near.node));
                back.extend(links.iter().map(|near| (near.node, Near { node, ..*near })));
            }
            back.sort_unstable_by_key(|&(target, near)| (target, near.node));
            let targets: Vec<_> = back.chunk_by(|a, b| a.0 == b.0).collect();
            let renewed = parallel::map_all(&targets[..], |group| self.renewed(layer, group));
            for (group, links) in targets.iter().zip(renewed) {
                self.layers[layer].set(group[0].0, links.into_iter());
            }
        }
    }

    /// Returns the links of `node`, by layer, when the nodes before `first` are in the graph.
    fn neighbours(&self, first: usize, node: usize) -> Vec<Vec<Near>> {
        let direction = self.vectors.row(node);
        let mut chosen = vec![Vec::new(); self.layers.len()];
        let mut at: Vec<Near> = (first > 0).then(|| self.near(direction, 0)).into_iter().collect();
        for (l, layer) in self.layers.iter().enumerate().rev() {
            let member = node < layer.size();
            at = self.search(l, direction, &at, if member { CANDIDATES } else { 1 });
            if member {
                let earlier = (first..node).map(|other| self.near(direction, other as u32));
                let mut candidates: Vec<Near> = at.iter().copied().chain(earlier).collect();
                candidates.sort_unstable_by(|a, b| b.cmp(a));
                candidates.truncate(CANDIDATES);
                chosen[l] = self.choose(&candidates, LINKS);
            } else {
                chosen.truncate(l);
            }
        }
        chosen
    }

    /// Returns the links of a node including those that request a link to it; the best if there are too many.
    fn renewed(&self, layer: usize, group: &[(u32, Near)]) -> Vec<u32> {
        let target = group[0].0;
        let mut links = self.layers[layer].links(target).to_vec();
        links.extend(group.iter().map(|(_, near)| near.node));
        if links.len() <= self.layers[layer].most {
            return links;
        }
        let direction = self.vectors.row(target as usize);
        let mut candidates: Vec<Near> =
            links.into_iter().map(|other| self.near(direction, other)).collect();
        candidates.sort_unstable_by(|a, b| b.cmp(a));
        let chosen = self.choose(&candidates, self.layers[layer].most);
        chosen.into_iter().map(|near| near.node).collect()
    }

    /// Returns at most `most` of `candidates`, which are sorted nearest first: those that are nearer to the vector
    /// than to any chosen before, so that links lead in all directions.
    fn choose(&self, candidates: &[Near], most: usize) -> Vec<Near> {
        let mut chosen = Vec::<Near>::with_capacity(most);
        for &candidate in candidates {
            if chosen.len() == most {
                break;
            }
            let direction = self.vectors.row(candidate.node as usize);
            let nearer =
                |other: &Near| self.near(direction, other.node).likeness > candidate.likeness;
            if !chosen.iter().any(nearer) {
                chosen.push(candidate);
            }
        }
        chosen
    }

    /// Returns about the `width` nodes of a layer nearest to `direction`, nearest first, by walking from `start` to
    /// neighbours as long as they are nearer.
    fn search(&self, layer: usize, direction: &[f32], start: &[Near], width: usize) -> Vec<Near> {
        let layer = &self.layers[layer];
        let mut seen = vec![0u64; layer.size().div_ceil(64)];
        let mut first_seen = |node: u32| {
            let (word, bit) = (&mut seen[node as usize / 64], 1 << (node % 64));
            let first = *word & bit == 0;
            *word |= bit;
            first
        };
        start.iter().for_each(|near| _ = first_seen(near.node));
        let mut open: BinaryHeap<Near> = start.iter().copied().collect();
        let mut best: BinaryHeap<Reverse<Near>> = start.iter().copied().map(Reverse).collect();
        let full = |best: &BinaryHeap<Reverse<Near>>, near: Near| {
            best.len() >= width && best.peek().is_none_or(|worst| near < worst.0)
        };
        let (mut found, mut likenesses) = (Vec::new(), Vec::new());
        while let Some(next) = open.pop() {
            if full(&best, next) {
                break;
            }
            // Compute all similarities first: they do not wait for one another, while the code that uses them
            // branches.
            found.clear();
            found.extend(layer.links(next.node).iter().filter(|&&node| first_seen(node)));
            likenesses.clear();
            likenesses.extend(found.iter().map(|&node| self.near(direction, node)));
            for &near in &likenesses {
                if !full(&best, near) {
                    open.push(near);
                    best.push(Reverse(near));
                    if best.len() > width {
                        best.pop();
                    }
                }
            }
        }
        let mut best: Vec<Near> = best.into_sorted_vec().into_iter().map(|near| near.0).collect();
        best.truncate(width);
        best
    }

    fn near(&self, direction: &[f32], node: u32) -> Near {
        Near { likeness: vector::dot(direction, self.vectors.row(node as usize)), node }
    }
}

/// Number of nodes in each layer, the lowest first: each node of a layer is in the next with probability 1 /
/// [`LINKS`].
fn layer_sizes(nodes: usize) -> Vec<usize> {
    let mut rng = Rng::new(0, &[]);
    let mut sizes = vec![nodes];
    loop {
        let next = (0..sizes[sizes.len() - 1]).filter(|_| rng.below(LINKS as u32) == 0).count();
        if next == 0 {
            return sizes;
        }
        sizes.push(next);
    }
}

/// The links of a layer.
struct Layer {
    /// Maximum number of links of a node.
    most: usize,
    /// Number of links of each node.
    counts: Vec<u32>,
    /// Space for `most` links of each node.
    links: Vec<u32>,
}

impl Layer {
    fn new(size: usize, most: usize) -> Self {
        Self { most, counts: vec![0; size], links: vec![0; size * most] }
    }

    fn size(&self) -> usize {
        self.counts.len()
    }

    fn links(&self, node: u32) -> &[u32] {
        let start = node as usize * self.most;
        &self.links[start..start + self.counts[node as usize] as usize]
    }

    fn set(&mut self, node: u32, links: impl ExactSizeIterator<Item = u32>) {
        self.counts[node as usize] = links.len() as u32;
        let start = node as usize * self.most;
        self.links[start..].iter_mut().zip(links).for_each(|(slot, link)| *slot = link);
    }
}
