//! The command `upstart-crash`.
