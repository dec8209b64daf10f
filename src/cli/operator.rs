//! Who types.

use nix::unistd::{User, geteuid};

/// Who is at the keyboard: who used sudo, else the user of this process.
pub(super) fn name() -> String {
    let sudo = std::env::var("SUDO_USER").ok().filter(|name| !name.is_empty());
    let user = || User::from_uid(geteuid()).ok().flatten().map(|user| user.name);
    sudo.or_else(user).unwrap_or_else(|| format!("uid {}", geteuid()))
}
