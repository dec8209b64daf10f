//! `supervise/status` as runit 2.1.2 and s6 2.11.3 wrote it: the situation, the bytes, the meaning.

pub(super) const RECORDED: &[(&str, &str, &str)] = &[
    ("runit: exit 3", "400000006b02244f35d541f46923000000750002", "up, finish 9065"),
    ("runit: it waits a second", "400000006b0224501c0931540000000000750000", "up, nothing"),
    ("runit: sv down", "400000006b02245910468ac4025b000000640002", "down, finish 23298"),
    ("runit: sv restart", "400000006b02245d1ad1229c786d000000750002", "up, finish 28024"),
    ("runit: sv once", "400000006b0224701ab62474eb54000000640001", "down, main 21739"),
    ("runit: a stop goes on", "400000006b022474166d57349d68000000640101", "down, main 26781"),
    (
        "s6: exit 3",
        "400000006b02246b188844fc400000006b02246a38b7e4980000000000002398030006",
        "up, finish 9112, ended 0x300",
    ),
    (
        "s6: SEGV",
        "400000006b02246c2e946aa1400000006b02246c18be52ab000000000000292d000b06",
        "up, finish 10541, ended 0xb",
    ),
    (
        "s6: s6-svc -d",
        "400000006b022470220763db400000006b02246f0985ab5a0000000000003c3f000f02",
        "down, finish 15423, ended 0xf",
    ),
    (
        "s6: s6-svc -o",
        "400000006b02247835b1129b400000006b02247826e27ede0000000000006c46000000",
        "down, main 27718, ended 0x0",
    ),
    (
        "s6: finish ended with 125",
        "400000006b02247b24225f86400000006b02247b2b07b2640000000000000000030008",
        "down, nothing, ended 0x300",
    ),
];

/// The bytes that `hex` spells.
pub(super) fn bytes(hex: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(digit).collect()
}
