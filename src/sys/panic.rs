//! What a fault in the program itself looks like from outside.

use super::last_act::leave;
use super::say;

/// From now on a panic says one line on stderr, where it was and what `follows` from it, and the
/// process exits 0.
///
/// The standard library would say three lines, and abort. Only for programs that can panic: a call
/// of this links the machinery that tells where.
pub fn exit_on_panic(follows: &'static str) {
    std::panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map_or_else(String::new, ToString::to_string);
        say(&[b"internal error at ", place.as_bytes(), b"; ", follows.as_bytes()]);
        leave()
    }));
}
