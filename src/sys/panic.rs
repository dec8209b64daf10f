//! What a fault in the program itself looks like from outside.

use super::say;

/// From now on a panic says one line on stderr: where it was, and what `follows` from it.
///
/// The standard library's own message has three. Only for programs that can panic: a call of
/// this links the machinery that tells where.
pub fn report_panics_in_one_line(follows: &'static str) {
    std::panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map_or_else(String::new, ToString::to_string);
        say(&[b"internal error at ", place.as_bytes(), b"; ", follows.as_bytes()]);
    }));
}
