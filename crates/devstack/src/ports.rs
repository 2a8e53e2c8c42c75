//! Loopback ports that stay ours until a process binds them.
//!
//! Asking the kernel for port 0 and releasing it again is a race twice over: two tests that start at once may
//! get the same number, and a port of the ephemeral range may be taken by any outgoing connection between the
//! kill and the restart of a service. So ports come from a range below Linux's ephemeral one, and each number
//! is claimed first by binding an abstract Unix socket of that name: exclusive in the whole network namespace,
//! without a file, and released by the kernel however the owner dies. What remains is a program that is not
//! ours and takes the port in between: then the process says "address in use" and the start is tried again.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::UnixListener;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::error::{Context, Error, Result};

const FIRST: u16 = 21_000;
const COUNT: u16 = 11_000;

/// A name that only one process of the machine holds at a time.
#[derive(Debug)]
pub(crate) struct Claim {
    _socket: UnixListener,
}

impl Claim {
    /// Takes the name, or `None` when somebody else has it.
    pub(crate) fn take(name: &str) -> io::Result<Option<Self>> {
        let address =
            std::os::unix::net::SocketAddr::from_abstract_name(format!("chatters-devstack-{name}"))?;
        match UnixListener::bind_addr(&address) {
            Ok(socket) => Ok(Some(Self { _socket: socket })),
            Err(error) if error.kind() == ErrorKind::AddrInUse => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// A port that no other stack of this machine is given while this value lives.
#[derive(Debug)]
pub(crate) struct Port {
    number: u16,
    _claim: Claim,
}

impl Port {
    /// Any free port.
    pub(crate) fn free() -> Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let modulus = u32::from(COUNT);
        // Processes begin far apart, and one process does not hand out again what it has just released.
        let start = std::process::id().wrapping_mul(601) % modulus;
        for _ in 0..COUNT {
            let step = NEXT.fetch_add(1, Ordering::Relaxed) % modulus;
            let offset = u16::try_from((start + step) % modulus).unwrap_or(0);
            if let Some(port) = Self::claim(FIRST + offset)? {
                return Ok(port);
            }
        }
        Err(Error::NoFreePort)
    }

    /// The port of that number, or [`Error::PortTaken`].
    pub(crate) fn exact(number: u16) -> Result<Self> {
        Self::claim(number)?.ok_or(Error::PortTaken(number))
    }

    fn claim(number: u16) -> Result<Option<Self>> {
        let claim = Claim::take(&format!("port-{number}")).context(|| format!("reserve port {number}"))?;
        let Some(claim) = claim else { return Ok(None) };
        let port = Self { number, _claim: claim };
        Ok(is_unused(number).then_some(port))
    }

    pub(crate) fn number(&self) -> u16 {
        self.number
    }

    pub(crate) fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.number).into()
    }
}

/// Looks at both loopback addresses: a browser tries `[::1]` first for `localhost`.
fn is_unused(port: u16) -> bool {
    let taken = |result: io::Result<TcpListener>| result.is_err_and(|e| e.kind() == ErrorKind::AddrInUse);
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
        && !taken(TcpListener::bind((Ipv6Addr::LOCALHOST, port)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_differ_and_are_bindable() {
        let (a, b) = (Port::free().unwrap(), Port::free().unwrap());
        assert_ne!(a.number(), b.number());
        TcpListener::bind(a.address()).unwrap();
    }

    #[test]
    fn a_port_is_given_once_until_it_is_released() {
        let port = Port::free().unwrap();
        let number = port.number();
        assert!(matches!(Port::exact(number), Err(Error::PortTaken(n)) if n == number));
        drop(port);
        Port::exact(number).unwrap();
    }

    #[test]
    fn a_port_that_another_program_listens_on_is_taken() {
        let stranger = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let number = stranger.local_addr().unwrap().port();
        assert!(matches!(Port::exact(number), Err(Error::PortTaken(_))));
    }
}
