//! Shared test tools: steps computed from finite differences of the objective, in `f64`.

use super::*;

const USERS: usize = 3;
const ITEMS: usize = 7;

/// One task.
pub struct Toy {
    pub pairs: Vec<Pair>,
    /// Paces of the users.
    paces: [f32; USERS],
    pub users: Part,
    pub items: Part,
    seen: Seen,
}

/// All parameters of a task.
#[derive(Clone)]
pub struct Point {
    width: usize,
    paces: [f32; USERS],
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
        Self { pairs, paces: [1.0, 2.5, 1.5], users, items, seen }
    }

    pub fn negatives(&self) -> Negatives<'_> {
        let source = Source::Alike(ITEMS as u32);
        Negatives { seen: &self.seen, source, rng: Rng::new(5, &[]) }
    }

    pub fn point(&self) -> Point {
        let parts = [&self.users.factors, &self.items.factors, &self.users.bias, &self.items.bias];
        let x = parts.into_iter().flatten().map(|&x| f64::from(x)).collect();
        Point { width: self.users.factors.len() / USERS, paces: self.paces, x }
    }

    /// Returns the parameters after `rule` ran, and the loss.
    pub fn learned(&self, rule: &impl Rule) -> (Self, f64) {
        let (mut users, mut items) = (self.users.clone(), self.items.clone());
        let (common, width) = (rule.common(), users.width());
        let task = Task {
            pairs: &self.pairs,
            users: users.split(),
            items: items.split(),
            negatives: self.negatives(),
            step: Step::new(&common, common.learning_rate),
            paces: &self.paces,
            catalogue: ITEMS,
        };
        let loss = learn(rule, width, task);
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

    /// Sum of squares of the parameters of a user and items.
    pub fn squares(&self, user: usize, items: &[usize]) -> f64 {
        let rows = items.iter().map(|i| USERS + i).chain([user]);
        let square =
            |row: usize| self.row(row).iter().map(|x| x * x).sum::<f64>() + self.bias(row).powi(2);
        rows.map(square).sum()
    }

    /// Factor of the step of a parameter.
    fn pace(&self, at: usize) -> f32 {
        let biases = (USERS + ITEMS) * self.width;
        let row = if at < biases { at / self.width } else { at - biases };
        self.paces.get(row).copied().unwrap_or(1.0)
    }

    /// One gradient step on `objective`; steps of users are scaled by their paces.
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
        for (at, slope) in slopes.into_iter().enumerate() {
            self.x[at] -= f64::from(rate * self.pace(at)) * slope;
        }
    }

    pub fn assert_close(&self, other: &Self) {
        for (at, (a, b)) in self.x.iter().zip(&other.x).enumerate() {
            assert!((a - b).abs() < 2e-5, "{at}: {a} for {b}, width {}", self.width);
        }
    }
}
