//! Evaluation of a recommender on held-out interactions.

use crate::data::{Clean, Ratings};
use crate::error::{Error, Remedy, Result};
use crate::evaluate::{self, Metric, Protocol, Report, TestPart};
use crate::recommender::Recommender;

impl Recommender {
    /// Returns the users' histories as training data.
    ///
    /// # Errors
    /// If the model holds no histories.
    pub fn histories(&self) -> Result<Ratings> {
        if self.seen().nnz() == 0 {
            let why = "the model holds no user histories to evaluate against";
            return Err(Error::Unsupported(why.into()).with(Remedy::KeepSeen));
        }
        let (users, items) = (self.users().clone(), self.items().clone());
        Ok(Ratings { users, items, by_user: self.seen().clone(), times: None })
    }

    /// Sets all values to 1 if all training values were 1, as [`Clean::implicit`] does.
    pub fn weigh(&self, interactions: Ratings) -> Ratings {
        match self.card().data.scale == (1.0, 1.0) {
            true => Clean { implicit: true, ..Clean::default() }.weigh(interactions),
            false => interactions,
        }
    }

    /// Evaluates the model, trained on `train`, on `test`, whose users and items are numbered after those of the
    /// model.
    ///
    /// # Errors
    /// As [`evaluate`](evaluate::evaluate).
    pub fn evaluate<'a>(
        &self,
        train: &Ratings,
        test: impl Into<TestPart<'a>>,
        protocol: &Protocol,
    ) -> Result<Report> {
        let test = test.into();
        let values = test.ratings.by_user.values();
        let read = self.read_values();
        let mut report = evaluate::evaluate_as(self.model(), read, train, test, protocol)?;
        // Interactions without values are all 1.
        if values.iter().any(|&value| value != 1.0) {
            report.warnings.extend(self.note_off_scale("test values", self.off_scale(values)));
        }
        if let Some(told) = self.only_ranks()
            && protocol.metrics.iter().any(Metric::is_of_values)
        {
            report.warnings.push(format!("{told}, so rmse and mae are meaningless"));
        }
        Ok(report)
    }
}
