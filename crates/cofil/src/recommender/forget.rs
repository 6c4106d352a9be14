//! Users who are to be forgotten.

use super::{Changed, Recommender};
use crate::data::{Csr, IdMap, Ratings};
use crate::error::{Error, Remedy, Result};
use crate::model::Forgetting;
use crate::train::Run;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What was forgotten, and what was not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Forgotten {
    /// Number of users forgotten.
    pub users: usize,
    /// How many interactions of theirs.
    pub interactions: usize,
    /// Whether the model is as if they had never been.
    pub exact: bool,
    /// What still bears traces of them; empty if `exact`.
    pub remains: Vec<String>,
}

impl Recommender {
    /// Removes the data of `users` at once: their names, what they had, their vectors and their part of
    /// counts. What was learned from everybody together stays; the answer names it, and
    /// [`forget_and_refit`](Self::forget_and_refit) is the remedy.
    ///
    /// # Errors
    /// If a user is unknown, or a model of neighbours, which is trained again, cannot be. The recommender is
    /// then as it was.
    pub fn forget(&mut self, users: &[&str]) -> Result<Forgotten> {
        let gone = self.numbers(users)?;
        let items_left = self.items_of(&gone).len();
        let rest = self.rest(&gone, &[]);
        let interactions = self.seen.nnz() - rest.by_user.nnz();
        let forgetting = match self.model.without_users(&gone, &self.seen) {
            Some(forgetting) => forgetting,
            None => {
                let model = self.fitted(&rest)?;
                Forgetting { model, remains: Vec::new() }
            }
        };
        let mut remains: Vec<String> = forgetting.remains.into_iter().map(Into::into).collect();
        if items_left > 0 {
            remains.push(format!("names of {items_left} items that nobody else has"));
        }
        if self.seen.nnz() == 0 {
            remains.push("counts of items: the model does not say what they had".into());
        }
        self.model = forgetting.model;
        self.leave(rest, gone.len());
        Ok(Forgotten { users: gone.len(), interactions, exact: remains.is_empty(), remains })
    }

    /// Removes `users` and trains again, with the same recipe, settings and seed, on what is left: the model
    /// is as if they had never been. Items that nobody else has go with them.
    ///
    /// # Errors
    /// If a user is unknown, the model does not say what its users have or was imported, nothing is left, or
    /// training fails. The recommender is then as it was.
    pub fn forget_and_refit(&mut self, users: &[&str]) -> Result<Forgotten> {
        let gone = self.numbers(users)?;
        if self.seen.nnz() == 0 {
            let why = "the model does not say what its users have, so that it cannot be trained again \
                       without the table";
            return Err(Error::Unsupported(why.into()).with(Remedy::KeepSeen));
        }
        self.check_refit()?;
        let rest = self.rest(&gone, &self.items_of(&gone));
        let interactions = self.seen.nnz() - rest.by_user.nnz();
        let (algorithm, seed) = self.recipe()?;
        let (algorithm, run) =
            (algorithm.clone(), Run { seed, values: self.read_values(), ..Run::default() });
        let changes = std::mem::take(&mut self.card.changes);
        match Self::train(&algorithm, &rest, &run) {
            Ok(trained) => {
                let catalogue = self.catalogue.take();
                *self = trained.with_catalogue(catalogue);
            }
            Err(error) => {
                self.card.changes = changes;
                return Err(error);
            }
        }
        self.card.changes = changes;
        self.leave(rest, gone.len());
        Ok(Forgotten { users: gone.len(), interactions, exact: true, remains: Vec::new() })
    }

    /// The numbers of `users`, rising.
    fn numbers(&self, users: &[&str]) -> Result<Vec<u32>> {
        let mut numbers = users.iter().map(|u| self.user_index(u)).collect::<Result<Vec<_>>>()?;
        numbers.sort_unstable();
        numbers.dedup();
        Ok(numbers)
    }

    /// The items that `gone` have and nobody else, rising.
    fn items_of(&self, gone: &[u32]) -> Vec<u32> {
        let mut theirs = vec![0u32; self.items.len()];
        for &u in gone {
            self.seen.row(u as usize).columns.iter().for_each(|&i| theirs[i as usize] += 1);
        }
        let counts = self.seen.column_counts();
        let alone = |i: &u32| theirs[*i as usize] > 0 && theirs[*i as usize] == counts[*i as usize];
        (0..self.items.len() as u32).filter(alone).collect()
    }

    /// What everybody but `gone` has, without `items` (which are theirs alone); numbers close up.
    fn rest(&self, gone: &[u32], items: &[u32]) -> Ratings {
        let stays = |gone: &[u32], number: u32| gone.binary_search(&number).is_err();
        let left = |names: &IdMap, gone: &[u32]| -> IdMap {
            names.select((0..names.len() as u32).filter(|&number| stays(gone, number)))
        };
        let closed_up = |item: u32| item - items.partition_point(|&gone| gone < item) as u32;
        let users = (0..self.users.len() as u32).filter(|&u| stays(gone, u));
        let row = |u: u32| self.seen.row(u as usize).iter().map(|(i, value)| (closed_up(i), value));
        Ratings {
            users: Arc::new(left(&self.users, gone)),
            items: Arc::new(left(&self.items, items)),
            by_user: Csr::from_rows(self.items.len() - items.len(), users.map(row)),
            times: None,
        }
    }

    fn leave(&mut self, rest: Ratings, users: usize) {
        self.take(rest);
        self.card.changes.push(Changed::Forgotten { users });
    }
}
