//! Out-of-memory handling.

#![cfg(unix)]
#![allow(unsafe_code, reason = "an allocator")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

/// The system allocator, except that running out of memory ends the process with a message instead of an abort.
struct Allocator;

// SAFETY: every call is forwarded to the system allocator; a null pointer is never returned.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promises.
        given(unsafe { System.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promises.
        given(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as the caller promises.
        given(unsafe { System.realloc(at, layout, size) }, size)
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(at, layout) }
    }
}

fn given(at: *mut u8, size: usize) -> *mut u8 {
    if at.is_null() {
        end(size);
    }
    at
}

/// Memory for the clean-up when nothing else is left.
static RESERVE: AtomicPtr<u8> = AtomicPtr::new(std::ptr::null_mut());
const RESERVED: Layout = Layout::new::<[u8; 1 << 18]>();

/// Sets memory aside for the clean-up.
pub fn reserve() {
    // SAFETY: the layout is not empty.
    RESERVE.store(unsafe { System.alloc(RESERVED) }, Ordering::Release);
}

/// Whether the process ends already.
static ENDING: AtomicBool = AtomicBool::new(false);

/// Ends the process with a message. Must not take a lock the thread may hold, and allocates only from the reserve.
#[cold]
fn end(size: usize) -> ! {
    if !ENDING.swap(true, Ordering::AcqRel) {
        let reserve = RESERVE.swap(std::ptr::null_mut(), Ordering::AcqRel);
        if !reserve.is_null() {
            // SAFETY: it was allocated with this layout, and nobody else has it.
            unsafe { System.dealloc(reserve, RESERVED) };
            cofil::store::remove_unfinished();
        }
    }
    let mut text = [0u8; 256];
    let mut rest = &mut text[..];
    // It fits.
    let _ = writeln!(
        rest,
        "\nerror: out of memory: the system refused another {:.1} MB; \
         use less data or fewer threads, lower sizes such as `factors` if it trains, or raise the limit (ulimit -v, the \
         container's)",
        size as f64 / 1e6
    );
    let unused = rest.len();
    let length = text.len() - unused;
    // SAFETY: the first `length` bytes of the text are initialised; leaving at once runs no other code of the process.
    unsafe {
        libc::write(2, text.as_ptr().cast(), length);
        libc::_exit(1)
    }
}
