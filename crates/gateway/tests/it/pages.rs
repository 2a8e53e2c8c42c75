//! The web page's files.

use reqwest::Method;

use crate::site::Site;

async fn site_with_pages() -> Site {
    let site = Site::start().await;
    std::fs::create_dir_all(site.dist.join("assets")).unwrap();
    std::fs::write(site.dist.join("index.html"), "<!doctype html><title>Chatters</title>").unwrap();
    std::fs::write(site.dist.join("assets/app-1a2b3c.js"), "export const a = 1;\n".repeat(500)).unwrap();
    std::fs::write(site.dist.join("robots.txt"), "User-agent: *\nDisallow: /\n").unwrap();
    std::fs::write(site.dist.with_extension("secret"), "secret").unwrap();
    site
}

#[tokio::test]
async fn every_page_is_the_index_asked_for_anew() {
    let site = site_with_pages().await;
    let mut browser = site.browser();
    for path in ["/", "/channels", "/channels/amelie", "/sessions/3f1c", "/index.html"] {
        let answer = browser.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.text.contains("Chatters"), "{path}");
        assert_eq!(
            (answer.header("cache-control"), answer.header("content-type")),
            ("no-cache", "text/html"),
            "{path}"
        );
    }
    assert_eq!(browser.set_cookie, None, "a page needs no session");
}

#[tokio::test]
async fn files_with_a_hash_in_their_name_are_kept_for_ever() {
    let site = site_with_pages().await;
    let mut browser = site.browser();
    let plain = browser.get("/assets/app-1a2b3c.js").await;
    assert_eq!(plain.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(plain.header("content-type"), "text/javascript");
    let request = browser.request(Method::GET, "/assets/app-1a2b3c.js").header("accept-encoding", "br, gzip");
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["content-encoding"], "br");
    assert!(response.bytes().await.unwrap().len() < plain.text.len() / 5);
    assert_eq!(browser.get("/robots.txt").await.header("cache-control"), "public, max-age=3600");
}

#[tokio::test]
async fn what_is_no_file_is_a_problem_not_a_page() {
    let site = site_with_pages().await;
    let mut browser = site.browser();
    for path in ["/assets/gone-000000.js", "/favicon.ico", "/.env", "/assets/..%2f..%2fetc%2fpasswd.txt"] {
        browser.get(path).await.is_problem(404, "file_not_found");
    }
    let name = site.dist.with_extension("secret");
    let name = name.file_name().unwrap().to_str().unwrap();
    for up in ["..", "%2e%2e", "..%2f", "%2e%2e%2f"] {
        let answer = browser.get(&format!("/{up}/{name}")).await;
        assert!(!answer.text.contains("secret") || answer.status == 404, "{up}");
    }
    std::fs::remove_file(site.dist.with_extension("secret")).unwrap();
}

#[tokio::test]
async fn a_page_that_is_not_built_is_told() {
    let site = Site::start().await;
    site.browser().get("/channels").await.is_problem(404, "page_not_found");
}

#[tokio::test]
async fn every_answer_tells_the_browser_what_not_to_do() {
    let site = site_with_pages().await;
    let mut browser = site.browser();
    for path in ["/", "/api/v1/me", "/assets/app-1a2b3c.js", "/api/v1/nothing"] {
        let answer = browser.get(path).await;
        let policy = answer.header("content-security-policy");
        for rule in ["default-src 'self'", "script-src 'self'", "frame-ancestors 'none'", "object-src 'none'"]
        {
            assert!(policy.contains(rule), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert_ne!(answer.header("referrer-policy"), "", "{path}");
        assert_ne!(answer.header("permissions-policy"), "", "{path}");
        assert_ne!(answer.header("x-request-id"), "", "{path}");
    }
    assert_eq!(browser.get("/api/v1/me").await.header("cache-control"), "no-store");
}
