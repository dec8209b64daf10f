//! The command `upstart-crash`. See `cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    upstart_monitor::cli::main()
}
