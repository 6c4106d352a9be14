//! Settings that recipes share, written once.

/// Declares the settings of a recipe as one flat struct: first those of the groups that it names, then its own.
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
    // Recipes that learn a vector for each user and item.
    (@ [vectors $($rest:ident)*] $about:tt $name:tt [$($fields:tt)*] $own:tt) => {
        settings! { @ [$($rest)*] $about $name [
            $($fields)*
            /// k, the length of the user and item vectors, ≥ 1. More fit finer tastes and need more data.
            pub factors: usize,
            /// Passes over the data, ≥ 1.
            pub epochs: usize,
        ] $own }
    };
    // Stochastic gradient descent over interactions.
    (@ [descent $($rest:ident)*] $about:tt $name:tt [$($fields:tt)*] $own:tt) => {
        settings! { @ [$($rest)*] $about $name [
            $($fields)*
            /// η, the step length, > 0. Too large: training diverges.
            pub learning_rate: f32,
            /// What η is multiplied with after every epoch, in (0, 1]; 1 keeps it.
            pub decay: f32,
            /// λ, the L2 penalty per step on the vectors it touches, ≥ 0. Larger: smoother.
            pub reg: f32,
            /// Standard deviation of the first vectors, > 0; where negatives are drawn those of users start at 0.
            pub init_scale: f32,
        ] $own }
    };
    // Learning against negatives that are drawn.
    (@ [negatives $($rest:ident)*] $about:tt $name:tt [$($fields:tt)*] $own:tt) => {
        settings! { @ [$($rest)*] $about $name [
            $($fields)*
            /// Whether there are biases: of items, and of users where the loss asks for them.
            pub biases: bool,
            /// β, from 0 to 4: negatives come in proportion to how often they occur to this power. 0, as in
            /// the paper: all alike. More makes popular items harder to recommend.
            pub sampler_exponent: f32,
        ] $own }
    };
    // Alternating least squares.
    (@ [least_squares $($rest:ident)*] $about:tt $name:tt [$($fields:tt)*] $own:tt) => {
        settings! { @ [$($rest)*] $about $name [
            $($fields)*
            /// ν, how the penalty grows with the number of interactions: 0 not at all, 1 in proportion; ≥ 0.
            pub reg_exponent: f32,
            /// `cholesky` (exact) or `cg` (conjugate gradients).
            pub solver: Method,
            /// Steps of `cg` per solution, ≥ 1.
            pub cg_steps: usize,
            /// Standard deviation of the first vectors' lengths: entries are N(0, init_scale² / k); ≥ 0.
            pub init_scale: f32,
        ] $own }
    };
    // Networks: an optimizer on batches.
    (@ [network $($rest:ident)*] $about:tt $name:tt [$($fields:tt)*] $own:tt) => {
        settings! { @ [$($rest)*] $about $name [
            $($fields)*
            /// Passes over the data, ≥ 1.
            pub epochs: usize,
            /// Samples per step, negatives among them, ≥ 1. Those of `autorec` are rows: items or users.
            pub batch_size: usize,
            /// How a gradient becomes a step.
            pub optimizer: Optimizer,
            /// η, the step length, > 0.
            pub learning_rate: f32,
            /// How η changes from epoch to epoch.
            pub schedule: Schedule,
            /// What η is multiplied with after every epoch (`exponential`), or its smallest share (`cosine`); in
            /// (0, 1].
            pub decay: f32,
            /// Epochs from start to start of `cosine`, ≥ 1; the others take no notice.
            pub period: usize,
            /// Standard deviation of the first weights, > 0.
            pub init_scale: f32,
        ] $own }
    };
    // Neighbours by the similarity of rows: items, or users.
    (@ [similarity $($rest:ident)*] $about:tt $name:tt [$($fields:tt)*] $own:tt) => {
        settings! { @ [$($rest)*] $about $name [
            $($fields)*
            /// How many most similar items (users) count, ≥ 1.
            pub neighbours: usize,
            /// How similarity is measured. Pearson is meant for ratings.
            pub similarity: Similarity,
            /// What becomes of the values before similarities are taken (cosine and dot only).
            pub weighting: Weighting,
            /// BM25's k1 ≥ 0: how soon more of the same stops counting; 1.2 is the textbook's.
            pub k1: f32,
            /// BM25's b in 0–1: how much items (users) with many interactions are held back; 0.75 is the
            /// textbook's.
            pub b: f32,
            /// How many common users (items) a similarity needs to count half, ≥ 0; holds back chance
            /// resemblances.
            pub shrinkage: f32,
        ] $own }
    };
    // Random walks from item to user to item.
    (@ [walk $($rest:ident)*] $about:tt $name:tt [$($fields:tt)*] $own:tt) => {
        settings! { @ [$($rest)*] $about $name [
            $($fields)*
            /// How many items each item keeps, ≥ 1.
            pub neighbours: usize,
            /// α ≥ 0, the power of each step's probability.
            pub alpha: f32,
            /// Whose list of neighbours decides.
            pub keep: Keep,
        ] $own }
    };
    (@ [] [$($about:tt)*] [$($name:tt)+] [$($fields:tt)*] [$($own:tt)*]) => {
        $($about)*
        pub struct $($name)+ { $($fields)* $($own)* }
    };
}
pub(super) use settings;
