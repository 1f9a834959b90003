//! criterion compares program B with program A, measured one after the other, as its users do.
//!
//!   CRITERION_HOME=FOLDER criterion_pair CPU SECONDS 'PROGRAM_A ARGUMENT...' 'PROGRAM_B ARGUMENT...'
//!
//! Both programs together are measured for SECONDS, warm-up included. All other settings are criterion's defaults: 100 samples, alpha
//! 0.05, noise threshold 1 %. The verdict is the last sentence that it prints about B; the samples are in FOLDER/pair/{a,new}/raw.csv.
//! Only the programs are bound to CPU; the analysis may use all CPUs.

use criterion::Criterion;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const WARM_UP_SHARE: f64 = 0.1;
const BASELINE: &str = "a";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [cpu, seconds, a, b] = arguments.as_slice() else {
        eprintln!("usage: criterion_pair CPU SECONDS 'PROGRAM_A ARGUMENT...' 'PROGRAM_B ARGUMENT...'");
        std::process::exit(2);
    };
    let cpu = cpu.parse().expect("CPU is a number");
    let per_arm = seconds.parse::<f64>().expect("SECONDS is a number") / 2.0;
    measure(quiet_criterion(per_arm).save_baseline(BASELINE.into()), cpu, a);
    measure(quiet_criterion(per_arm).retain_baseline(BASELINE.into()), cpu, b);
}

fn quiet_criterion(seconds: f64) -> Criterion {
    Criterion::default()
        .without_plots()
        .warm_up_time(Duration::from_secs_f64(seconds * WARM_UP_SHARE))
        .measurement_time(Duration::from_secs_f64(seconds * (1.0 - WARM_UP_SHARE)))
}

fn measure(mut criterion: Criterion, cpu: usize, command: &str) {
    let words: Vec<&str> = command.split(' ').collect();
    criterion.bench_function("pair", |bencher| {
        bencher.iter_custom(|runs| (0..runs).map(|_| run(cpu, &words)).sum())
    });
}

/// The time of one process, from before its start to its exit.
fn run(cpu: usize, words: &[&str]) -> Duration {
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).stdout(Stdio::null());
    // This is safe, because it makes one system call, on data of the child.
    unsafe { command.pre_exec(move || hold_on(cpu)) };
    let started = Instant::now();
    let status = command.status().expect("the program starts");
    let took = started.elapsed();
    assert!(status.success(), "{} failed: {status}", words[0]);
    took
}

fn hold_on(cpu: usize) -> std::io::Result<()> {
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(cpu, &mut set);
        if libc::sched_setaffinity(0, std::mem::size_of_val(&set), &set) == 0 {
            Ok(())
        } else {
            Err(std::io::Error::last_os_error())
        }
    }
}
