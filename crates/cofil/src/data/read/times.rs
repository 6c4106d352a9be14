//! Unit of the numbers in a time column. The majority decides, so an outlier does not change the others.

use super::report::TimeUnit;
use super::stamp::spelt_seconds;
use crate::data::NO_TIME;

/// Of ten numbers, this many must look like years, dates or spreadsheet days, because all of these could also be
/// seconds.
const MOST: u64 = 9;
/// Numbers that can be years.
const YEARS: std::ops::RangeInclusive<i64> = 1900..=2100;
/// Days from 1970 to 2100, as counted in spreadsheets.
const SHEET_DAYS: std::ops::RangeInclusive<i64> = 25_569..=73_415;
/// Ticks of .NET, of 100 nanoseconds since the year 1, in the years 1990 to 2040. As nanoseconds, they are all in the
/// months around the first of these years.
const TICKS: std::ops::Range<i64> = 627_667_488_000_000_000..643_445_856_000_000_000;
/// Seconds of the years 1995 to 2100.
const LATELY: std::ops::Range<i64> = 788_918_400..4_102_444_800;
/// The last second of the year 9999, which often means "no end".
const LAST: i64 = 253_402_300_799;

/// Units of unix times, and the number of units per second.
const UNITS: [(TimeUnit, i64); 4] = [
    (TimeUnit::Seconds, 1),
    (TimeUnit::Milliseconds, 1_000),
    (TimeUnit::Microseconds, 1_000_000),
    (TimeUnit::Nanoseconds, 1_000_000_000),
];

/// Result for a column of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Numbers {
    pub unit: TimeUnit,
    /// Numbers that are not times in this unit, and the first of them.
    pub unfit: u64,
    pub first_unfit: i64,
}

/// Returns whether `number` is a unix time of the years 1995 to 2100, in any unit; ids and counts rarely are.
pub(super) fn is_unix_time(number: i64) -> bool {
    UNITS.iter().any(|(_, per_second)| LATELY.contains(&(number / per_second)))
}

/// Converts `times`, which are numbers or [`NO_TIME`], to seconds; numbers that are not times in their unit become
/// [`NO_TIME`]. The error is a message about the column `name`.
pub(super) fn to_seconds(
    times: &mut [i64],
    told: Option<TimeUnit>,
    name: &str,
) -> Result<Numbers, String> {
    let unit = match told {
        Some(unit) => unit,
        None => unit_of(times, name)?,
    };
    let mut numbers = Numbers { unit, unfit: 0, first_unfit: 0 };
    for time in times.iter_mut().filter(|time| **time != NO_TIME) {
        let number = *time;
        *time = seconds(number, unit, told.is_some()).unwrap_or_else(|| {
            if numbers.unfit == 0 {
                numbers.first_unfit = number;
            }
            numbers.unfit += 1;
            NO_TIME
        });
    }
    Ok(numbers)
}

/// Converts `number` to seconds since 1970; `None` if it is not a time in this unit.
fn seconds(number: i64, unit: TimeUnit, told: bool) -> Option<i64> {
    match unit {
        TimeUnit::Spelt => return spelt_seconds(number),
        TimeUnit::Years if !YEARS.contains(&number) => return None,
        // The first day of the year, as a month number.
        TimeUnit::Years => return spelt_seconds(number * 100 + 1),
        _ => {}
    }
    let per_second = UNITS.iter().find(|(of, _)| *of == unit).map_or(1, |(_, n)| *n);
    let seconds = number.div_euclid(per_second);
    // A number that would be a recent time in another unit does not have this unit.
    let foreign = !told && !LATELY.contains(&seconds) && is_unix_time(number);
    (seconds <= LAST && !foreign).then_some(seconds)
}

/// Number of numbers of each kind.
#[derive(Default)]
struct Votes {
    all: u64,
    years: u64,
    days: u64,
    spelt: u64,
    ticks: u64,
    units: [u64; UNITS.len()],
}

impl Votes {
    fn add(&mut self, number: i64) {
        self.all += 1;
        self.years += u64::from(YEARS.contains(&number));
        self.days += u64::from(SHEET_DAYS.contains(&number));
        self.spelt += u64::from(spelt_seconds(number).is_some());
        self.ticks += u64::from(TICKS.contains(&number));
        // Seconds reach 100 billion only in the year 5138.
        let place = match number.unsigned_abs() {
            0..100_000_000_000 => 0,
            100_000_000_000..100_000_000_000_000 => 1,
            100_000_000_000_000..100_000_000_000_000_000 => 2,
            _ => 3,
        };
        self.units[place] += 1;
    }

    fn most(&self, votes: u64) -> bool {
        votes > 0 && 10 * votes >= MOST * self.all
    }
}

/// Returns the unit of most `times`. Zeros and negative numbers, which often mean a missing time, only count if there
/// are no others.
fn unit_of(times: &[i64], name: &str) -> Result<TimeUnit, String> {
    let mut votes = Votes::default();
    let known = || times.iter().copied().filter(|&time| time != NO_TIME);
    known().filter(|&time| time > 0).for_each(|time| votes.add(time));
    if votes.all == 0 {
        known().for_each(|time| votes.add(time));
    }
    if votes.most(votes.spelt) {
        return Ok(TimeUnit::Spelt);
    }
    if votes.most(votes.years) {
        return Ok(TimeUnit::Years);
    }
    if votes.most(votes.days) {
        return Err(format!(
            "{name} holds numbers such as {}, which may be spreadsheet days or something else: set the unit \
             (`time_format` = excel, or s for seconds), or read no times (`time` = none)",
            known().find(|time| SHEET_DAYS.contains(time)).unwrap_or_default()
        ));
    }
    if votes.most(votes.ticks) {
        return Err(format!(
            "{name} holds numbers such as {}, which may be ticks of .NET: write unix seconds, or say that they are \
             nanoseconds (`time_format` = ns), or read no times (`time` = none)",
            known().find(|time| TICKS.contains(time)).unwrap_or_default()
        ));
    }
    let mut best = 0;
    for place in 1..UNITS.len() {
        if votes.units[place] > votes.units[best] {
            best = place;
        }
    }
    Ok(UNITS[best].0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(times: &[i64], told: Option<TimeUnit>) -> Result<(TimeUnit, u64, Vec<i64>), String> {
        let mut times = times.to_vec();
        let numbers = to_seconds(&mut times, told, "time")?;
        Ok((numbers.unit, numbers.unfit, times))
    }

    #[test]
    fn most_numbers_tell_the_unit() {
        const S: i64 = 1_546_300_800;
        let (ms, us, ns) = (1_000, 1_000_000, 1_000_000_000);
        for (times, unit, unfit, first) in [
            (&[S, S + 1][..], TimeUnit::Seconds, 0, S),
            (&[S * ms, S * ms + 999], TimeUnit::Milliseconds, 0, S),
            (&[S * us, 0], TimeUnit::Microseconds, 0, S),
            (&[S * ns, NO_TIME], TimeUnit::Nanoseconds, 0, S),
            // The end of the year 9999 among milliseconds, and among seconds.
            (&[S * ms, S * ms, 253_402_214_400_000], TimeUnit::Milliseconds, 0, S),
            (&[S, S, LAST], TimeUnit::Seconds, 0, S),
            // A number in another unit than the others.
            (&[S, S, S * ms], TimeUnit::Seconds, 1, S),
            (&[S * ms, S * ms, S], TimeUnit::Milliseconds, 1, S),
            (&[S * us, S * us, S * ms], TimeUnit::Microseconds, 1, S),
            (&[2019, 2018], TimeUnit::Years, 0, S),
            (&[2019, 0, -1], TimeUnit::Years, 2, S),
            (&[201_901], TimeUnit::Spelt, 0, S),
            (&[201_901_010_000], TimeUnit::Spelt, 0, S),
            (&[20_190_101, 20_190_101_000_001], TimeUnit::Spelt, 0, S),
            (&[20_190_101, 0], TimeUnit::Spelt, 1, S),
            (&[5, 100, 200], TimeUnit::Seconds, 0, 5),
            (&[-5, 0], TimeUnit::Seconds, 0, -5),
            (&[], TimeUnit::Seconds, 0, 0),
        ] {
            let (found, bad, seconds) = read(times, None).unwrap();
            assert_eq!((found, bad), (unit, unfit), "{times:?}");
            assert_eq!(seconds.first().copied().unwrap_or_default(), first, "{times:?}");
            let none = times.iter().filter(|&&time| time == NO_TIME).count() as u64 + unfit;
            let empty = seconds.iter().filter(|&&time| time == NO_TIME).count() as u64;
            assert_eq!(empty, none, "{times:?}");
        }
        // Row numbers are neither years nor days.
        let rows: Vec<i64> = (0..100_000).collect();
        assert_eq!(read(&rows, None).unwrap().0, TimeUnit::Seconds);
    }

    #[test]
    fn days_of_a_spreadsheet_are_asked_for() {
        let told = read(&[43_586, 43_590, 0], None).unwrap_err();
        assert!(told.contains("such as 43586") && told.contains("`time_format` = excel"), "{told}");
        let seconds = read(&[43_586], Some(TimeUnit::Seconds)).unwrap();
        assert_eq!(seconds, (TimeUnit::Seconds, 0, vec![43_586]));
        assert_eq!(read(&[2019], Some(TimeUnit::Milliseconds)).unwrap().2, [2]);
        let told = read(&[636_844_896_000_000_000, 0], None).unwrap_err();
        assert!(told.contains("ticks of .NET") && told.contains("`time_format` = ns"), "{told}");
    }
}
