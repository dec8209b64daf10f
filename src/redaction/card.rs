//! Numbers of payment cards: a known prefix and length, and Luhn's check digit (ISO/IEC 7812).

use arrayvec::ArrayVec;

use super::found::Found;
use super::mark::Kind;

/// The fewest and the most digits of a card.
const DIGITS: std::ops::RangeInclusive<usize> = 13..=19;

/// How the digits of cards are grouped where they are.
const GROUPS: [&[usize]; 7] = [
    &[4, 4, 4, 4],
    &[4, 4, 4, 4, 1],
    &[4, 4, 4, 4, 2],
    &[4, 4, 4, 4, 3],
    &[4, 4, 4, 1],
    &[4, 6, 4],
    &[4, 6, 5],
];

/// Adds the card numbers.
pub(super) fn find(found: &mut Found<'_>) {
    let bytes = found.text.as_bytes();
    let mut at = 0;
    while let Some(start) = next_digit(bytes, at) {
        let digits = bytes.get(start..).unwrap_or_default();
        at = start + digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if let Some(end) = card_at(bytes, start) {
            found.add(start..end, Kind::CardNumber);
            at = at.max(end);
        }
    }
}

fn next_digit(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    rest.iter().position(u8::is_ascii_digit).map(|place| from + place)
}

/// Where the card number ends that begins at `start`. Looks at no more bytes than a card has.
fn card_at(bytes: &[u8], start: usize) -> Option<usize> {
    let mut digits = ArrayVec::<u8, 20>::new();
    let mut groups = ArrayVec::<usize, 5>::new();
    let (mut group, mut separator, mut end, mut card) = (0, None, start, None);
    loop {
        let (byte, next) = (bytes.get(end), bytes.get(end + 1));
        if let Some(digit @ b'0'..=b'9') = byte {
            if digits.try_push(digit - b'0').is_err() {
                return card;
            }
            (group, end) = (group + 1, end + 1);
            continue;
        }
        if groups.try_push(group).is_err() {
            return card;
        }
        if is_card(&digits, &groups) && is_alone(bytes, start, end) {
            card = Some(end);
        }
        match (byte, next) {
            (Some(byte @ (b' ' | b'-')), Some(b'0'..=b'9'))
                if separator.is_none_or(|known| known == *byte) =>
            {
                (separator, group, end) = (Some(*byte), 0, end + 1);
            }
            _ => return card,
        }
    }
}

fn is_card(digits: &[u8], groups: &[usize]) -> bool {
    DIGITS.contains(&digits.len())
        && (groups.len() == 1 || GROUPS.contains(&groups))
        && is_issued(digits)
        && passes_luhn(digits)
}

/// Whether the number is no part of something else: of a word, a fraction, a path, an id.
fn is_alone(bytes: &[u8], start: usize, end: usize) -> bool {
    let before = bytes.get(..start).unwrap_or_default();
    let after = bytes.get(end..).unwrap_or_default();
    let part_before = before.last().is_some_and(|byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'/' | b'+' | b'#')
    });
    let part_after = match after {
        [b'.' | b',', next, ..] => next.is_ascii_digit(),
        [b'-', next, ..] => next.is_ascii_alphanumeric(),
        [next, ..] => next.is_ascii_alphanumeric() || matches!(next, b'_' | b'/'),
        [] => false,
    };
    !part_before && !part_after && !is_id(before)
}

/// Whether `before` ends as what an id follows: `id=`, `orderId: `, `"id":"`.
fn is_id(before: &[u8]) -> bool {
    let trim = |bytes: &[u8], set: &[u8]| {
        let kept = bytes.iter().rposition(|byte| !set.contains(byte)).map_or(0, |last| last + 1);
        bytes.get(..kept).unwrap_or_default().to_vec()
    };
    let near = before.get(before.len().saturating_sub(8)..).unwrap_or_default();
    let key = trim(near, b" \"'");
    if !matches!(key.last(), Some(b'=' | b':')) {
        return false;
    }
    trim(&key, b"=: \"'").to_ascii_lowercase().ends_with(b"id")
}

/// Whether a network issues numbers of this prefix and length.
fn is_issued(digits: &[u8]) -> bool {
    let prefix = |count: usize| {
        digits.iter().take(count).fold(0_u32, |number, digit| number * 10 + u32::from(*digit))
    };
    let (two, three, four) = (prefix(2), prefix(3), prefix(4));
    match digits.len() {
        13 => prefix(1) == 4,
        14 => matches!(two, 36 | 38 | 39) || matches!(three, 300..=305 | 309),
        15 => matches!(two, 34 | 37),
        length => {
            let visa = prefix(1) == 4 && matches!(length, 16 | 19);
            let mastercard =
                length == 16 && (matches!(two, 51..=55) || matches!(four, 2221..=2720));
            let others = matches!(two, 62 | 65)
                || matches!(three, 644..=649)
                || four == 6011
                || matches!(four, 3528..=3589);
            visa || mastercard || others
        }
    }
}

fn passes_luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .zip([1_u32, 2].into_iter().cycle())
        .map(|(digit, weight)| u32::from(*digit) * weight)
        .map(|product| product / 10 + product % 10)
        .sum();
    sum.is_multiple_of(10)
}
