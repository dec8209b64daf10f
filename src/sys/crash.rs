//! A true crash, for the demo.

/// Ends the process by SIGSEGV, as a program does that follows a null pointer.
pub fn die_of_a_segmentation_fault() -> ! {
    // SAFETY: undoes a handler that the runtime may have put on the signal.
    unsafe { libc::signal(libc::SIGSEGV, libc::SIG_DFL) };
    let null = std::hint::black_box(std::ptr::null_mut::<u8>());
    // SAFETY: there is none, and that is the purpose: the page is not mapped, the kernel answers
    // with SIGSEGV and nothing after it runs.
    unsafe { null.write_volatile(1) };
    std::process::abort()
}
