//! Checks that settings are within their ranges.

use crate::error::{Error, Result};

/// Refuses a number that is not above zero.
pub(crate) fn check_positive(setting: &str, value: f32) -> Result<()> {
    match value > 0.0 && value.is_finite() {
        true => Ok(()),
        false => Err(Error::setting(setting, format!("must be greater than 0, got {value}"))),
    }
}

/// Refuses a number below zero.
pub(crate) fn check_not_negative(setting: &str, value: f32) -> Result<()> {
    match value >= 0.0 && value.is_finite() {
        true => Ok(()),
        false => Err(Error::setting(setting, format!("must be at least 0, got {value}"))),
    }
}

/// Refuses a count of zero.
pub(crate) fn check_count(setting: &str, value: usize) -> Result<()> {
    match value > 0 {
        true => Ok(()),
        false => Err(Error::setting(setting, "must be at least 1, got 0")),
    }
}

/// Refuses a learning rate decay outside (0, 1].
fn check_decay(decay: f32) -> Result<()> {
    match decay > 0.0 && decay <= 1.0 {
        true => Ok(()),
        false => {
            let says = format!("must be above 0 and at most 1, got {decay}");
            Err(Error::setting("decay", says))
        }
    }
}

/// Refuses a learning rate, decay, penalty or initial scale that gradient descent cannot use.
pub(crate) fn check_descent(rate: f32, decay: f32, reg: f32, init_scale: f32) -> Result<()> {
    check_positive("learning_rate", rate)?;
    check_decay(decay)?;
    check_not_negative("reg", reg)?;
    check_positive("init_scale", init_scale)
}

/// Refuses a value outside [`low`, `high`].
pub(crate) fn check_range(setting: &str, value: f32, low: f32, high: f32) -> Result<()> {
    match (low..=high).contains(&value) {
        true => Ok(()),
        false => {
            let says = format!("must be from {low} to {high}, got {value}");
            Err(Error::setting(setting, says))
        }
    }
}

/// Refuses a share outside [0, 1).
pub(crate) fn check_share(setting: &str, share: f32) -> Result<()> {
    match (0.0..1.0).contains(&share) {
        true => Ok(()),
        false => {
            let says = format!("must be at least 0 and below 1, got {share}");
            Err(Error::setting(setting, says))
        }
    }
}
