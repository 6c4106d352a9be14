use super::*;
use crate::data::IdMap;
use crate::data::catalogue::{AttributeValue, Catalogue, CatalogueOptions};
use proptest::prelude::*;

fn catalogue(text: &str) -> Catalogue {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, text).unwrap();
    Catalogue::read(file.path(), &CatalogueOptions::default()).unwrap().0
}

fn films() -> Catalogue {
    catalogue(
        "id,title,genres,year,release date\n\
         a,Alien,Horror|Sci-Fi,1979,1979-05-25\n\
         b,Brazil,Comedy|Sci-Fi,1985,1985-02-20\n\
         c,Clue,Comedy,1985,1985-12-13\n\
         d,Dune,,,\n\
         e,It's,Drama,2020,2020-01-01\n",
    )
}

/// Returns the ids of `films` that match a filter.
fn picked(filter: &str) -> String {
    let films = films();
    let filter = Filter::parse(filter).unwrap_or_else(|e| panic!("{filter}: {e}"));
    let items = films.matching(&filter, films.ids()).unwrap_or_else(|e| panic!("{filter}: {e}"));
    items.iter().map(|&i| films.ids().name(i)).collect()
}

#[test]
fn films_are_picked_as_the_documentation_says() {
    for (filter, expected) in [
        ("genres = 'Comedy'", "bc"),
        ("genres != \"Comedy\"", "ae"),
        ("genres in ('Horror', 'Drama')", "ae"),
        ("genres not in ('Horror', 'Drama')", "bc"),
        ("GENRES = 'Comedy' AND Year >= 1985", "bc"),
        ("year = 1985", "bc"),
        ("year != 1985", "ae"),
        ("not year = 1985", "ade"),
        ("year < 1985 or year > 1985", "ae"),
        ("year <= 1985 and year >= 1985.0", "bc"),
        ("year in (1979, 2020)", "ae"),
        ("year not in (1979, 2020)", "bc"),
        ("year is null", "d"),
        ("year is not null and not genres = 'Sci-Fi'", "ce"),
        ("genres is null", "d"),
        ("title = 'It''s' or title = \"Dune\"", "de"),
        ("title < 'C'", "ab"),
        ("`release date` >= '1985-06-01'", "ce"),
        ("id in ('a', 'e', 'zzz')", "ae"),
        ("id is null", ""),
        ("id != 'a' and id is not null", "bcde"),
        // `and` binds tighter than `or`, `not` tighter than both.
        ("year = 1979 or genres = 'Comedy' and title = 'Clue'", "ac"),
        ("(year = 1979 or genres = 'Comedy') and title = 'Clue'", "c"),
        ("not year = 1979 and year is not null", "bce"),
        ("not (year = 1979 or year is null)", "bce"),
    ] {
        assert_eq!(picked(filter), expected, "{filter}");
    }
}

#[test]
fn items_match_by_their_names_and_unknown_ones_never() {
    let items: IdMap = ["zzz", "c", "a", "yyy", "b"].iter().collect();
    let matching = |filter: &str| films().matching(&filter.parse().unwrap(), &items).unwrap();
    assert_eq!(matching("genres = 'Comedy'"), [1, 4]);
    assert_eq!(matching("not genres = 'Comedy'"), [2]);
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    for (filter, message) in [
        ("", "at position 1: expected a column, `not` or `(`, found the end"),
        ("year", "at position 5: expected one of = != < <= > >=, `in`, `is`, found the end"),
        ("year >=", "at position 8: expected a value, such as 1990 or 'Comedy', found the end"),
        ("year >= x", "at position 9: expected a value, found `x`; write text in quotes: 'x'"),
        ("year == 1990", "at position 6: found `==`; write `=`"),
        ("é <> 1", "at position 3: found `<>`; write `!=`"),
        ("year = 1990 year = 1", "at position 13: expected `and`, `or` or the end, found `year`"),
        ("(year = 1990", "at position 13: expected `and`, `or` or `)`, found the end"),
        ("title = 'Dune", "at position 9: the quotation mark ' is not closed"),
        ("year = 19x", "at position 8: `19x` is not a number; write text in quotes"),
        ("year = 1e999", "at position 8: `1e999` is not a number; write text in quotes"),
        (
            "year = null",
            "at position 8: expected a value, found `null`; write `is null` or `is not null`",
        ),
        ("year is 1", "at position 9: expected `null` or `not null`, found the number 1"),
        ("year not 1", "at position 10: expected `in`, found the number 1"),
        ("year in 1", "at position 9: expected `(` and the values, found the number 1"),
        ("year in ()", "at position 10: expected a value, such as 1990 or 'Comedy', found `)`"),
        (
            "3 = 1",
            "at position 1: expected a column, found the number 3; write a column of that name in backticks: `3`",
        ),
        (
            "'a' = 1",
            "at position 1: expected a column, found the text 'a'; write a column name that is not a word in backticks: `a`",
        ),
        ("year = 1 && year = 2", "at position 10: found `&`; write `and`"),
        (
            "year # 1",
            "at position 6: found `#`; write text in quotes ('…') and column names that are not words in backticks (`…`)",
        ),
    ] {
        let told = Filter::parse(filter).unwrap_err().to_string();
        assert_eq!(told, format!("setting `filter`: {message}"), "{filter}");
    }
}

#[test]
fn columns_are_checked() {
    for (filter, message) in [
        (
            "yaer = 1",
            "unknown column `yaer`; did you mean `year`? (valid: id, title, genres, year, release date)",
        ),
        (
            "year = 'x'",
            "setting `filter`: column `year` holds numbers; compare it with a number, such as 1990, not 'x'",
        ),
        (
            "title in ('a', 7)",
            "setting `filter`: column `title` holds text; compare it with text in quotes, such as '7', not 7",
        ),
        (
            "genres = 7",
            "setting `filter`: column `genres` holds lists of texts; compare it with text in quotes, such as '7', not 7",
        ),
        (
            "genres < 'x'",
            "setting `filter`: column `genres` holds lists of texts, which have no order for `<`; compare them with =, != and in",
        ),
        (
            "id = 7",
            "setting `filter`: column `id` holds text; compare it with text in quotes, such as '7', not 7",
        ),
    ] {
        let filter = Filter::parse(filter).unwrap();
        assert_eq!(filter.check(&films()).unwrap_err().to_string(), message);
    }
}

#[test]
fn nesting_ends_before_the_stack_does() {
    for (open, close) in [("(", ")"), ("not ", ""), ("not (", ")")] {
        let nested = |n: usize| format!("{}a = 1{}", open.repeat(n), close.repeat(n));
        assert!(Filter::parse(&nested(50)).is_ok());
        for n in [101, 100_000] {
            let told = Filter::parse(&nested(n)).unwrap_err().to_string();
            assert!(told.ends_with("conditions are nested more than 100 deep"), "{told}");
        }
    }
    let wide = vec!["a = 1"; 10_000].join(" and ");
    assert_eq!(Filter::parse(&wide).unwrap().to_string(), wide);
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(vec!["n", "t", "l", "id"]).prop_map(Into::into),
        1 => prop::sample::select(vec!["", "and", "Not", "3", "release date", "a`b", "é", "NULL", "_x9"])
            .prop_map(Into::into),
        1 => any::<String>(),
    ]
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        (-3i8..4).prop_map(|n| Literal::Number(f64::from(n) / 2.0)),
        any::<f64>().prop_filter("finite", |x| x.is_finite()).prop_map(Literal::Number),
        "[a-c]{0,2}".prop_map(Literal::Text),
        any::<String>().prop_map(Literal::Text),
    ]
}

fn comparison() -> impl Strategy<Value = Comparison> {
    use Comparison::*;
    prop::sample::select(vec![Equal, Unequal, Less, AtMost, Greater, AtLeast])
}

/// Conditions with columns drawn from `name` and values drawn from `literal`.
fn conditions(
    name: BoxedStrategy<String>,
    literal: BoxedStrategy<Literal>,
) -> impl Strategy<Value = Condition> {
    let leaf = prop_oneof![
        (name.clone(), comparison(), literal.clone())
            .prop_map(|(column, sign, value)| Condition::Compare(column, sign, value)),
        (name.clone(), any::<bool>(), prop::collection::vec(literal, 1..4))
            .prop_map(|(column, negated, values)| Condition::In(column, negated, values)),
        (name, any::<bool>()).prop_map(|(column, there)| Condition::Null(column, there)),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Condition::And),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Condition::Or),
            inner.prop_map(|part| Condition::Not(Box::new(part))),
        ]
    })
}

/// Evaluates a condition for one item, straight from the documentation; `None` if the filter does not fit the
/// columns.
fn naive(condition: &Condition, catalogue: &Catalogue, id: &str) -> Option<bool> {
    let value = |column: &str| match column {
        "id" => Some(AttributeValue::Text(catalogue.ids().name(catalogue.ids().get(id).unwrap()))),
        column => catalogue.value(id, column),
    };
    let one = |value: &AttributeValue<'_>, sign: Comparison, literal: &Literal| {
        let order = match (value, literal) {
            (AttributeValue::Number(x), Literal::Number(y)) => x.partial_cmp(y).unwrap(),
            (AttributeValue::Text(x), Literal::Text(y)) => (*x).cmp(y.as_str()),
            _ => panic!("kinds are checked before"),
        };
        match sign {
            Comparison::Equal => order.is_eq(),
            Comparison::Unequal => order.is_ne(),
            Comparison::Less => order.is_lt(),
            Comparison::AtMost => order.is_le(),
            Comparison::Greater => order.is_gt(),
            Comparison::AtLeast => order.is_ge(),
        }
    };
    let compared = |column: &str, sign: Comparison, literals: &[Literal]| {
        let is_number = |literal: &Literal| matches!(literal, Literal::Number(_));
        let (numbers, ordered) = match column {
            "n" => (true, true),
            "t" | "id" => (false, true),
            "l" => (false, false),
            _ => return None,
        };
        let equality = matches!(sign, Comparison::Equal | Comparison::Unequal);
        if literals.iter().any(|l| is_number(l) != numbers) || !(ordered || equality) {
            return None;
        }
        Some(match (value(column), sign) {
            (None, _) => false,
            (Some(AttributeValue::List(entries)), sign) => {
                let entry = |e: &&str| {
                    let entry = AttributeValue::Text(e);
                    literals.iter().any(|l| one(&entry, Comparison::Equal, l))
                };
                entries.iter().any(entry) == (sign == Comparison::Equal)
            }
            (Some(value), Comparison::Unequal) => literals.iter().all(|l| one(&value, sign, l)),
            (Some(value), sign) => literals.iter().any(|l| one(&value, sign, l)),
        })
    };
    match condition {
        // Check every part, because a filter is checked as a whole.
        Condition::And(parts) => parts
            .iter()
            .map(|part| naive(part, catalogue, id))
            .collect::<Option<Vec<_>>>()
            .map(|all| all.into_iter().all(|x| x)),
        Condition::Or(parts) => parts
            .iter()
            .map(|part| naive(part, catalogue, id))
            .collect::<Option<Vec<_>>>()
            .map(|all| all.into_iter().any(|x| x)),
        Condition::Not(part) => naive(part, catalogue, id).map(|holds| !holds),
        Condition::Compare(column, sign, literal) => {
            compared(column, *sign, std::slice::from_ref(literal))
        }
        Condition::In(column, true, literals) => compared(column, Comparison::Unequal, literals),
        Condition::In(column, false, literals) => compared(column, Comparison::Equal, literals),
        Condition::Null(column, there) => match column.as_str() {
            "n" | "t" | "l" | "id" => Some(value(column).is_some() == *there),
            _ => None,
        },
    }
}

/// A table with missing values in every column.
fn table() -> Catalogue {
    let mut text = String::from("id,t,n,l\nfirst,x,1,x|y\n");
    for at in 0..60 {
        let n = [String::new(), "-1".into(), "0".into(), "-0".into(), "0.5".into(), "1.5".into()];
        let t = ["", "a", "b", "ab", "c"];
        let l = ["", "a", "a|b", "b|ca", "c|c", "|"];
        text += &format!("{at},{},{},{}\n", t[at % 5], n[at % 6], l[at * 7 % 6]);
    }
    catalogue(&text)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn what_is_displayed_is_parsed_again(condition in conditions(name().boxed(), literal().boxed())) {
        let filter = Filter(condition);
        let text = filter.to_string();
        prop_assert_eq!(Filter::parse(&text).map_err(|e| TestCaseError::fail(format!("{text}: {e}")))?, filter);
    }

    #[test]
    fn a_plain_reading_row_by_row_agrees(
        condition in conditions(
            prop::sample::select(vec!["n", "t", "l", "id"]).prop_map(String::from).boxed(),
            prop_oneof![
                (-3i8..4).prop_map(|n| Literal::Number(f64::from(n) / 2.0)),
                "[a-c0-9]{0,2}".prop_map(Literal::Text),
            ].boxed(),
        )
    ) {
        let table = table();
        let naive: Option<Vec<bool>> =
            table.ids().names().map(|id| naive(&condition, &table, id)).collect();
        let filter = Filter(condition);
        match (naive, table.matching(&filter, table.ids())) {
            (Some(holds), Ok(items)) => {
                let expected: Vec<u32> = (0u32..).zip(holds).filter(|(_, h)| *h).map(|(i, _)| i).collect();
                prop_assert_eq!(items, expected);
            }
            (None, Err(_)) => {}
            (naive, found) => prop_assert!(false, "{filter}: {naive:?}, {found:?}"),
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in any::<String>(), words in prop::collection::vec(
        prop::sample::select(vec!["a", "not", "in", "(", ")", ",", "=", "<", "'x'", "1", "is", "null", "or", "and", "`", "-"]), 0..12)) {
        let _ = Filter::parse(&text);
        let _ = Filter::parse(&words.join(" "));
    }
}
