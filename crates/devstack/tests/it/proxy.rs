//! The proxy's faults, seen from a client of an echo server.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use devstack::proxy::{Fault, Proxy};
use devstack::wait;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::support::SOON;

/// Sends back what it receives, after a greeting of one byte.
async fn echo(greeting: u8) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                stream.write_all(&[greeting]).await.unwrap();
                let (mut from, mut to) = stream.split();
                drop(tokio::io::copy(&mut from, &mut to).await);
                drop(to.shutdown().await);
            });
        }
    });
    address
}

async fn proxy() -> Proxy {
    Proxy::start(vec![echo(b'!').await]).await.unwrap()
}

async fn connect(proxy: &Proxy) -> TcpStream {
    let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
    assert_eq!(stream.read_u8().await.unwrap(), b'!');
    stream
}

async fn ask(stream: &mut TcpStream, question: &[u8]) -> std::io::Result<Vec<u8>> {
    stream.write_all(question).await?;
    let mut answer = vec![0; question.len()];
    stream.read_exact(&mut answer).await?;
    Ok(answer)
}

#[tokio::test]
async fn without_a_fault_everything_arrives_and_half_closing_works() {
    let proxy = proxy().await;
    let mut stream = connect(&proxy).await;
    let megabytes: Vec<u8> = (0..3_000_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    let sent = megabytes.clone();
    let (mut from, mut to) = stream.split();
    let sending = async {
        to.write_all(&sent).await?;
        to.shutdown().await
    };
    let mut received = Vec::new();
    let (sending, receiving) = tokio::join!(sending, from.read_to_end(&mut received));
    sending.unwrap();
    receiving.unwrap();
    assert!(received == megabytes);
}

#[tokio::test]
async fn latency_applies_to_each_direction_and_not_to_each_chunk() {
    let proxy = proxy().await;
    let mut stream = connect(&proxy).await;
    let delay = Duration::from_millis(100);
    proxy.set(Fault::Latency(delay));
    let before = Instant::now();
    ask(&mut stream, &vec![7; 500_000]).await.unwrap();
    assert!(before.elapsed() >= 2 * delay, "{:?}", before.elapsed());
    assert!(before.elapsed() < 20 * delay, "{:?}", before.elapsed());
}

#[tokio::test]
async fn a_black_hole_holds_old_and_new_connections_until_it_ends() {
    let proxy = proxy().await;
    let mut old = connect(&proxy).await;
    proxy.set(Fault::BlackHole);
    let mut new = TcpStream::connect(proxy.address()).await.unwrap();
    let wait = Duration::from_millis(200);
    assert!(timeout(wait, ask(&mut old, b"hello")).await.is_err());
    assert!(timeout(wait, new.read_u8()).await.is_err());

    proxy.set(Fault::None);
    let mut answer = [0; 5];
    timeout(SOON, old.read_exact(&mut answer)).await.unwrap().unwrap();
    assert_eq!(&answer, b"hello");
    assert_eq!(timeout(SOON, new.read_u8()).await.unwrap().unwrap(), b'!');
}

#[tokio::test]
async fn reset_hits_old_and_new_connections() {
    let proxy = proxy().await;
    let mut old = connect(&proxy).await;
    proxy.set(Fault::Reset);
    let error = timeout(SOON, old.read_u8()).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    let mut new = TcpStream::connect(proxy.address()).await.unwrap();
    assert!(timeout(SOON, ask(&mut new, b"x")).await.unwrap().is_err());

    proxy.set(Fault::None);
    connect(&proxy).await;
}

#[tokio::test]
async fn connections_are_shared_out_to_those_that_accept() {
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let upstreams = vec![echo(b'a').await, gone, echo(b'b').await];
    let proxy = Proxy::start(upstreams).await.unwrap();
    let mut greetings = Vec::new();
    for _ in 0..6 {
        let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
        greetings.push(stream.read_u8().await.unwrap());
    }
    assert!(greetings.contains(&b'a') && greetings.contains(&b'b'), "{greetings:?}");
}

/// Answers every request with the status it is told, and its name.
async fn replica(name: &'static str) -> (SocketAddr, watch::Sender<u16>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (status, told) = watch::channel(200);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = format!("HTTP/1.1 {} -\r\n\r\n{name}", *told.borrow());
            drop(stream.read(&mut [0; 1024]).await);
            drop(stream.write_all(answer.as_bytes()).await);
        }
    });
    (address, status)
}

async fn answered(proxy: &Proxy) -> String {
    let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn a_replica_that_is_not_ready_is_passed_over_until_it_is_again() {
    let ((first, status), (second, _other)) = (replica("first").await, replica("second").await);
    let proxy = Proxy::balancer(vec![first, second], "/readyz").await.unwrap();
    let both = async || answered(&proxy).await.contains("first") != answered(&proxy).await.contains("first");
    wait::until("answers of both", SOON, async || both().await.then_some(())).await.unwrap();

    status.send_replace(503);
    wait::until("the check", SOON, async || (!both().await).then_some(())).await.unwrap();
    for _ in 0..6 {
        assert!(answered(&proxy).await.ends_with("second"));
    }
    status.send_replace(200);
    wait::until("answers of both again", SOON, async || both().await.then_some(())).await.unwrap();
}

#[tokio::test]
async fn a_dropped_proxy_closes_its_connections() {
    let proxy = proxy().await;
    let mut stream = connect(&proxy).await;
    let address = proxy.address();
    drop(proxy);
    assert!(timeout(SOON, stream.read_u8()).await.unwrap().is_err());
    assert!(TcpStream::connect(address).await.is_err());
}
