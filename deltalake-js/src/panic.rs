//! A panic aborts the instance; its words are kept where the host can still read them.

use std::cell::RefCell;

thread_local! {
    static MESSAGE: RefCell<String> = const { RefCell::new(String::new()) };
}

pub fn keep_message() {
    std::panic::set_hook(Box::new(|panic| {
        MESSAGE.with_borrow_mut(|message| *message = panic.to_string());
    }));
}

/// Where the words of the last panic are.
pub fn message() -> (*const u8, usize) {
    MESSAGE.with_borrow(|message| (message.as_ptr(), message.len()))
}
