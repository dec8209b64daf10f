use super::*;
use proptest::prelude::*;

const BOUNDS: Bounds = Bounds { lines: 3, bytes: 64 * 1024 };

#[test]
fn lines_are_what_stands_between_line_feeds() {
    let table: [(&[u8], bool, &[&str], bool); 16] = [
        (b"", false, &[], false),
        (b"\n", false, &[""], false),
        (b"one\r\ntwo\r\n", false, &["one", "two"], false),
        (b"one\n\r\n\nfour", false, &["", "", "four"], true),
        (b"one\ntwo\nthree\nfour\n", false, &["two", "three", "four"], true),
        (b"a program's own\r\r\n", false, &["a program's own"], false),
        (b"10%\r20%\r30%\r\n", false, &["10%\r20%\r30%"], false),
        (b"last words", false, &["last words"], false),
        (b"\r\n\r\n", false, &["", ""], false),
        (b"caf\xe9 \xff\n", false, &["caf\u{fffd} \u{fffd}"], false),
        (b"\x1b[31mred\x1b[0m \0 \x07\n", false, &["\u{1b}[31mred\u{1b}[0m \0 \u{7}"], false),
        ("caf\u{e9} \u{2603}\n".as_bytes(), false, &["caf\u{e9} \u{2603}"], false),
        (b"ginning lost\nwhole\n", true, &["[...]ginning lost", "whole"], true),
        (b"one endless line", true, &["[...]one endless line"], true),
        (b"\n", true, &["[...]"], true),
        // A character's beginning may be lost, too.
        (b"\xa9 torn\n", true, &["[... more than 1 bytes ...] torn"], true),
    ];
    for (bytes, is_cut, lines, is_less) in table {
        let shown = String::from_utf8_lossy(bytes);
        let expected = (lines.iter().map(|line| (*line).to_owned()).collect(), is_less);
        assert_eq!(last(bytes, is_cut, BOUNDS), expected, "{shown:?}");
    }
}

#[test]
fn of_a_long_line_beginning_and_end_are_shown() {
    let one = |bytes: &[u8], is_cut| {
        let (lines, is_less) = last(bytes, is_cut, BOUNDS);
        assert!(is_less && lines.len() == 1, "{lines:?}");
        lines.concat()
    };
    let (x, y) = ("x".repeat(PART), "y".repeat(PART));
    let longest = format!("{x}{y}");
    assert_eq!(last(longest.as_bytes(), false, BOUNDS), (vec![longest.clone()], false));
    assert_eq!(one(format!("{x}-{y}").as_bytes(), false), format!("{x}[... 1 bytes ...]{y}"));
    let long = format!("{x}{}{y}\r\n", "-".repeat(1_000_000));
    assert_eq!(one(long.as_bytes(), false), format!("{x}[... 1000000 bytes ...]{y}"));
    let end = format!("{}{y}", "y".repeat(PART));
    assert_eq!(
        one(format!("-{end}").as_bytes(), true),
        format!("[... more than 1 bytes ...]{end}")
    );

    let snow = "\u{2603}".repeat(1000);
    let whole = "\u{2603}".repeat(PART / 3);
    let cut = 3 * (1000 - 2 * (PART / 3));
    assert_eq!(one(snow.as_bytes(), false), format!("{whole}[... {cut} bytes ...]{whole}"));
    let zeros = [&[0; 5000][..], b"behind a hole"].concat();
    assert_eq!(one(&zeros, false), "[... 5000 bytes ...]behind a hole");
    assert_eq!(one(&[0; 5000], false), "[... 5000 bytes ...]");
}

#[test]
fn the_text_is_bounded_even_where_each_byte_becomes_three() {
    let bytes = [&[0xff; 1000][..], b"\n"].concat().repeat(10);
    let (lines, is_less) = last(&bytes, false, Bounds { lines: 50, bytes: 10_000 });
    assert_eq!((lines.len(), is_less), (3, true));
}

proptest! {
    #[test]
    fn short_lines_are_those_of_the_standard_library(
        words in proptest::collection::vec("[a-z \u{2603}]{0,40}", 0..9),
        most in 0_usize..9,
    ) {
        let text: String = words.iter().map(|word| format!("{word}\r\n")).collect();
        let (lines, is_less) = last(text.as_bytes(), false, Bounds { lines: most, ..BOUNDS });
        let expected: Vec<_> = text.lines().skip(words.len().saturating_sub(most)).collect();
        prop_assert_eq!(lines, expected);
        prop_assert_eq!(is_less, words.len() > most);
    }

    #[test]
    fn whatever_is_written_stays_within_the_bounds(
        parts in proptest::collection::vec((any::<u8>(), 1_usize..5000), 0..9),
        is_cut: bool,
        most in 0_usize..5,
        room in 0_usize..9000,
    ) {
        let bytes: Vec<u8> = parts.iter().flat_map(|(byte, count)| vec![*byte; *count]).collect();
        let (lines, is_less) = last(&bytes, is_cut, Bounds { lines: most, bytes: room });
        prop_assert!(lines.len() <= most);
        prop_assert!(lines.iter().map(String::len).sum::<usize>() <= room);
        prop_assert!(lines.iter().all(|line| !line.contains('\n')));
        prop_assert!(is_less || lines.iter().map(String::len).sum::<usize>() + lines.len() > 0
            || bytes.is_empty());
    }
}
