//! The command `upstart-crash`: one file a subcommand, errors printed here and nowhere else.

mod change;
mod check;
mod deliver;
mod demo;
mod disable;
mod doctor;
mod enable;
mod error;
mod explain;
mod find;
mod list;
mod look;
mod machine;
mod moment;
mod operator;
mod page;
mod prune;
mod queue;
mod report;
mod request;
mod retry;
mod show;
mod silence;
mod status;
mod table;
mod test;
mod text;
mod unsilence;
mod version;

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::demo::VICTIM;
use crate::paths::Places;
use crate::spool::Spool;
use error::CliError;

/// Tells when a service that Upstart supervises died unasked, and why.
///
/// The hooks of a job (pre-start, pre-stop, post-stop) leave a report of each crash in
/// /var/spool/upstart-monitor. This command shows the reports, and delivers them to the sinks
/// that /etc/upstart-monitor/config.toml names.
#[derive(Parser)]
#[command(
    name = "upstart-crash",
    version,
    arg_required_else_help = true,
    after_help = "Start with:  upstart-crash list\n\n\
                  In a session of your own Upstart (init --user) the reports are your own.\n\
                  Exit status: 0 done, 1 failed, 2 wrong usage, 78 broken config.\n\
                  With UPSTART_MONITOR_ROOT=DIR all files are looked for below DIR."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    List(list::List),
    Show(show::Show),
    Explain(explain::Explain),
    Report(report::Report),
    Status(status::Status),
    Enable(enable::Enable),
    Disable(disable::Disable),
    Check(check::Check),
    Doctor(doctor::Doctor),
    Test(test::Test),
    Deliver(deliver::Deliver),
    Queue(queue::Queue),
    Retry(retry::Retry),
    Silence(silence::SilenceJob),
    Unsilence(unsilence::Unsilence),
    Prune(prune::Prune),
    Demo(demo::Demo),
    Version(version::Version),
    #[command(name = VICTIM, hide = true)]
    DemoVictim,
}

/// The command line, for those who make man pages and completions of it.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(usage) => {
            let _ = usage.print();
            if usage.use_stderr() && doctor::is_asked() {
                return doctor::UNKNOWN.into();
            }
            return u8::try_from(usage.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from);
        }
    };
    let mut out = BufWriter::new(io::stdout().lock());
    match run(cli, &mut out).and_then(|()| Ok(out.flush()?)) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads has seen enough: `upstart-crash list | head`.
        Err(CliError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            // What is still buffered has no reader.
            let _ = out.into_parts();
            ExitCode::SUCCESS
        }
        Err(error) => {
            warn(format_args!("{error}"));
            error.exit_code()
        }
    }
}

fn run(cli: Cli, out: &mut dyn Write) -> Result<(), CliError> {
    let places = Places::from_env();
    let spool = Spool::of(places)?;
    match cli.command {
        Command::List(list) => list.run(&spool, out),
        Command::Show(show) => show.run(&spool, out),
        Command::Explain(explain) => explain.run(&spool, out),
        Command::Report(report) => report.run(places, &spool, out),
        Command::Status(status) => status.run(places, &spool, out),
        Command::Enable(enable) => enable.run(places, out),
        Command::Disable(disable) => disable.run(places, out),
        Command::Check(check) => check.run(places, out),
        Command::Doctor(doctor) => doctor.run(places, out),
        Command::Test(test) => test.run(places, &spool, out),
        Command::Deliver(deliver) => deliver.run(places, &spool),
        Command::Queue(queue) => queue.run(&spool, out),
        Command::Retry(retry) => retry.run(places, &spool, out),
        Command::Silence(silence) => silence.run(&spool, out),
        Command::Unsilence(unsilence) => unsilence.run(&spool, out),
        Command::Prune(prune) => prune.run(places, &spool, out),
        Command::Demo(demo) => demo.run(out),
        Command::Version(version) => version.run(places, out),
        Command::DemoVictim => crate::demo::run_victim(),
    }
}

/// Says something on stderr, each line of it after the command's name. Safe from every thread,
/// and from a stderr that is gone.
fn warn(text: std::fmt::Arguments<'_>) {
    let mut lines = String::new();
    for line in text.to_string().lines() {
        lines.push_str("upstart-crash: ");
        lines.push_str(&text::harmless(line));
        lines.push('\n');
    }
    let _ = io::stderr().lock().write_all(lines.as_bytes());
}
