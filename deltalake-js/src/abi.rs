//! The C ABI that `js/wasm/` speaks: an instance holds one [`Session`], a call returns a status,
//! and its answer stays in place until the next call.

use std::cell::RefCell;

use bytes::Bytes;

use crate::answer::Answer;
use crate::panic;
use crate::session::Session;

struct Instance {
    session: Session,
    answer: Vec<u8>,
}

thread_local! {
    static INSTANCE: RefCell<Instance> = RefCell::new({
        panic::keep_message();
        Instance { session: Session::new(), answer: Vec::new() }
    });
}

fn call(act: impl FnOnce(&mut Session) -> Answer) -> u32 {
    INSTANCE.with_borrow_mut(|instance| {
        let (status, bytes) = act(&mut instance.session).into_parts();
        instance.answer = bytes;
        status
    })
}

/// Room for bytes of the host, which go back in with a call. Null when memory is full.
#[unsafe(no_mangle)]
pub extern "C" fn room(length: usize) -> *mut u8 {
    let mut bytes = Vec::new();
    match bytes.try_reserve_exact(length) {
        Ok(()) => std::mem::ManuallyDrop::new(bytes).as_mut_ptr(),
        Err(_) => std::ptr::null_mut(),
    }
}

/// Takes back what [`room`] gave.
///
/// # Safety
/// `start` is from [`room`] with this very length, filled by the host, and not taken before.
unsafe fn filled(start: *mut u8, length: usize) -> Vec<u8> {
    unsafe { Vec::from_raw_parts(start, length, length) }
}

/// # Safety
/// Both pairs are as [`filled`] asks.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn put(
    manifest: *mut u8,
    manifest_length: usize,
    bytes: *mut u8,
    length: usize,
) -> u32 {
    let manifest = unsafe { filled(manifest, manifest_length) };
    let bytes = Bytes::from(unsafe { filled(bytes, length) });
    call(|session| session.put(&manifest, bytes))
}

#[unsafe(no_mangle)]
pub extern "C" fn open() -> u32 {
    call(Session::open)
}

#[unsafe(no_mangle)]
pub extern "C" fn open_files(with_stats: u32) -> u32 {
    call(|session| session.open_files(with_stats != 0))
}

#[unsafe(no_mangle)]
pub extern "C" fn next_files(reader: u32) -> u32 {
    call(|session| session.next_files(reader))
}

#[unsafe(no_mangle)]
pub extern "C" fn close_files(reader: u32) {
    INSTANCE.with_borrow_mut(|instance| instance.session.close_files(reader));
}

/// # Safety
/// The pair is as [`filled`] asks.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn deleted_rows(descriptor: *mut u8, length: usize) -> u32 {
    let descriptor = unsafe { filled(descriptor, length) };
    call(|session| session.deleted_rows(&descriptor))
}

#[unsafe(no_mangle)]
pub extern "C" fn answer_start() -> *const u8 {
    INSTANCE.with_borrow(|instance| instance.answer.as_ptr())
}

#[unsafe(no_mangle)]
pub extern "C" fn answer_length() -> usize {
    INSTANCE.with_borrow(|instance| instance.answer.len())
}

/// Works after a trap too: nothing is borrowed here.
#[unsafe(no_mangle)]
pub extern "C" fn panic_start() -> *const u8 {
    panic::message().0
}

#[unsafe(no_mangle)]
pub extern "C" fn panic_length() -> usize {
    panic::message().1
}
