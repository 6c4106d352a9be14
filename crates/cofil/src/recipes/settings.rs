//! Settings shared by several algorithms.

/// Declares the settings of an algorithm as one flat struct: first those of the named groups, then its own.
///
/// ```text
/// settings! {
///     /// Settings of `bpr`.
///     #[derive(…)]
///     pub struct Bpr: vectors, descent, negatives {
///         /// …
///         pub own: f32,
///     }
/// }
/// ```
macro_rules! settings {
    (
        $(#[$about:meta])*
        pub struct $name:ident $(<$side:ident>)?: $($group:ident),+ { $($own:tt)* }
    ) => {
        settings! { @ [$($group)+] [$(#[$about])*] [$name $(<$side>)?] [] [$($own)*] }
    };
    // Algorithms that learn a vector for each user and item.
    (@ [vectors $($rest:ident)*] $about:tt $name:tt [$($fields:tt)*] $own:tt) => {
        settings! { @ [$($rest)*] $about $name [
            $($fields)*
            /// k, length of the user and item vectors, ≥ 1. Longer vectors fit finer tastes but need more data.
            pub factors: usize,
            /// Number of passes over the data, ≥ 1.
            pub epochs: usize,
        ] $own }
    };
    // Stochastic gradient descent over interactions.
    (@ [descent $($rest:ident)*] $about:tt $name:tt [$($fields:tt)*] $own:tt) => {
        settings! { @ [$($rest)*] $about $name [
            $($fields)*
            /// η, learning rate, > 0. Training diverges if it is too large.
            pub learning_rate: f32,
            /// Factor applied to η after every epoch, in (0, 1]; 1 keeps η constant.
            pub decay: f32,
            /// λ, L2 penalty per step on the vectors updated in it, ≥ 0. Larger values give smoother predictions.
            pub reg: f32,
            /// Standard deviation of the initial vectors, > 0; user vectors start at 0 if negatives are sampled.
            pub init_scale: f32,
        ] $own }
    };
    // Learning with sampled negatives.
    (@ [negatives $($rest:ident)*] $about:tt $name:tt [$($fields:tt)*] $own:tt) => {
        settings! { @ [$($rest)*] $about $name [
            $($fields)*
            /// Whether items have biases, and users too if the loss needs them.
            pub biases: bool,
            /// β, popularity exponent for sampling negatives, 0 to 4: 0 samples uniformly, as in the paper; larger
            /// values make popular items harder to recommend.
            pub sampler_exponent: f32,
        ] $own }
    };
    // Alternating least squares.
    (@ [least_squares $($rest:ident)*] $about:tt $name:tt [$($fields:tt)*] $own:tt) => {
        settings! { @ [$($rest)*] $about $name [
            $($fields)*
            /// ν, growth of the penalty with the number of interactions, ≥ 0: 0 constant, 1 proportional.
            pub reg_exponent: f32,
            /// `cholesky` (exact) or `cg` (conjugate gradients).
            pub solver: Method,
            /// Number of `cg` steps per solution, ≥ 1.
            pub cg_steps: usize,
            /// Standard deviation of the initial vectors' lengths, ≥ 0: entries are N(0, init_scale² / k).
            pub init_scale: f32,
        ] $own }
    };
    // Networks trained with an optimizer on batches.
    (@ [network $($rest:ident)*] $about:tt $name:tt [$($fields:tt)*] $own:tt) => {
        settings! { @ [$($rest)*] $about $name [
            $($fields)*
            /// Number of passes over the data, ≥ 1.
            pub epochs: usize,
            /// Samples per step including negatives, ≥ 1; for `autorec`, rows (items or users).
            pub batch_size: usize,
            /// Optimizer that turns gradients into steps.
            pub optimizer: Optimizer,
            /// β of `optimizer` = `momentum`, the share of its velocity that a step keeps, in [0, 1): v ← β v +
            /// gradient, a step of −η v.
            pub momentum: f32,
            /// η, learning rate, > 0.
            pub learning_rate: f32,
            /// Schedule of η over the epochs.
            pub schedule: Schedule,
            /// Factor applied to η after every epoch (`exponential`), or its smallest share (`cosine`); in (0, 1].
            pub decay: f32,
            /// Epochs per cycle of the `cosine` schedule, ≥ 1; other schedules ignore it.
            pub period: usize,
            /// Standard deviation of the initial weights, > 0.
            pub init_scale: f32,
        ] $own }
    };
    // Nearest neighbours by similarity of rows: items or users.
    (@ [similarity $($rest:ident)*] $about:tt $name:tt [$($fields:tt)*] $own:tt) => {
        settings! { @ [$($rest)*] $about $name [
            $($fields)*
            /// Number of most similar items (users) that count, ≥ 1.
            pub neighbours: usize,
            /// Similarity measure. `pearson` is meant for ratings.
            pub similarity: Similarity,
            /// Weighting of values before similarities are computed (`cosine` and `dot` only).
            pub weighting: Weighting,
            /// BM25's k1, ≥ 0: how soon larger values stop adding weight; 1.2 is the textbook value.
            pub k1: f32,
            /// BM25's b, 0 to 1: penalty on items (users) with many interactions; 0.75 is the textbook value.
            pub b: f32,
            /// Number of common users (items) at which a similarity counts half, ≥ 0; damps similarities that arise
            /// by chance.
            pub shrinkage: f32,
        ] $own }
    };
    // Random walks from item to user to item.
    (@ [walk $($rest:ident)*] $about:tt $name:tt [$($fields:tt)*] $own:tt) => {
        settings! { @ [$($rest)*] $about $name [
            $($fields)*
            /// Number of neighbours kept per item, ≥ 1.
            pub neighbours: usize,
            /// α, exponent of the transition probabilities, ≥ 0.
            pub alpha: f32,
            /// Which item's list of nearest neighbours is used.
            pub keep: Keep,
        ] $own }
    };
    (@ [] [$($about:tt)*] [$($name:tt)+] [$($fields:tt)*] [$($own:tt)*]) => {
        $($about)*
        pub struct $($name)+ { $($fields)* $($own)* }
    };
}
pub(super) use settings;
