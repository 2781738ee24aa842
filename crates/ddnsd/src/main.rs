//! The program `ddnsd`: hands the command line to the library.

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    ddnsd::run(std::env::args_os(), &mut std::io::stdout(), &mut std::io::stderr()).into()
}
