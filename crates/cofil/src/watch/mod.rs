//! Progress events of long work, and how to stop it.
//!
//! [`Watch::during`] puts work under a watch: the watch receives events about everything the library does inside, on
//! any thread, and can stop it. A watch is optional.
//!
//! ```
//! use cofil::watch::{Event, Watch};
//! use cofil::{Algorithm, Ials, Ratings, Recommender, Run};
//! use std::ops::ControlFlow;
//!
//! let ratings = Ratings::from_triples([("ann", "tea", 1.0), ("bob", "tea", 1.0), ("bob", "jam", 1.0)])?;
//! let (ials, mut epochs) = (Algorithm::Ials(Ials { epochs: 3, ..Ials::default() }), 0);
//! let watch = Watch::new(|event| {
//!     epochs += usize::from(matches!(event, Event::Epoch { .. }));
//!     ControlFlow::Continue(())
//! });
//! watch.during(|| Recommender::train(&ials, &ratings, &Run::default()))?;
//! drop(watch);
//! assert_eq!(epochs, 3);
//! # Ok::<(), cofil::Error>(())
//! ```
//!
//! A [`Stop`] ends the work at its next piece: the threads unwind, incomplete files are removed, and `during` returns
//! [`Error::Stopped`](crate::Error::Stopped). Returning `Break` for an event is gentler: the work ends where it has a
//! result, such as training after an epoch.

mod context;
mod event;
mod stage;

pub(crate) use context::Context;
#[cfg(any(feature = "arrow", feature = "tune"))]
pub(crate) use context::unless_stopped;
pub use context::{Stop, Watch, check, tell};
pub use event::{Epoch, Event, Judged, Loss, Measured, Trial};
pub use stage::{Stage, stage};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Error, Result};
    use crate::math::parallel;
    use std::ops::ControlFlow;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn a_stop_ends_work_on_all_threads() {
        let stop = Stop::default();
        let watch = Watch::default().with_stop(stop.clone());
        let done = AtomicUsize::new(0);
        let work = || {
            parallel::map(1000, 1, |_| {
                // Nested pieces are under the watch too.
                parallel::map(10, 1, |_| done.fetch_add(1, Ordering::Relaxed));
                stop.ask();
            });
            Ok(())
        };
        assert!(matches!(watch.during(work), Err(Error::Stopped)));
        assert!(done.load(Ordering::Relaxed) < 10_000);
        assert!(Watch::default().during(|| Ok(parallel::map(3, 1, |_| ()))).is_ok());
    }

    #[test]
    fn stages_are_told_from_any_thread_and_panics_stay_panics() {
        let mut heard = Vec::new();
        let watch = Watch::new(|event| {
            if let Event::Stage { name, done, of } = *event {
                heard.push((name.to_owned(), done, of));
            }
            ControlFlow::Continue(())
        });
        let counted = watch.during(|| {
            let stage = stage("counting", 7);
            parallel::map(7, 1, |range| stage.add(range.len()));
            Ok(())
        });
        counted.unwrap();
        let panicked =
            catch_unwind(AssertUnwindSafe(|| watch.during(|| -> Result<()> { panic!("no") })));
        assert!(panicked.is_err());
        drop(watch);
        assert_eq!(heard.first(), Some(&("counting".into(), 0, Some(7))));
        assert_eq!(heard.last(), Some(&("counting".into(), 7, Some(7))));
    }

    #[test]
    fn an_inner_watch_hears_and_has_the_outer_stop() {
        let (mut outer, mut inner) = (0, 0);
        let stop = Stop::default();
        let count = |counter: &mut usize| {
            *counter += 1;
            ControlFlow::Break(())
        };
        let heard = Watch::new(|_| count(&mut outer)).with_stop(stop.clone()).during(|| {
            let event = Event::Stage { name: "a", done: 0, of: None };
            assert!(tell(&event).is_break());
            let inside = Watch::new(|_| count(&mut inner)).during(|| {
                assert!(tell(&event).is_break() && tell(&event).is_break());
                stop.ask();
                check();
                Ok(())
            });
            assert!(matches!(inside, Err(Error::Stopped)));
            Ok(())
        });
        heard.unwrap();
        assert_eq!((outer, inner), (1, 2));
    }
}
