//! Stochastic gradient descent on interactions, each against items drawn as negatives, with the same bytes
//! for any number of threads.
//!
//! Users stay in fixed groups. Items are dealt to four times as many, and for every epoch four random
//! groups each form a team. A task is a group of users and a team: it learns from their interactions in
//! random order, draws negatives from the team, and touches no other row, so that the tasks of a diagonal
//! of the grid (`grid`) run side by side. Since teams change, every item meets every other; a fixed
//! partition would leave free how the levels of its parts compare.
//!
//! Negatives are never positives of the user. Inside a team they come in proportion to countᵝ; teams
//! get the same share of frequent and rare items, so that is nearly so over all items as well.

use super::factors::{Link, Settings};
use super::grid::{self, Grid};
use super::part::Part;
use super::sampled::Sampled;
use super::{Factors, FoldIn, check_count, check_decay, check_not_negative, check_positive};
use crate::data::sample::Alias;
use crate::data::{Ratings, Sampling};
use crate::error::{Error, Result};
use crate::math::{Rng, vector};
use crate::train::loss::Objective;
use crate::train::{Learner, Loss};
use rayon::prelude::*;

/// Interactions a task should have.
const BLOCK: usize = 1 << 13;
/// Item groups in a team.
const TEAM: usize = 4;
/// Items a team should have at least.
const ITEMS: usize = 64;
/// Most pairs of users and items of a task: it keeps a bit for each.
const PAIRS: usize = 1 << 26;
/// Draws that may hit one of the user's own items before there are taken to be no others.
const TRIES: usize = 64;

/// Negatives per entry of a stranger's history: their steps are few, and the noise of one would stay.
const FOLD_IN_NEGATIVES: u32 = 8;

/// What the recipes have in common.
#[derive(Clone, Copy, Debug)]
pub struct Common {
    /// Length of vectors.
    pub factors: usize,
    /// η of the first epoch.
    pub learning_rate: f32,
    /// Its factor after each.
    pub decay: f32,
    /// λ.
    pub reg: f32,
    /// Standard deviation of the first numbers.
    pub init_scale: f32,
    /// β.
    pub sampler_exponent: f32,
}

/// What a recipe does with an interaction.
pub trait Rule: Sync {
    /// Its settings.
    fn common(&self) -> Common;
    /// Learns from every pair of `work`; answers the loss met on the way.
    fn learn(&self, work: Work<'_>) -> f64;
    /// How strangers get a vector.
    fn fold_in(&self) -> FoldIn;
}

/// Something that happened between a user and an item, by their places in group and team.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Row of the user.
    pub user: u16,
    /// Row of the item.
    pub item: u16,
}

/// What is the same for all steps of an epoch.
#[derive(Clone, Copy)]
pub struct Step {
    /// η.
    pub rate: f32,
    /// 1 − 2ηλ.
    pub keep: f32,
    /// η of biases.
    pub bias: f32,
}

impl Step {
    /// Of a rate η and a penalty λ.
    pub fn new(rate: f32, reg: f32, biases: bool) -> Self {
        Self { rate, keep: 1.0 - 2.0 * rate * reg, bias: if biases { rate } else { 0.0 } }
    }
}

/// The fold-in of recipes that compare: as `bpr` would learn the vector.
pub fn by_comparison(common: Common) -> FoldIn {
    // There the loss is the mean over positives and negatives, here it is summed over negatives.
    let share = FOLD_IN_NEGATIVES as f32 / (FOLD_IN_NEGATIVES + 1) as f32;
    FoldIn::Sampled(Sampled {
        loss: Objective::Bpr,
        negatives: FOLD_IN_NEGATIVES,
        sampler: Sampling::Popularity,
        exponent: common.sampler_exponent,
        reg: share * common.reg,
    })
}

/// A task.
pub struct Work<'a> {
    /// In the order in which to learn from them.
    pub pairs: &'a [Pair],
    /// The group's users.
    pub users: &'a mut Part,
    /// The team's items.
    pub items: &'a mut Part,
    /// What was not chosen.
    pub negatives: Negatives<'a>,
    /// η of the epoch.
    pub rate: f32,
    /// Number of items in all.
    pub catalogue: usize,
}

/// Draws items of a team that a user has nothing to do with.
pub struct Negatives<'a> {
    seen: &'a Seen,
    source: Source<'a>,
    rng: Rng,
}

/// From where negatives come.
#[derive(Clone, Copy)]
enum Source<'a> {
    /// So many items, all alike.
    Alike(u32),
    /// By weight.
    Weighted(&'a Alias),
    /// There are none.
    Nothing,
}

/// A bit for each user of a group and item of a team.
#[derive(Default)]
struct Seen {
    bits: Vec<u64>,
    /// Numbers per user.
    width: usize,
}

impl Negatives<'_> {
    /// An item that is none of the user's; `None` if there seems to be no such.
    #[inline(always)]
    pub fn draw(&mut self, user: u16) -> Option<usize> {
        for _ in 0..TRIES {
            let item = match self.source {
                Source::Alike(items) => self.rng.below(items),
                Source::Weighted(alias) => alias.draw(&mut self.rng),
                Source::Nothing => return None,
            };
            if !self.seen.get(user, item) {
                return Some(item as usize);
            }
        }
        None
    }
}

impl Seen {
    /// Sets the bits of `pairs`; all are clear.
    fn set(&mut self, pairs: &[Pair], users: usize, items: usize) {
        self.width = items.div_ceil(64);
        let size = users * self.width;
        self.bits.resize(size.max(self.bits.len()), 0);
        for pair in pairs {
            let item = usize::from(pair.item);
            self.bits[usize::from(pair.user) * self.width + item / 64] |= 1 << (item % 64);
        }
    }

    /// Clears them.
    fn clear(&mut self, pairs: &[Pair]) {
        for pair in pairs {
            self.bits[usize::from(pair.user) * self.width + usize::from(pair.item) / 64] = 0;
        }
    }

    #[inline(always)]
    fn get(&self, user: u16, item: u32) -> bool {
        let word = self.bits[usize::from(user) * self.width + item as usize / 64];
        word >> (item % 64) & 1 == 1
    }
}

impl Common {
    /// Refuses what no recipe can learn with.
    pub fn check(&self, train: &Ratings) -> Result<()> {
        check_count("factors", self.factors)?;
        check_positive("learning_rate", self.learning_rate)?;
        check_decay(self.decay)?;
        check_not_negative("reg", self.reg)?;
        check_positive("init_scale", self.init_scale)?;
        if !(0.0..=4.0).contains(&self.sampler_exponent) {
            let says = format!("must be between 0 and 4, got {}", self.sampler_exponent);
            return Err(Error::setting("sampler_exponent", says));
        }
        let (low, high) = train.scale();
        if low != high || low <= 0.0 {
            return Err(Error::Unfit(format!(
                "this recipe learns from interactions that all count alike, and here are values from {low} \
                 to {high}: take them all as interactions with `--implicit`, or the high ones with \
                 `--threshold`"
            )));
        }
        match train.items.len() {
            1 => Err(Error::Unfit(
                "all interactions are with one item: there is nothing to rank it against".into(),
            )),
            _ => Ok(()),
        }
    }
}

/// A [`Rule`] part-way through learning.
pub struct SampledSgd<'a, R> {
    rule: &'a R,
    common: Common,
    grid: Grid,
    users: Vec<Part>,
    items: Vec<Part>,
    popular: Vec<f32>,
}

impl<'a, R: Rule> SampledSgd<'a, R> {
    /// At the start.
    pub fn new(rule: &'a R, train: &Ratings, seed: u64) -> Self {
        let size = size(train.users.len(), train.items.len(), train.len());
        Self::with_groups(rule, train, seed, size)
    }

    /// [`new`](Self::new) with so many groups of users and teams.
    fn with_groups(rule: &'a R, train: &Ratings, seed: u64, tall: usize) -> Self {
        let common = rule.common();
        let grid = Grid::new(&train.by_user, |y| y, [tall, tall * TEAM], &Rng::new(seed, &[0, 2]));
        let parts = |groups, side: u64| {
            let init = |row: u32, vector: &mut [f32]| {
                let mut rng = Rng::new(seed, &[0, side, u64::from(row)]);
                vector.fill_with(|| common.init_scale * rng.normal());
            };
            Part::of_groups(groups, common.factors, init)
        };
        let (users, items) = (parts(&grid.users, 0), parts(&grid.items, 1));
        let popular = train.by_user.column_counts().iter().map(|&c| c as f32).collect();
        Self { rule, common, grid, users, items, popular }
    }

    /// The pairs of user group `g` and a team, in random order.
    fn pairs(&self, g: usize, team: &[usize], rng: &mut Rng) -> Vec<Pair> {
        let blocks = team.iter().map(|&h| &self.grid.blocks[g][h]);
        let mut chunks = Vec::new();
        let (mut start, mut len) = (0, 0);
        for (&h, block) in team.iter().zip(blocks) {
            chunks.extend(block.chunks(grid::chunk(block.len())).map(|chunk| (start, chunk)));
            start += self.grid.items.rows[h].len();
            len += block.len();
        }
        rng.shuffle(&mut chunks);
        let mut pairs = Vec::with_capacity(len);
        for (start, chunk) in chunks {
            let pair = |e: &grid::Entry| Pair { user: e.user, item: e.item + start as u16 };
            pairs.extend(chunk.iter().map(pair));
        }
        pairs
    }

    /// The items of a team by weight.
    fn alias(&self, team: &[usize]) -> Option<Alias> {
        let rows = team.iter().flat_map(|&h| &self.grid.items.rows[h]);
        let weight = |&i: &u32| match self.popular[i as usize] {
            // 0⁰ = 1 is not meant: what nobody has is not popular.
            count if count > 0.0 => count.powf(self.common.sampler_exponent),
            _ => 0.0,
        };
        let weights: Vec<f32> = rows.map(weight).collect();
        weights.iter().any(|&w| w > 0.0).then(|| Alias::new(&weights))
    }
}

/// Number of user groups and of teams.
fn size(users: usize, items: usize, entries: usize) -> usize {
    let by_bits = (users as f64 * items as f64 / PAIRS as f64).sqrt().ceil() as usize;
    // Places are 16-bit numbers.
    let by_index = users.max(items).div_ceil(1 << 16);
    let size = grid::size(users, items, entries, BLOCK).min((items / ITEMS).max(1));
    size.max(by_bits).max(by_index)
}

impl<R: Rule> Learner for SampledSgd<'_, R> {
    type Model = Factors;

    fn epoch(&mut self, number: usize, rng: &Rng) -> Loss {
        let size = self.users.len();
        let rate = self.common.learning_rate
            * self.common.decay.powi(i32::try_from(number - 1).unwrap_or(i32::MAX));
        let mut order: Vec<usize> = (0..self.items.len()).collect();
        rng.piece(0).shuffle(&mut order);
        let teams: Vec<&[usize]> = order.chunks(TEAM).collect();
        let aliases: Vec<Option<Alias>> = match self.common.sampler_exponent == 0.0 {
            true => vec![None; size],
            false => teams.par_iter().map(|team| self.alias(team)).collect(),
        };
        let source = |t: usize, items: usize| match &aliases[t] {
            Some(alias) => Source::Weighted(alias),
            None if self.common.sampler_exponent == 0.0 => Source::Alike(items as u32),
            None => Source::Nothing,
        };
        let mut users = std::mem::take(&mut self.users);
        let mut items: Vec<Part> =
            teams.par_iter().map(|team| Part::join(team.iter().map(|&h| &self.items[h]))).collect();
        let mut diagonals: Vec<usize> = (0..size).collect();
        rng.piece(1).shuffle(&mut diagonals);
        let mut loss = 0.0;
        for d in diagonals {
            // Group g of the users meets team g + d of the items.
            items.rotate_left(d);
            let learn = |seen: &mut Seen, (g, (users, items)): (usize, (&mut Part, &mut Part))| {
                let t = (g + d) % size;
                let mut rng = rng.piece((2 + g * size + t) as u64);
                let pairs = self.pairs(g, teams[t], &mut rng);
                seen.set(&pairs, users.bias.len(), items.bias.len());
                let negatives = Negatives { seen, source: source(t, items.bias.len()), rng };
                let catalogue = self.popular.len();
                let work = Work { pairs: &pairs, users, items, negatives, rate, catalogue };
                let loss = self.rule.learn(work);
                seen.clear(&pairs);
                loss
            };
            let tasks = users.par_iter_mut().zip(&mut items).enumerate();
            let losses: Vec<f64> = tasks.map_init(Seen::default, learn).collect();
            loss += losses.iter().sum::<f64>();
            items.rotate_right(d);
        }
        self.users = users;
        for (team, part) in teams.iter().zip(items) {
            part.part(team.iter().map(|&h| self.grid.items.rows[h].len()))
                .zip(*team)
                .for_each(|(part, &h)| self.items[h] = part);
        }
        let parts = self.users.iter().chain(&self.items);
        let squares = parts
            .map(|part| vector::sum_of_squares(&part.factors) + vector::sum_of_squares(&part.bias));
        Loss { data: loss, penalty: f64::from(self.common.reg) * squares.sum::<f64>() }
    }

    fn model(&self) -> Factors {
        let (users, user_bias) = Part::gather(&self.users, &self.grid.users, self.common.factors);
        let (items, item_bias) = Part::gather(&self.items, &self.grid.items, self.common.factors);
        let settings = Settings { offset: 0.0, link: Link::Identity, fold_in: self.rule.fold_in() };
        let model = Factors::new(users, items, self.popular.clone(), settings);
        Factors { user_bias, item_bias, ..model }
    }

    fn state(&mut self) -> Vec<&mut [f32]> {
        let parts = self.users.iter_mut().chain(&mut self.items);
        parts.flat_map(|part| [&mut part.factors[..], &mut part.bias[..]]).collect()
    }

    fn remedy(&self) -> String {
        format!("lower `learning_rate`, now {}", self.common.learning_rate)
    }
}

/// What the tests of the recipes share: steps by finite differences of the objective, in `f64`.
#[cfg(test)]
pub mod testing {
    use super::*;

    const USERS: usize = 3;
    const ITEMS: usize = 7;

    /// One task.
    pub struct Toy {
        pub pairs: Vec<Pair>,
        pub users: Part,
        pub items: Part,
        seen: Seen,
    }

    /// All parameters of a task.
    #[derive(Clone)]
    pub struct Point {
        width: usize,
        x: Vec<f64>,
    }

    impl Toy {
        pub fn new(width: usize) -> Self {
            let mut rng = Rng::new(8, &[width as u64]);
            let mut part = |rows: usize| Part {
                factors: (0..rows * width).map(|_| 0.3 * rng.normal()).collect(),
                bias: vec![0.0; rows],
            };
            let (users, items) = (part(USERS), part(ITEMS));
            let pairs = [(0, 1), (2, 0), (0, 3), (1, 5), (2, 6), (0, 4), (1, 1), (2, 3)];
            let pairs = pairs.map(|(user, item)| Pair { user, item }).to_vec();
            let mut seen = Seen::default();
            seen.set(&pairs, USERS, ITEMS);
            Self { pairs, users, items, seen }
        }

        pub fn negatives(&self) -> Negatives<'_> {
            let source = Source::Alike(ITEMS as u32);
            Negatives { seen: &self.seen, source, rng: Rng::new(5, &[]) }
        }

        pub fn point(&self) -> Point {
            let parts =
                [&self.users.factors, &self.items.factors, &self.users.bias, &self.items.bias];
            let x = parts.into_iter().flatten().map(|&x| f64::from(x)).collect();
            Point { width: self.users.factors.len() / USERS, x }
        }

        /// What `rule` makes of it, and the loss.
        pub fn learned(&self, rule: &impl Rule) -> (Self, f64) {
            let (mut users, mut items) = (self.users.clone(), self.items.clone());
            let loss = rule.learn(Work {
                pairs: &self.pairs,
                users: &mut users,
                items: &mut items,
                negatives: self.negatives(),
                rate: rule.common().learning_rate,
                catalogue: ITEMS,
            });
            (Self { users, items, ..Self::new(self.users.width()) }, loss)
        }
    }

    impl Point {
        fn row(&self, row: usize) -> &[f64] {
            &self.x[row * self.width..(row + 1) * self.width]
        }

        fn bias(&self, row: usize) -> f64 {
            self.x[(USERS + ITEMS) * self.width + row]
        }

        /// b_u + b_i + p_u · q_i.
        pub fn score(&self, user: usize, item: usize) -> f64 {
            let product = self.row(user).iter().zip(self.row(USERS + item)).map(|(p, q)| p * q);
            self.bias(user) + self.bias(USERS + item) + product.sum::<f64>()
        }

        /// The squares of all that belongs to a user and items.
        pub fn squares(&self, user: usize, items: &[usize]) -> f64 {
            let rows = items.iter().map(|i| USERS + i).chain([user]);
            let square = |row: usize| {
                self.row(row).iter().map(|x| x * x).sum::<f64>() + self.bias(row).powi(2)
            };
            rows.map(square).sum()
        }

        /// A step down the slope of `objective`.
        pub fn step(&mut self, rate: f32, objective: impl Fn(&Self) -> f64) {
            let slope = |at: usize| {
                let moved = |by: f64| {
                    let mut point = self.clone();
                    point.x[at] += by;
                    objective(&point)
                };
                (moved(1e-5) - moved(-1e-5)) / 2e-5
            };
            let slopes: Vec<f64> = (0..self.x.len()).map(slope).collect();
            self.x.iter_mut().zip(slopes).for_each(|(x, slope)| *x -= f64::from(rate) * slope);
        }

        pub fn assert_close(&self, other: &Self) {
            for (at, (a, b)) in self.x.iter().zip(&other.x).enumerate() {
                assert!((a - b).abs() < 2e-5, "{at}: {a} for {b}, width {}", self.width);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    /// Writes down what it is given: (user, item, negative).
    struct Notes(f32, Mutex<Vec<[u32; 3]>>);

    impl Rule for Notes {
        fn common(&self) -> Common {
            Common {
                factors: 3,
                learning_rate: 1.0,
                decay: 1.0,
                reg: 0.0,
                init_scale: 1.0,
                sampler_exponent: self.0,
            }
        }

        fn learn(&self, mut work: Work<'_>) -> f64 {
            let mut notes = self.1.lock().expect("no panic");
            for pair in work.pairs {
                let j = work.negatives.draw(pair.user).map_or(-1.0, |j| work.items.bias[j]);
                let (u, i) = (usize::from(pair.user), usize::from(pair.item));
                notes.push([work.users.bias[u], work.items.bias[i], j].map(|x| x as i32 as u32));
            }
            0.0
        }

        fn fold_in(&self) -> FoldIn {
            FoldIn::Biases
        }
    }

    fn data() -> Ratings {
        let mut rng = Rng::new(3, &[]);
        let names: Vec<String> = (0..90).map(|i| format!("n{i}")).collect();
        let mut triples = Vec::new();
        for u in 0..70 {
            for i in 0..90 {
                if rng.uniform() < 0.2 || u == 5 {
                    triples.push((&*names[u], &*names[i], 1.0));
                }
            }
        }
        Ratings::from_triples(triples).expect("finite")
    }

    #[test]
    fn an_epoch_visits_every_interaction_once_with_a_negative() {
        let data = data();
        for groups in [1, 4, 30] {
            for exponent in [0.0, 0.7] {
                let notes = Notes(exponent, Mutex::default());
                let mut learner = SampledSgd::with_groups(&notes, &data, 1, groups);
                // Biases that say who is who.
                for (part, rows) in learner.users.iter_mut().zip(&learner.grid.users.rows) {
                    part.bias.iter_mut().zip(rows).for_each(|(b, &row)| *b = row as f32);
                }
                for (part, rows) in learner.items.iter_mut().zip(&learner.grid.items.rows) {
                    part.bias.iter_mut().zip(rows).for_each(|(b, &row)| *b = row as f32);
                }
                for epoch in 1..=2 {
                    learner.epoch(epoch, &Rng::new(1, &[epoch as u64]));
                    let mut found = std::mem::take(&mut *notes.1.lock().expect("no panic"));
                    assert_eq!(found.len(), data.len());
                    for [u, i, j] in &found {
                        let row = data.by_user.row(*u as usize);
                        assert!(row.get(*i).is_some());
                        assert!(row.get(*j).is_none());
                        // Who has everything has no negatives; others do, unless a team is tiny.
                        assert!(groups == 30 || (*j == u32::MAX) == (row.len() == 90));
                    }
                    found.sort_unstable();
                    found.dedup_by_key(|[u, i, _]| (*u, *i));
                    assert_eq!(found.len(), data.len());
                }
                let expected: Vec<f32> = (0..90u8).map(f32::from).collect();
                assert_eq!(learner.model().item_bias, expected, "items are back in their places");
            }
        }
    }

    #[test]
    fn any_number_of_threads_learns_the_same() {
        let data = data();
        let rule = crate::models::Bpr { factors: 5, sampler_exponent: 0.5, ..Default::default() };
        let learn = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            pool.expect("threads").install(|| {
                let mut learner = SampledSgd::with_groups(&rule, &data, 1, 6);
                for epoch in 1..=3 {
                    learner.epoch(epoch, &Rng::new(1, &[epoch as u64]));
                }
                learner.model().users
            })
        };
        let one = learn(1);
        assert!([2, 3].iter().all(|&threads| learn(threads).data() == one.data()));
    }

    #[test]
    fn the_size_depends_on_the_data() {
        assert_eq!(size(6040, 3706, 900_000), 10);
        assert_eq!(size(20, 20, 100), 1);
        assert_eq!(size(1 << 20, 1 << 20, 100_000_000), 128, "bits for pairs");
        assert_eq!(size(1 << 22, 100, 1_000_000), 64, "16-bit places");
    }
}
