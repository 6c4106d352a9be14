//! All values in the declared tuning ranges can be trained with.

use super::*;

/// Defaults outside their range, with the reason.
const OUTSIDE: [(&str, &str, &str); 3] = [
    ("gmf", "reg", "0 has no place on a logarithmic scale"),
    ("mlp", "reg", "0 has no place on a logarithmic scale"),
    ("neumf", "reg", "0 has no place on a logarithmic scale"),
];

#[test]
fn ranges_name_settings_and_hold_their_defaults() {
    for algorithm in Algorithm::all() {
        let name = algorithm.name();
        let settings = serde_json::to_value(&algorithm).unwrap();
        for range in algorithm.ranges() {
            let setting = range.setting.as_str();
            let default = settings.get(setting);
            let default = default.unwrap_or_else(|| panic!("{name} has no setting {setting}"));
            assert_eq!(range.values.problem(), None, "{name}: {setting}");
            let outside = OUTSIDE.iter().any(|(n, s, _)| *n == name && *s == setting);
            assert!(range.values.contains(default) != outside, "{name}: {setting} = {default}");
        }
    }
}

#[test]
fn both_ends_of_every_range_can_be_fitted() {
    // Large enough for the largest number of factors; networks take any number of them.
    let (large, small) = (tastes(300, 280), tastes(50, 40));
    for algorithm in Algorithm::all() {
        let name = algorithm.name();
        let ranges = algorithm.ranges();
        let ratings = if is_network(&algorithm) { &small } else { &large };
        let with = |setting: &str, value: &Value| {
            let mut settings = Map::new();
            // One epoch checks the settings as well as many; everything else is small.
            for (small, value) in [("epochs", 1), ("factors", 4), ("hidden", 8)] {
                if ranges.iter().any(|range| range.setting == small) {
                    settings.insert(small.to_owned(), value.into());
                }
            }
            if setting != "epochs" {
                settings.insert(setting.into(), value.clone());
            }
            Algorithm::from_settings(name, &settings)
        };
        for range in &ranges {
            for value in range.values.ends() {
                let algorithm = with(&range.setting, &value);
                let fitted = algorithm.and_then(|algorithm| {
                    algorithm.fit(&suited(&algorithm, ratings), &Run::default())
                });
                let refused = fitted.err().map(|error| error.to_string());
                assert_eq!(refused, None, "{name}: {} = {value}", range.setting);
            }
        }
    }
}
