//! The command `upstart-crash`. See `cli`.

fn main() {}
