//! Whether it is known who supervises services here.

use super::finding::Finding;
use super::host::Host;

pub(super) fn check(host: &Host) -> Vec<Finding> {
    if !host.supervisors.all().is_empty() {
        return Vec::new();
    }
    let words = "neither Upstart nor systemd, runit or s6 was found: what they know of services is \
                 not looked at";
    vec![Finding::unknown("init", words).advised("ps -p 1 -o comm=  # who is init here?")]
}

#[cfg(test)]
mod tests {
    use super::super::testing::host;
    use super::*;
    use crate::host_supervisors::HostSupervisors;

    #[test]
    fn a_host_without_any_is_not_known() {
        let host = Host { supervisors: HostSupervisors::default(), ..host() };
        assert_eq!(check(&host).len(), 1);
    }
}
