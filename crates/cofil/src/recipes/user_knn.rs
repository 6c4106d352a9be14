//! User k-nearest neighbours: users with the same items recommend to each other.
//!
//! score(u, i) = Σ_v s_uv r_vi over the k users v most similar to u. The similarities and weightings are those of
//! `item-knn` with users and items exchanged: cosine is x_u·x_v / (‖x_u‖ ‖x_v‖) over all items; tf-idf and bm25 give
//! more weight to rare items, and bm25 less to users with many items. Resnick et al., "GroupLens: an open
//! architecture for collaborative filtering of netnews", CSCW 1994; for top-n lists Herlocker et al., TOIS 2004.
//!
//! Nothing is learned: similarities are computed at request time (see [`UserNeighbours`]), so the work is done during
//! evaluation or a request. Ties are broken by user index.
//!
//! # When to use
//!
//! To rank without training: new interactions count at once. It does well on sparse data with many items and few
//! interactions for each. Its cost is paid at each request and grows with the users.

use super::{Range, Recipe, Target};
use crate::check::check_count;
use crate::data::Ratings;
use crate::error::Result;
use crate::recipes::settings::settings;
use crate::shapes::UserNeighbours;
use crate::shapes::user_neighbours::{UserNeighboursSettings, Votes};
use crate::similarity::{Measure, Similarity, Weighting};
use crate::train::{Fitted, Run};
use crate::watch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

settings! {
    /// Settings of `user-knn`.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(default, deny_unknown_fields)]
    pub struct UserKnn: similarity {
    }
}

impl Default for UserKnn {
    fn default() -> Self {
        Self {
            neighbours: 100,
            similarity: Similarity::Cosine,
            weighting: Weighting::None,
            k1: 1.2,
            b: 0.75,
            shrinkage: 0.0,
        }
    }
}

impl Recipe for UserKnn {
    fn target(&self) -> Target {
        Target::Preference
    }

    fn ranges(&self) -> Vec<Range> {
        // Weighting applies to these two similarities only.
        vec![
            Range::log_whole("neighbours", 10, 1000),
            Range::choice("similarity", ["cosine", "dot"]),
            Range::choice("weighting", ["none", "tf-idf", "bm25"]),
            Range::real("k1", 0.0, 3.0),
            Range::real("b", 0.0, 1.0),
            Range::real("shrinkage", 0.0, 100.0),
        ]
    }

    fn fit(&self, train: &Ratings, _: &Run<'_>) -> Result<Fitted> {
        check_count("neighbours", self.neighbours)?;
        let Self { neighbours, similarity, weighting, k1, b, shrinkage } = *self;
        let measure = Measure { similarity, weighting, k1, b, shrinkage };
        measure.check()?;
        measure.check_scale(train.scale())?;
        let _stage = watch::stage("weighing", None);
        let settings = UserNeighboursSettings { neighbours, votes: Votes::Values(measure) };
        Ok(UserNeighbours::new(train.by_user.clone(), settings, Vec::new()).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::User;

    #[test]
    fn three_users_by_hand() {
        // u has a and b; v has a, b, c; w has b and d. s_uv = 2 / √6, s_uw = 1 / 2.
        let pairs =
            [("u", "a"), ("u", "b"), ("v", "a"), ("v", "b"), ("v", "c"), ("w", "b"), ("w", "d")];
        let train = Ratings::from_triples(pairs.map(|(u, i)| (u, i, 1.0))).unwrap();
        let scores = |neighbours, user: User<'_>| {
            let knn = UserKnn { neighbours, ..UserKnn::default() };
            let mut scores = [0.0; 4];
            let model = knn.fit(&train, &Run::default()).unwrap().model;
            model.score(user, &[0, 1, 2, 3], &mut scores);
            scores
        };
        let (v, w) = (2.0 / 6f32.sqrt(), 0.5);
        for (found, exact) in scores(2, User::of(&train, 0)).iter().zip([v, v + w, v, w]) {
            assert!((found - exact).abs() < 1e-6, "{found} for {exact}");
        }
        assert_eq!(scores(1, User::of(&train, 0))[3], 0.0, "w is not the nearest");
        // A new user with the same history is most similar to u.
        let new_user = scores(1, User::new_user(train.by_user.row(0)));
        assert!((new_user[0] - 1.0).abs() < 1e-6 && new_user[2] == 0.0, "{new_user:?}");
    }

    #[test]
    fn senseless_settings_are_refused() {
        let train = Ratings::from_triples([("u", "a", 1.0), ("v", "a", 1.0)]).unwrap();
        let says =
            |knn: UserKnn| knn.fit(&train, &Run::default()).expect_err("refused").to_string();
        let knn = UserKnn::default;
        assert!(says(UserKnn { neighbours: 0, ..knn() }).starts_with("setting `neighbours`"));
        assert!(says(UserKnn { b: 1.5, ..knn() }).starts_with("setting `b`"));
        let pearson = UserKnn { similarity: Similarity::Pearson, ..knn() };
        assert!(says(pearson).contains("all values are 1"));
    }
}
