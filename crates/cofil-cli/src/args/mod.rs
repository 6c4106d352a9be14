//! Options shared by commands.

pub mod choice;
pub mod clean;
pub mod configs;
pub mod history;
pub mod input;
pub mod items;
pub mod judging;
pub mod reranking;
pub mod searching;
pub mod splitting;
pub mod typed;
pub mod validation;
