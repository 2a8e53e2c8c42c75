//! A service that is asked to end, and a caller whom the end of a replica meets.

use axum::{Router, routing::get};
use common::{
    clients::{Upstream, UpstreamConfig},
    config,
    health::Readiness,
    lifecycle::Shutdown,
    service,
};
use reqwest::{StatusCode, header};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

#[tokio::test]
async fn while_it_drains_it_is_not_ready_and_serves_all_the_same() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let shutdown = Shutdown::manual();
    let routes = Router::new().route("/work", get(|| async { "done" }));
    let serving =
        tokio::spawn(service::serve("test", listener, shutdown.clone(), Readiness::default(), routes));
    let http = common::http::client(std::time::Duration::from_secs(5)).unwrap();
    let ask = async |path: &str| http.get(format!("{url}{path}")).send().await;

    assert_eq!(ask("/readyz").await.unwrap().status(), StatusCode::OK);
    assert!(ask("/work").await.unwrap().headers().get(header::CONNECTION).is_none());

    shutdown.drain();
    assert_eq!(ask("/readyz").await.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
    let answer = ask("/work").await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()[header::CONNECTION], "close");

    shutdown.begin();
    serving.await.unwrap().unwrap();
    assert!(ask("/work").await.unwrap_err().is_connect());
}

/// Answers the first request of each connection and leaves at the second one.
async fn leaves_at_the_second_request(mut stream: TcpStream) {
    let mut buffer = [0; 4096];
    drop(stream.read(&mut buffer).await);
    drop(stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await);
    drop(stream.read(&mut buffer).await);
}

#[tokio::test]
async fn a_question_that_meets_the_end_of_a_connection_is_asked_again_and_an_order_is_not() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(leaves_at_the_second_request(stream));
        }
    });
    let config = config::load_from(move |_| Some(url.clone()), UpstreamConfig::analysis).unwrap();
    let http = common::http::client(std::time::Duration::from_secs(5)).unwrap();
    let upstream = Upstream::new(config, http, "secret".into());

    for _ in 0..3 {
        let answer = upstream.send(upstream.get("question").unwrap()).await.unwrap();
        assert_eq!(answer.text().await.unwrap(), "ok");
    }
    assert_eq!(
        upstream.send(upstream.post("order").unwrap()).await.unwrap_err().code(),
        "upstream_unavailable"
    );
}
