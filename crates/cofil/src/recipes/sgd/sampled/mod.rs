//! Stochastic gradient descent on interactions, each paired with sampled negatives. The result is the same to the
//! byte for any number of threads.
//!
//! Users stay in fixed groups. Items are dealt to four times as many groups, and in every epoch four random item
//! groups form a team. A task is a group of users and a team: it learns from their interactions in random order,
//! samples negatives from the team, and touches no other rows. So the tasks of a diagonal of the grid (`grid`) run in
//! parallel. Because teams change, every item meets every other; a fixed partition would not determine how the levels
//! of its parts compare.
//!
//! Users start at 0, which favours no item. A user with n < 30 interactions takes steps 30/n times as long: with so
//! few steps of the length items need, such a user would stop half-way. For algorithms that compare pairs this is not
//! enough: after training, users with n < 20 get the vector of a new user with the same history, which makes better
//! lists (docs/tuning.md).
//!
//! Negatives are never items the user has. Inside a team they are sampled in proportion to countᵝ; teams get equal
//! shares of popular and rare items, so this nearly holds over all items as well.

mod negatives;
#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;

use crate::math::real::{power, whole_power};
pub use negatives::Negatives;

use crate::check::{check_count, check_descent};
use crate::data::sample::Alias;
use crate::data::{Ratings, Sampling};
use crate::error::{Error, Remedy, Result};
use crate::math::{Rng, parallel, vector};
use crate::nn::loss::Objective;
use crate::recipes::check_vectors;
use crate::recipes::sgd::grid::{self, Grid};
use crate::recipes::sgd::part::{Fixed, Part, Vectors, Wide};
use crate::shapes::factors::{FactorsSettings, ScoreFunction};
use crate::shapes::sampled::Sampled;
use crate::shapes::{Factors, FoldIn};
use crate::train::{Fitted, Learner, Loss, Run};
use multiversion::multiversion;
use negatives::{Seen, Source};

/// Target number of interactions per task.
const BLOCK: usize = 1 << 13;
/// Number of item groups in a team.
const TEAM: usize = 4;
/// Minimum number of items in a team.
const ITEMS: usize = 64;
/// Maximum number of user–item pairs in a task, which keeps a bit for each.
const PAIRS: usize = 1 << 26;
/// Number of interactions from which a user's vector takes steps as long as those of items.
const MANY: f32 = 30.0;
/// Number of interactions from which a user's vector stays as it was learned.
const FEW: usize = 20;
/// Negatives per entry of a new user's history: steps are few, and the noise of a single negative would remain.
const FOLD_IN_NEGATIVES: u32 = 8;

/// Settings the algorithms have in common.
#[derive(Clone, Copy, Debug)]
pub struct Common {
    /// Length of the vectors.
    pub factors: usize,
    /// Number of passes over the interactions.
    pub epochs: usize,
    /// η of the first epoch.
    pub learning_rate: f32,
    /// Factor applied to η after each epoch.
    pub decay: f32,
    /// λ.
    pub reg: f32,
    /// Standard deviation of the initial vectors.
    pub init_scale: f32,
    /// Whether users and items have biases.
    pub biases: bool,
    /// β.
    pub sampler_exponent: f32,
}

/// Builds [`Common`] from an algorithm's settings, whose fields have the same names.
macro_rules! common {
    ($settings:expr) => {
        Common {
            factors: $settings.factors,
            epochs: $settings.epochs,
            learning_rate: $settings.learning_rate,
            decay: $settings.decay,
            reg: $settings.reg,
            init_scale: $settings.init_scale,
            biases: $settings.biases,
            sampler_exponent: $settings.sampler_exponent,
        }
    };
}
pub(in crate::recipes) use common;

/// How an algorithm learns from interactions.
pub trait Rule: Sync {
    /// Settings of the algorithm.
    fn common(&self) -> Common;
    /// Learns from every pair of a task and returns the sum of losses, each computed from the parameters before its
    /// step. Mark it `inline(always)`: it is compiled for each vector width and each kind of processor.
    fn walk(&self, task: Task<'_, impl Vectors, impl Vectors>) -> f64;
    /// How a new user gets a vector in a catalogue of `items` items.
    fn fold_in(&self, items: usize) -> FoldIn;
}

/// An interaction between a user and an item, by their positions in group and team.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Row of the user.
    pub user: u16,
    /// Row of the item.
    pub item: u16,
}

/// Constants of all steps in an epoch.
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
    fn new(common: &Common, rate: f32) -> Self {
        let bias = if common.biases { rate } else { 0.0 };
        Self { rate, keep: 1.0 - 2.0 * rate * common.reg, bias }
    }

    /// The same step scaled to a user with this pace.
    #[inline(always)]
    pub fn own(self, pace: f32) -> Self {
        let Self { rate, keep, bias } = self;
        Self { rate: pace * rate, keep: 1.0 - pace * (1.0 - keep), bias: pace * bias }
    }

    /// How far `error` pulls a vector, and which share of the vector is kept.
    #[inline(always)]
    pub fn pull(self, error: f32) -> (f32, f32) {
        (self.rate * error, self.keep)
    }
}

/// A task: a group of users and a team of items, as vectors and biases.
pub struct Task<'a, U, I> {
    /// Interactions in the order in which to learn from them.
    pub pairs: &'a [Pair],
    /// The group's users.
    pub users: (U, &'a mut [f32]),
    /// The team's items.
    pub items: (I, &'a mut [f32]),
    /// Items the user does not have.
    pub negatives: Negatives<'a>,
    /// Length of the steps.
    pub step: Step,
    /// Factor of the step of each user in the group.
    pub paces: &'a [f32],
    /// Total number of items.
    pub catalogue: usize,
}

impl<'a> Task<'a, Wide<'a>, Wide<'a>> {
    /// The same task with a width known to the compiler.
    #[inline(always)]
    fn fixed<const C: usize>(self) -> Task<'a, Fixed<'a, C>, Fixed<'a, C>> {
        let Self { pairs, users, items, negatives, step, paces, catalogue } = self;
        let (users, items) = ((users.0.fixed(), users.1), (items.0.fixed(), items.1));
        Task { pairs, users, items, negatives, step, paces, catalogue }
    }
}

/// Runs `rule` on a task whose vectors have `width` times [`LANES`](crate::math::vector::LANES) numbers. Common
/// widths get a loop of their own. In the machine code for AVX-512, every step consists of fused products in whole
/// registers, even if the width is not known; inner products keep the halves of a register apart because their sums
/// are added afterwards.
#[multiversion(targets("x86_64+avx512f+avx512vl+fma", "x86_64+avx2+fma", "aarch64+neon"))]
fn learn<R: Rule>(rule: &R, width: usize, task: Task<'_, Wide<'_>, Wide<'_>>) -> f64 {
    match width {
        1 => rule.walk(task.fixed::<1>()),
        2 => rule.walk(task.fixed::<2>()),
        4 => rule.walk(task.fixed::<4>()),
        8 => rule.walk(task.fixed::<8>()),
        _ => rule.walk(task),
    }
}

/// The fold-in of algorithms that compare pairs: by the loss of `bpr` with the penalty `reg` per comparison.
pub fn by_comparison(exponent: f32, reg: f32) -> FoldIn {
    // There the loss is the mean over positives and negatives; here it is the sum over negatives.
    let share = FOLD_IN_NEGATIVES as f32 / (FOLD_IN_NEGATIVES + 1) as f32;
    FoldIn::Sampled(Sampled {
        loss: Objective::Bpr,
        negatives: FOLD_IN_NEGATIVES,
        sampler: Sampling::Popularity,
        exponent,
        reg: share * reg,
        bias: false,
        unit: 1.0,
    })
}

/// Fits `rule`, whose own settings have been checked.
pub fn fit(rule: &impl Rule, train: &Ratings, run: &Run<'_>) -> Result<Fitted> {
    Ok(learned(rule, train, run)?.boxed())
}

/// [`fit`] for algorithms that compare pairs.
pub fn fit_by_comparison(rule: &impl Rule, train: &Ratings, run: &Run<'_>) -> Result<Fitted> {
    let mut learned = learned(rule, train, run)?;
    learned.model.fold_in_short(&train.by_user, FEW);
    Ok(learned.boxed())
}

fn learned(rule: &impl Rule, train: &Ratings, run: &Run<'_>) -> Result<Fitted<Factors>> {
    let common = rule.common();
    common.check(train)?;
    let mut learner = SampledSgd::new(rule, train, run.seed);
    run.learn(&mut learner, train, common.epochs)
}

impl Common {
    /// Factor of the steps of a user with this many interactions.
    fn pace(&self, interactions: usize) -> f32 {
        // Limited so that a step does not overshoot and the penalty does not flip the sign of a vector.
        let most = 1.0 / (self.learning_rate * (2.0 * self.reg).max(1.0));
        (MANY / interactions.max(1) as f32).min(most).max(1.0)
    }

    /// Refuses settings and data that none of the algorithms can use.
    fn check(&self, train: &Ratings) -> Result<()> {
        check_count("epochs", self.epochs)?;
        check_count("factors", self.factors)?;
        check_vectors("factors", 2, train, self.factors)?;
        check_descent(self.learning_rate, self.decay, self.reg, self.init_scale)?;
        if !(0.0..=4.0).contains(&self.sampler_exponent) {
            let says = format!("must be between 0 and 4, got {}", self.sampler_exponent);
            return Err(Error::setting("sampler_exponent", says));
        }
        let (low, high) = train.scale();
        if low != high || low <= 0.0 {
            let says = format!(
                "this algorithm needs interactions that all count the same, but values range from {low} to {high}"
            );
            return Err(Error::Unfit(says).with(Remedy::ImplicitOrThreshold(None)));
        }
        match train.items.len() {
            1 => Err(Error::Unfit(
                "all interactions are with one item: there is nothing to rank it against".into(),
            )),
            _ => Ok(()),
        }
    }
}

/// The state of training by a [`Rule`].
struct SampledSgd<'a, R> {
    rule: &'a R,
    common: Common,
    grid: Grid<Pair>,
    users: Vec<Part>,
    items: Vec<Part>,
    /// Paces of the users of each group.
    paces: Vec<Vec<f32>>,
    popular: Vec<f32>,
}

impl<'a, R: Rule> SampledSgd<'a, R> {
    /// Returns the initial state.
    fn new(rule: &'a R, train: &Ratings, seed: u64) -> Self {
        let size = size(train.users.len(), train.items.len(), train.len());
        Self::with_groups(rule, train, seed, size)
    }

    /// [`new`](Self::new) with this number of user groups and teams.
    fn with_groups(rule: &'a R, train: &Ratings, seed: u64, tall: usize) -> Self {
        let common = rule.common();
        let pair = |user, item, _| Pair { user, item };
        let grid = Grid::new(&train.by_user, pair, [tall, tall * TEAM], &Rng::new(seed, &[0, 2]));
        let users = Part::of_groups(&grid.users, common.factors, |_, _| {});
        let items = Part::of_groups(&grid.items, common.factors, |row, vector| {
            let mut rng = Rng::new(seed, &[0, 1, u64::from(row)]);
            vector.fill_with(|| common.init_scale * rng.normal());
        });
        let pace = |&u: &u32| common.pace(train.by_user.row(u as usize).len());
        let paces = grid.users.rows.iter().map(|rows| rows.iter().map(pace).collect()).collect();
        let popular = train.by_user.column_counts().iter().map(|&c| c as f32).collect();
        Self { rule, common, grid, users, items, paces, popular }
    }

    /// Returns the interactions of user group `g` with a team, in random order.
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
            pairs.extend(chunk.iter().map(|pair| Pair { item: pair.item + start as u16, ..*pair }));
        }
        pairs
    }

    /// Weighted sampling of a team's items.
    fn alias(&self, team: &[usize]) -> Option<Alias> {
        let rows = team.iter().flat_map(|&h| &self.grid.items.rows[h]);
        let weight = |&i: &u32| match self.popular[i as usize] {
            // Not 0⁰ = 1: an item no user has must not be sampled.
            count if count > 0.0 => power(count, self.common.sampler_exponent),
            _ => 0.0,
        };
        let weights: Vec<f32> = rows.map(weight).collect();
        weights.iter().any(|&w| w > 0.0).then(|| Alias::new(&weights))
    }
}

/// Number of user groups and of teams.
fn size(users: usize, items: usize, entries: usize) -> usize {
    let by_bits = (users as f64 * items as f64 / PAIRS as f64).sqrt().ceil() as usize;
    // Positions are 16-bit numbers.
    let by_index = users.max(items).div_ceil(1 << 16);
    let size = grid::size(users, items, entries, BLOCK).min((items / ITEMS).max(1));
    size.max(by_bits).max(by_index)
}

impl<R: Rule> SampledSgd<'_, R> {
    /// The learning rate of epoch `number`, from 1.
    fn rate(&self, number: usize) -> f32 {
        let passed = i32::try_from(number - 1).unwrap_or(i32::MAX);
        self.common.learning_rate * whole_power(self.common.decay, passed)
    }
}

impl<R: Rule> Learner for SampledSgd<'_, R> {
    type Model = Factors;

    fn learning_rate(&self, number: usize) -> Option<f32> {
        Some(self.rate(number))
    }

    fn epoch(&mut self, number: usize, rng: &Rng) -> Loss {
        let size = self.users.len();
        let rate = self.rate(number);
        let step = Step::new(&self.common, rate);
        let mut order: Vec<usize> = (0..self.items.len()).collect();
        rng.piece(0).shuffle(&mut order);
        let teams: Vec<&[usize]> = order.chunks(TEAM).collect();
        let aliases: Vec<Option<Alias>> = match self.common.sampler_exponent == 0.0 {
            true => vec![None; size],
            false => parallel::map_all(&teams, |team| self.alias(team)),
        };
        let source = |t: usize, items: usize| match &aliases[t] {
            Some(alias) => Source::Weighted(alias),
            None if self.common.sampler_exponent == 0.0 => Source::Alike(items as u32),
            None => Source::Nothing,
        };
        let mut users = std::mem::take(&mut self.users);
        let mut items: Vec<Part> =
            parallel::map_all(&teams, |team| Part::join(team.iter().map(|&h| &self.items[h])));
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
                let width = users.width();
                let task = Task {
                    pairs: &pairs,
                    users: users.split(),
                    items: items.split(),
                    negatives,
                    step,
                    paces: &self.paces[g],
                    catalogue: self.popular.len(),
                };
                let loss = learn(self.rule, width, task);
                seen.clear(&pairs);
                loss
            };
            let tasks = users.iter_mut().zip(&mut items).enumerate();
            let losses: Vec<f64> = parallel::map_all_with(tasks, Seen::default, learn);
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
        let settings = FactorsSettings {
            offset: 0.0,
            link: ScoreFunction::Identity,
            fold_in: self.rule.fold_in(self.popular.len()),
        };
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
