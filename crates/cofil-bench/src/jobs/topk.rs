//! The best unseen items for every user from the shared factors; learning is not timed.

use super::{factors, lists, split};
use crate::answer::Figures;
use crate::experiment::Experiment;
use crate::gauge::Gauge;
use crate::places;
use anyhow::Result;
use cofil::User;
use cofil::rank::top_k_all;
use serde_json::json;

pub fn figures(experiment: &Experiment, mut gauge: Gauge) -> Result<Figures> {
    let folder = places::data().join(&experiment.data);
    let split = gauge.once("load", || split::read(&folder))?;
    let model = factors::read(&places::inputs())?;
    let recommend = || {
        let users: Vec<_> =
            (0..split.train.by_user.rows() as u32).map(|u| User::of(&split.train, u)).collect();
        top_k_all(&model, &users, experiment.k, true)
    };
    let lists = gauge.time("recommend", recommend);
    let quality = lists::quality(&lists, &split.test, experiment.k);
    Ok(gauge.figures(quality, json!({"n": experiment.k, "users": lists.len()})))
}
