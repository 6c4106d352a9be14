//! Defaults that adapt to the data.

use super::*;

/// Data with a tenth of the density of other data.
fn sparse() -> Ratings {
    let row = |u: u32| (0..3).map(move |n| ((7 * u + 31 * n * n) % 400, 1.0));
    let rows = (0..300).map(|u| row(u).collect::<std::collections::BTreeMap<_, _>>());
    Ratings {
        users: Arc::new((0..300).map(|u| u.to_string()).collect()),
        items: Arc::new((0..400).map(|i| i.to_string()).collect()),
        by_user: Csr::from_rows(400, rows),
        times: None,
    }
}

#[test]
fn rules_name_settings_and_what_they_choose_can_be_fitted() {
    for algorithm in Algorithm::all() {
        let name = algorithm.name();
        for data in [sparse(), tastes(40, 30).binary(), Ratings::default()] {
            let suited = algorithm.suited_to(&data, &[]);
            let mut chosen: Vec<&str> = suited.chosen.keys().map(String::as_str).collect();
            let mut ruled: Vec<&str> = algorithm.rules().iter().map(|rule| rule.setting).collect();
            ruled.sort_unstable();
            // Without data no size is allowed.
            chosen.retain(|setting| ruled.contains(setting) || !data.is_empty());
            assert_eq!(chosen, ruled, "{name}");
            // The chosen values are in the algorithm, and nothing else has changed.
            let (before, after) = (value(&algorithm), value(&suited.algorithm));
            for (setting, value) in &after {
                match suited.chosen.get(setting) {
                    Some(chosen) => assert_eq!(single(chosen), single(value), "{name}: {setting}"),
                    None => assert_eq!(before[setting], *value, "{name}: {setting}"),
                }
            }
            for range in algorithm.ranges().iter().filter(|_| !data.is_empty()) {
                let Some(chosen) = suited.chosen.get(&range.setting) else { continue };
                assert!(range.values.contains(chosen), "{name}: {} = {chosen}", range.setting);
            }
        }
        let given: Vec<&str> = algorithm.rules().iter().map(|rule| rule.setting).collect();
        let kept = algorithm.suited_to(&sparse(), &given);
        assert!(kept.chosen.is_empty() && kept.algorithm == algorithm, "{name}");
    }
}

/// A number as it appears in settings.
fn single(value: &Value) -> Option<f32> {
    value.as_f64().map(|value| value as f32)
}

fn value(algorithm: &Algorithm) -> Map<String, Value> {
    serde_json::to_value(algorithm).unwrap().as_object().unwrap().clone()
}

#[test]
fn what_is_given_is_kept_and_the_rest_follows_the_data() {
    let mut given = Map::new();
    given.insert("reg".into(), json!(0.5));
    let suited = Algorithm::from_settings_for("ials", &given, &sparse()).unwrap();
    let settings = value(&suited.algorithm);
    assert_eq!(settings["reg"], 0.5);
    assert_eq!(suited.chosen.keys().collect::<Vec<_>>(), ["unobserved_weight"]);
    assert_ne!(
        settings["unobserved_weight"],
        value(&Algorithm::from_settings("ials", &given).unwrap())["unobserved_weight"]
    );
    assert!(
        Algorithm::from_settings_for("ials", &Map::from_iter([("rg".into(), json!(1))]), &sparse())
            .is_err()
    );
}
