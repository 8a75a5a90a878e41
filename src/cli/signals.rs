//! The signals that end the gateway, or have it read its config again.

use std::{
    io,
    os::fd::{AsFd as _, BorrowedFd},
    time::Duration,
};

use rustix::{io::Errno, termios::tcgetpgrp};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::mpsc,
};

use crate::config::error::sysexits;

/// A system may send SIGHUP before it has taken the terminal away.
const PARTING: Duration = Duration::from_millis(100);

/// SIGTERM and SIGINT.
pub(super) struct EndSignals {
    terminate: Signal,
    interrupt: Signal,
}

/// The same, and SIGHUP where it means that the terminal has gone.
pub(super) struct StopSignals {
    ends: EndSignals,
    hangup: Signal,
    /// Whether we run in the foreground or background of a terminal that we write to or read from.
    has_terminal: bool,
    reloads: mpsc::Sender<()>,
}

/// What was told.
enum Told {
    /// To end, with this exit code where it is told again.
    End(u8),
    HangUp,
}

impl EndSignals {
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for a signal, and gives the exit code of a process that ends by it. Cancel safe.
    pub(super) async fn next(&mut self) -> u8 {
        tokio::select! {
            _ = self.terminate.recv() => sysexits::TERMINATED,
            _ = self.interrupt.recv() => sysexits::INTERRUPTED,
        }
    }
}

impl StopSignals {
    /// Listens to them, and gives where the wish arrives that the config is read again: SIGHUP
    /// with no terminal that could have gone, as of services, of containers and under `nohup`.
    pub(super) fn listen() -> io::Result<(Self, mpsc::Receiver<()>)> {
        // Several that nobody has heard of yet are one.
        let (reloads, wishes) = mpsc::channel(1);
        let signals = Self {
            ends: EndSignals::listen()?,
            hangup: signal(SignalKind::hangup())?,
            has_terminal: has_terminal(),
            reloads,
        };
        Ok((signals, wishes))
    }

    async fn next(&mut self) -> Told {
        tokio::select! {
            code = self.ends.next() => Told::End(code),
            _ = self.hangup.recv() => Told::HangUp,
        }
    }

    /// Done at the first signal to end. A second one ends the process at once; the guards then end
    /// the servers.
    pub(super) async fn first(mut self) {
        loop {
            match self.next().await {
                Told::End(_) => break,
                Told::HangUp if self.has_terminal_gone().await => {
                    tracing::info!("the terminal has gone");
                    break;
                }
                Told::HangUp => {
                    // Where one wish waits to be heard, another says nothing more.
                    let _ = self.reloads.try_send(());
                }
            }
        }
        tokio::spawn(async move {
            // A terminal that goes may say so more than once.
            let code = loop {
                if let Told::End(code) = self.next().await {
                    break code;
                }
            };
            tracing::warn!("ended at once by a second signal");
            std::process::exit(code.into());
        });
    }

    async fn has_terminal_gone(&self) -> bool {
        if !self.has_terminal {
            return false;
        }
        tokio::time::sleep(PARTING).await;
        !has_terminal()
    }
}

/// Whether one of the standard streams is the terminal that controls us. `nohup` leaves none.
fn has_terminal() -> bool {
    let controls_us = |stream: BorrowedFd<'_>| match tcgetpgrp(stream) {
        // Nobody is in its foreground just now.
        Ok(_) | Err(Errno::OPNOTSUPP) => true,
        Err(_) => false,
    };
    controls_us(io::stdin().as_fd())
        || controls_us(io::stdout().as_fd())
        || controls_us(io::stderr().as_fd())
}
