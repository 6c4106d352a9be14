//! Times as they occur in practice, and the rows or error messages expected for each.

use super::ReadOptions;
use super::messy::{notes, refused, rows, rows_with, table};

#[test]
fn times_are_read_as_they_are_meant_or_refused() {
    for (time, expected) in [
        ("20190131", 1_548_892_800),
        ("20190131120000", 1_548_936_000),
        ("201901311200", 1_548_936_000),
        ("2019-01-31 12", 1_548_936_000),
        ("31.01.2019 12:00", 1_548_936_000),
        ("Thu Jan 31 12:00:00 2019", 1_548_936_000),
        ("2019", 1_546_300_800),
        ("201901", 1_546_300_800),
        ("2019-01", 1_546_300_800),
    ] {
        let found = rows(&format!("user,item,time\na,x,{time}\n"));
        assert_eq!(found, [format!("a x 1 {expected}")]);
    }
    let us = "user,item,time\na,x,01/31/2019\n";
    assert!(refused(us).contains("give it: `time_format` = %m/%d/%Y (or"), "{}", refused(us));
    for (time, format) in [
        ("29-01-2021 07:01", "\"%d-%m-%Y %H:%M\""),
        ("1/31/2021 7:01 AM", "\"%m/%d/%Y %I:%M %p\""),
        ("31-01-21", "%d-%m-%y or %y-%m-%d"),
        ("3. März 2012", "%d/%m/%Y"),
    ] {
        let told = refused(&format!("user,item,time\na,x,{time}\nb,y,{time}\n"));
        assert!(told.starts_with("t:2:"), "{told}");
        assert!(told.contains(&format!("`time_format` = {format}")), "{told}");
    }
    // A time of day stands beside a date.
    let two = "user,item,date,time\na,x,2019-01-31,07:01:05\nb,y,2019-02-01,08:01:05\n";
    assert_eq!(rows(two)[0], "a x 1 1548892800");
    assert!(notes(two).contains("ignored: `time` (times in a notation"), "{}", notes(two));
    // Spans of time are no points in time.
    let spans = "user,item,dwell_time\na,x,5\nb,y,3\n";
    assert_eq!(rows(spans), ["a x 5", "b y 3"]);
    assert!(notes(spans).contains("`dwell_time` holds spans of time"), "{}", notes(spans));
    let both = "user,item,watch_time,event_time\na,x,5,1548892800\nb,y,3,1548892801\n";
    assert_eq!(rows(both), ["a x 1 1548892800", "b y 1 1548892801"]);
    assert!(notes(both).contains("ignored: `watch_time` (numbers)"), "{}", notes(both));
    let rated = "user,item,rating,watch_time\na,x,4,5\nb,y,2,3\n";
    assert_eq!(rows(rated), ["a x 4", "b y 2"]);
    assert!(notes(rated).contains("ignored: `watch_time` (numbers)"), "{}", notes(rated));
    let time_format = Some("%m/%d/%Y".to_owned());
    let told = ReadOptions { time_format, ..ReadOptions::default() };
    assert_eq!(rows_with(us, &told), ["a x 1 1548892800"]);
    let wrong = table("user,item,time\na,x,31/01/2019\n", &told).unwrap_err();
    assert!(wrong.contains("\"31/01/2019\" does not match \"%m/%d/%Y\""), "{wrong}");
}

#[test]
fn days_of_a_spreadsheet_are_asked_for() {
    let days = "user,item,date\na,x,43586.5\nb,y,43587\n";
    let told = refused(days);
    assert!(told.contains("such as 43586") && told.contains("`time_format` = excel"), "{told}");
    let with =
        |unit: &str| ReadOptions { time_format: Some(unit.into()), ..ReadOptions::default() };
    assert_eq!(rows_with(days, &with("excel")), ["a x 1 1556712000", "b y 1 1556755200"]);
    assert_eq!(rows_with(days, &with("s")), ["a x 1 43586", "b y 1 43587"]);
    let ms = "user,item,time\na,x,1556712000123\n";
    assert_eq!(rows_with(ms, &with("ms")), ["a x 1 1556712000"]);
    let said = table(ms, &with("ms")).unwrap().report.to_string();
    assert!(said.contains("time=`time` (unix ms)"), "{said}");
    let wrong = table("user,item,time\na,x,May\n", &with("ms")).unwrap_err();
    assert!(wrong.contains("\"May\" is not a number; times are numbers here (unix ms)"), "{wrong}");
}

#[test]
fn the_unit_is_that_of_most_times_and_the_others_are_told() {
    let millis = |last: &str| {
        let rows: String = (0..20).map(|n| format!("a,x{n},15567120000{n:02}\n")).collect();
        format!("user,item,time\n{rows}b,y,{last}\n")
    };
    let end = rows(&millis("253402214400000"));
    assert_eq!((end[0].as_str(), end[20].as_str()), ("a x0 1 1556712000", "b y 1 253402214400"));
    let told = notes(&millis("253402214400000"));
    assert!(told.contains("1 of 21 times lies before 1980 or after 2100"), "{told}");
    let told = notes(&millis("1556712000"));
    let unfit = "1 time does not fit Unix milliseconds, such as 1556712000, and counts as missing";
    assert!(told.contains(unfit), "{told}");
    assert!(!told.contains("before 1980"), "{told}");
    let counters = notes("user,item,time\na,x,1\nb,y,2\n");
    assert!(counters.contains("All times lie before 1980"), "{counters}");
}

#[test]
fn years_of_two_digits_are_refused() {
    for (time, format) in [("01.02.21", "%d.%m.%y"), ("21-02-01 07:00", "%y-%m-%d %H:%M")] {
        let text = format!("user,item,time\na,x,{time}\n");
        let told = refused(&text);
        assert!(told.contains("a year of two digits") && told.contains(&format[..8]), "{told}");
        let given = ReadOptions { time_format: Some(format.into()), ..ReadOptions::default() };
        assert!(rows_with(&text, &given)[0].starts_with("a x 1 16121"), "{time}");
    }
    let old = notes("user,item,time\na,x,1700-01-01\nb,y,2021-01-01\n");
    assert!(old.contains("1 of 2 times lies before 1980"), "{old}");
}

#[test]
fn notations_of_dates_are_named() {
    for (times, name) in [
        (["31.01.2021 07:01", "1.2.2021"], "(dd.mm.yyyy)"),
        (["2021-01-31", "2021-02-01T12:00:00Z"], "(ISO 8601)"),
        (["Thu Jan 31 12:00:00 2019", "Fri Feb 01 12:00:00 2019"], "(dates with names of months)"),
        (["31-Jan-2019", "Feb 1, 2019 7:01 PM"], "(dates with names of months)"),
        (["2021/01/31", "2021.02.01 07:01:02"], "(year, month, day)"),
        (["01 31, 2021", "02 1, 2021"], "(mm dd, yyyy)"),
        (["2021-01-31", "1.2.2021"], "(dates in several notations)"),
    ] {
        let [one, two] = times;
        let csv = format!("user\titem\ttime\na\tx\t{one}\nb\ty\t{two}\n");
        let row = |user: &str, time: &str| {
            format!("{{\"user\":\"{user}\",\"item\":\"x\",\"time\":\"{time}\"}}\n")
        };
        for text in [csv, row("a", one) + &row("b", two)] {
            let report = table(&text, &ReadOptions::default()).unwrap().report.to_string();
            assert!(report.contains(name), "{report}");
        }
    }
}

#[test]
fn names_of_time_zones_are_read_with_a_note_or_not_at_all() {
    let with = |zone: &str| format!("user,item,time\na,x,Tue Apr 03 20:17:05 {zone} 2012\n");
    assert_eq!(rows(&with("PDT")), ["a x 1 1333509425"]);
    let told = notes(&with("PDT"));
    assert!(told.contains("1 of 1 times name their time zone, such as PDT"), "{told}");
    assert_eq!(rows(&with("UTC")), ["a x 1 1333484225"]);
    assert!(!notes(&with("UTC")).contains("zone"));
    assert!(refused(&with("CEST")).contains("= \"%a %b %d %H:%M:%S %Z %Y\""));
    let format = Some("%a %b %d %H:%M:%S %Z %Y".to_owned());
    let told = ReadOptions { time_format: format, ..ReadOptions::default() };
    let report = table(&with("CEST"), &told).unwrap().report.to_string();
    assert!(report.contains("all times count as UTC"), "{report}");
}

#[test]
fn marks_are_missing_times() {
    for mark in [
        "NULL",
        "\\N",
        "NA",
        "NaT",
        "None",
        "nan",
        "-",
        "null",
        "n/a",
        "0000-00-00",
        "0000-00-00 00:00:00",
        "00/00/0000",
        "0",
        "",
    ] {
        let content =
            format!("user,item,date\nann,tea,2021-01-31\nbob,jam,{mark}\nbob,tea,2021-02-01\n");
        let found = table(&content, &ReadOptions::default()).expect(mark);
        let times = found.interactions.time.expect("times");
        assert_eq!(times, [1_612_051_200, crate::data::NO_TIME, 1_612_137_600], "{mark}");
        assert_eq!(found.report.empty_times, 1, "{mark}");
        assert!(found.report.notes.join("").contains("1 of 3 rows has no time"), "{mark}");
    }
    let told = ReadOptions { time_format: Some("%d/%m/%Y".into()), ..Default::default() };
    let content = "user,item,date\nann,tea,31/01/2021\nbob,jam,NULL\n";
    assert_eq!(table(content, &told).expect("dates").report.empty_times, 1);
    let told = refused("user,item,date\nann,tea,2021-01-31\nbob,jam,7\nbob,tea,0\n");
    assert!(told.contains("holds 1 date and 2 numbers"), "{told}");
    // SAS counts seconds from 1960.
    let told = notes("user,item,time\nann,tea,4000000000\nbob,jam,4000000000\n");
    assert!(told.contains("2 of 2 times lie in the future (up to 2096-"), "{told}");
}
