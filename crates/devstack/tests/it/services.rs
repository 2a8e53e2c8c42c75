//! The services' processes, played by stand-ins.

use std::fs;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use devstack::{Error, Service};

use crate::support::{SOON, environment, fake_binaries, value, with_fakes};

#[tokio::test]
async fn everybody_is_told_where_the_others_are() {
    let binaries = fake_binaries();
    let stack = with_fakes(&binaries)
        .env(Service::Worker, "JOB_LEASE_SECONDS", "5")
        .env_of(Service::Worker, 1, "JOB_LEASE_SECONDS", "7")
        .replicas(Service::Worker, 2)
        .start()
        .await
        .unwrap();

    let gateway = environment(&stack.url(Service::Gateway).unwrap()).await;
    assert_eq!(value(&gateway, "TWITCH_API_URL"), stack.url(Service::TwitchApi).unwrap());
    assert_eq!(value(&gateway, "ANALYSIS_URL"), stack.url(Service::Analysis).unwrap());
    assert_eq!(value(&gateway, "PUBLIC_URL"), stack.public_url());
    assert_eq!(value(&gateway, "DATABASE_URL"), stack.database_url());
    assert_eq!(value(&gateway, "INTERNAL_API_TOKEN"), stack.internal_api_token());
    assert!(!gateway.iter().any(|(name, _)| name == "CARGO_MANIFEST_DIR"), "{gateway:?}");

    let twitch_api = environment(&stack.url(Service::TwitchApi).unwrap()).await;
    let simulator = environment(&stack.simulator().unwrap().url()).await;
    assert_eq!(value(&twitch_api, "TWITCH_CLIENT_ID"), value(&simulator, "SIM_CLIENT_ID"));
    assert_eq!(value(&twitch_api, "TWITCH_REDIRECT_URL"), value(&simulator, "SIM_REDIRECT_URL"));
    let origin = stack.simulator().unwrap().url();
    assert_eq!(value(&twitch_api, "TWITCH_HELIX_URL"), format!("{origin}/helix/"));

    for (replica, lease) in [(0, "5"), (1, "7")] {
        let url = stack.service(Service::Worker, replica).unwrap().url();
        assert_eq!(value(&environment(&url).await, "JOB_LEASE_SECONDS"), lease);
    }
    assert!(matches!(stack.service(Service::Worker, 2), Err(Error::NoSuchPart(_))));
}

#[tokio::test]
async fn a_replica_comes_back_at_its_address_and_the_balancer_passes_it_over_meanwhile() {
    let binaries = fake_binaries();
    let stack = with_fakes(&binaries).replicas(Service::Gateway, 2).start().await.unwrap();
    let url = stack.url(Service::Gateway).unwrap();
    let first = stack.service(Service::Gateway, 0).unwrap();
    let (address, pid) = (first.address(), first.pid());

    first.kill9();
    assert_eq!(stack.ended().map(devstack::Server::name), Some("gateway-0"));
    for _ in 0..4 {
        let listens = environment(&url).await;
        assert_ne!(value(&listens, "LISTEN_ADDR"), address.to_string());
    }
    first.start().await.unwrap();
    assert_eq!(first.address(), address);
    assert_ne!(first.pid(), pid);
    assert!(stack.ended().is_none());
}

#[tokio::test]
async fn one_that_ends_is_named_at_once_with_its_log() {
    let binaries = fake_binaries();
    let before = Instant::now();
    let error = with_fakes(&binaries).env(Service::Analysis, "FAKE", "dies").start().await.unwrap_err();
    let message = error.to_string();
    assert!(message.contains("analysis-0 stopped while it was starting"), "{message}");
    assert!(message.contains("variable X is missing"), "{message}");
    assert!(before.elapsed() < SOON);
}

#[tokio::test]
async fn all_that_are_not_ready_are_named_with_what_they_say() {
    let binaries = fake_binaries();
    let error = with_fakes(&binaries)
        .env(Service::Analysis, "FAKE", "never-ready")
        .env(Service::Worker, "FAKE", "never-ready")
        .ready_within(Duration::from_secs(3))
        .start()
        .await
        .unwrap_err();
    let message = error.to_string();
    assert!(message.starts_with("not ready after 3 s:"), "{message}");
    assert!(message.contains("analysis-0: /readyz answers 503 no database"), "{message}");
    assert!(message.contains("worker-0: /readyz answers 503"), "{message}");
    assert!(!message.contains("gateway"), "{message}");
    assert!(message.contains("  listening on 127.0.0.1:"), "{message}");
}

#[tokio::test]
async fn failing_migrations_stop_the_start() {
    let binaries = fake_binaries();
    let error =
        with_fakes(&binaries).env(Service::Worker, "FAKE", "bad-migration").start().await.unwrap_err();
    let message = error.to_string();
    assert_eq!(message, "the migrations failed (exit status: 3):\n  migrating");
}

#[tokio::test]
async fn a_port_that_a_stranger_took_is_exchanged() {
    let binaries = fake_binaries();
    let stack = with_fakes(&binaries)
        .env(Service::Gateway, "FAKE", "port-taken-once")
        .env(Service::Gateway, "FAKE_MARK", binaries.0.join("mark").to_string_lossy())
        .start()
        .await
        .unwrap();
    assert!(stack.service(Service::Gateway, 0).unwrap().is_ready().await);
}

#[tokio::test]
async fn the_asked_for_port_is_used_or_refused_by_number() {
    let binaries = fake_binaries();
    let stranger = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = stranger.local_addr().unwrap().port();
    let refused = with_fakes(&binaries).port(port).start().await.unwrap_err();
    assert!(matches!(refused, Error::PortTaken(number) if number == port));
    drop(stranger);

    for gateways in [1, 2] {
        let builder = with_fakes(&binaries).port(port).replicas(Service::Gateway, gateways);
        let stack = builder.start().await.unwrap();
        assert_eq!(stack.public_url(), format!("http://localhost:{port}"));
        environment(&format!("http://127.0.0.1:{port}")).await;
    }
}

#[tokio::test]
async fn a_program_that_is_not_built_is_named_before_anything_starts() {
    let binaries = fake_binaries();
    fs::remove_file(binaries.0.join("analysis")).unwrap();
    let error = with_fakes(&binaries).start().await.unwrap_err();
    assert!(matches!(&error, Error::NotBuilt { binary, .. } if binary == "analysis"), "{error}");
}

#[tokio::test]
async fn one_that_ignores_sigterm_does_not_hold_the_end() {
    let binaries = fake_binaries();
    let stack = with_fakes(&binaries).env(Service::Worker, "FAKE", "ignores-term").start().await.unwrap();
    let pid = stack.service(Service::Worker, 0).unwrap().pid().unwrap();
    let before = Instant::now();
    stack.shut_down(Duration::from_millis(500)).await;
    assert!(before.elapsed() < Duration::from_secs(5));
    assert!(!crate::support::runs(pid));
}

#[tokio::test]
async fn a_proxied_stack_reaches_its_stores_through_the_proxies() {
    let binaries = fake_binaries();
    let stack = with_fakes(&binaries).proxied().start().await.unwrap();
    let proxies = stack.proxies().unwrap();
    let env = environment(&stack.url(Service::TwitchApi).unwrap()).await;
    let through = |url: &str, proxy: &devstack::proxy::Proxy| url.contains(&proxy.address().to_string());
    assert!(through(value(&env, "DATABASE_URL"), &proxies.mariadb));
    assert!(through(value(&env, "REDIS_URL"), &proxies.redis));
    assert!(through(value(&env, "TWITCH_HELIX_URL"), &proxies.twitch));
    assert!(!through(&stack.database_url(), &proxies.mariadb));
}
