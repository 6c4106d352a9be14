//! Removal of users from a model.

use super::{Changed, Recommender};
use crate::data::prose::count;
use crate::data::{Csr, IdMap, Ratings};
use crate::error::{Error, Remedy, Result};
use crate::model::Forgetting;
use crate::preference::entries;
use crate::train::Run;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The result of removing users.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Forgotten {
    /// Number of users removed.
    pub users: usize,
    /// Number of their interactions removed.
    pub interactions: usize,
    /// Whether the model is the same as if it had never seen them.
    pub exact: bool,
    /// Parts of the model that still hold traces of them; empty if `exact`.
    pub remains: Vec<String>,
}

impl Recommender {
    /// Removes the data of `users` immediately: their ids, histories and vectors and their share of counts.
    /// Parameters learned from all users together stay. The result lists them;
    /// [`forget_and_refit`](Self::forget_and_refit) removes them too.
    ///
    /// # Errors
    /// If a user is unknown, or a neighbour model, which has to be trained again, cannot be. The recommender is then
    /// unchanged.
    pub fn forget(&mut self, users: &[&str]) -> Result<Forgotten> {
        let gone = self.numbers(users)?;
        let items_left = self.items_of(&gone).len();
        let rest = self.rest(&gone, &[]);
        let interactions = self.seen.nnz() - rest.by_user.nnz();
        let liked = entries(self.card.data.reading, &self.seen);
        let forgetting = match self.model.without_users(&gone, &liked) {
            Some(forgetting) => forgetting,
            None => {
                let model = self.fitted(&rest)?;
                Forgetting { model, remains: Vec::new() }
            }
        };
        let mut remains: Vec<String> = forgetting.remains.into_iter().map(Into::into).collect();
        if items_left > 0 {
            remains.push(format!("ids of {} that no other user has", count(items_left, "item")));
        }
        if self.seen.nnz() == 0 {
            remains.push("item counts (the model does not hold their histories)".into());
        }
        self.model = forgetting.model;
        self.leave(rest, gone.len());
        Ok(Forgotten { users: gone.len(), interactions, exact: remains.is_empty(), remains })
    }

    /// Removes `users` and trains again on the remaining data, with the same algorithm, settings and seed. The model
    /// is then the same as if it had never seen them. Items that no other user has are removed too.
    ///
    /// # Errors
    /// If a user is unknown, the model does not hold user histories or was imported, no data is left, or training
    /// fails. The recommender is then unchanged.
    pub fn forget_and_refit(&mut self, users: &[&str]) -> Result<Forgotten> {
        let gone = self.numbers(users)?;
        if self.seen.nnz() == 0 {
            let why = "the model does not hold user histories, so it cannot be trained again without the table";
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

    /// Returns the indices of `users`, in ascending order.
    fn numbers(&self, users: &[&str]) -> Result<Vec<u32>> {
        let mut numbers = users.iter().map(|u| self.user_index(u)).collect::<Result<Vec<_>>>()?;
        numbers.sort_unstable();
        numbers.dedup();
        Ok(numbers)
    }

    /// Returns the items that only users in `gone` have, in ascending order.
    fn items_of(&self, gone: &[u32]) -> Vec<u32> {
        let mut theirs = vec![0u32; self.items.len()];
        for &u in gone {
            self.seen.row(u as usize).columns.iter().for_each(|&i| theirs[i as usize] += 1);
        }
        let counts = self.seen.column_counts();
        let alone = |i: &u32| theirs[*i as usize] > 0 && theirs[*i as usize] == counts[*i as usize];
        (0..self.items.len() as u32).filter(alone).collect()
    }

    /// Returns the histories of all users but `gone`, without `items` (which only they have), renumbered without gaps.
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
