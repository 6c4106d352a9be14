//! The subcommands, one file each.

pub mod algorithms;
pub mod compare;
pub mod convert;
pub mod describe;
pub mod evaluate;
pub mod explain;
pub mod export;
pub mod forget;
pub mod import;
pub mod inspect;
pub mod interview;
pub mod plot;
pub mod predict;
pub mod quickstart;
pub mod recommend;
pub mod reproduce;
pub mod schema;
pub mod shell;
pub mod similar;
pub mod split;
pub mod train;
pub mod tune;
pub mod update;
