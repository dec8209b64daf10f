use super::*;
use crate::bus::testing::body;
use proptest::prelude::*;

/// Recorded of Upstart 1.13.2: `GetAll` of a running job.
const RUNNING: &[u8] =
    b"l\x02\x01\x01\x88\0\0\0\x01\0\0\0\x13\0\0\0\x05\x01u\0\x01\0\0\0\x08\x01g\0\x05\
    a{sv}\0\0\0\0\0\0\x80\0\0\0\0\0\0\0\x04\0\0\0name\0\x01s\0\0\0\0\0\0\0\0\0\0\0\0\0\
    \x04\0\0\0goal\0\x01s\0\x05\0\0\0start\0\0\0\x05\0\0\0state\0\x01s\0\0\0\0\x07\0\0\0running\0\
    \0\0\0\0\t\0\0\0processes\0\x05a(si)\0\0\0\0\x10\0\0\0\0\0\0\0\x04\0\0\0main\0\0\0\0\n\0\0\0";

/// Recorded of Upstart 1.13.2: `Get` of `log_priority`.
const MESSAGE: &[u8] =
    b"l\x02\x01\x01\x10\0\0\0\x01\0\0\0\x0f\0\0\0\x05\x01u\0\x01\0\0\0\x08\x01g\0\x01v\0\0\
    \x01s\0\0\x07\0\0\0message\0";

fn read(message: &[u8]) -> Option<InitStatus> {
    status(body(message)?)
}

#[test]
fn the_recorded_answer_is_understood() {
    let expected = InitStatus { goal: Goal::Start, state: State::Running, main_pid: Some(10) };
    assert_eq!(read(RUNNING), Some(expected));
}

#[test]
fn so_is_the_one_on_the_log_priority() {
    assert_eq!(body(MESSAGE).and_then(log_priority), Some(LogPriority::Message));
    for end in 0..MESSAGE.len() {
        assert_eq!(MESSAGE.get(..end).and_then(body).and_then(log_priority), None, "{end}");
    }
    assert_eq!(body(RUNNING).and_then(log_priority), None, "that is something else");
}

#[test]
fn an_answer_that_is_cut_off_is_none() {
    for end in 0..RUNNING.len() {
        assert_eq!(read(RUNNING.get(..end).unwrap()), None, "{end}");
    }
}

proptest! {
    #[test]
    fn no_bytes_do_harm(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = (read(&bytes), body(&bytes).and_then(log_priority));
    }

    #[test]
    fn no_changed_byte_does_harm(at in 0..RUNNING.len(), byte in any::<u8>()) {
        let mut message = RUNNING.to_vec();
        message.iter_mut().skip(at).take(1).for_each(|slot| *slot = byte);
        let _ = read(&message);
    }
}
