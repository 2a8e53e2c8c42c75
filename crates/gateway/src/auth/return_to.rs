//! Where a visitor wants to be after the login: a path of this site, and nothing that a browser could take for another.

use url::Url;

/// Where one goes who did not say.
pub(super) const DEFAULT: &str = "/channels";

const MAX_CHARS: usize = 512;

/// `wish` as a path (with query) on this site, or [`DEFAULT`].
pub(super) fn local_path(public_url: &Url, wish: Option<&str>) -> String {
    wish.and_then(|wish| check(public_url, wish)).unwrap_or_else(|| DEFAULT.to_owned())
}

fn check(public_url: &Url, wish: &str) -> Option<String> {
    if !wish.starts_with('/') || wish.len() > MAX_CHARS {
        return None;
    }
    // As a browser resolves it: backslashes, tabs and a second slash can all lead away.
    let url = public_url.join(wish).ok()?;
    let path = url.path();
    let leads_back_here = path.starts_with("/api/") || path.starts_with("/auth/");
    if url.origin() != public_url.origin() || path.starts_with("//") || leads_back_here {
        return None;
    }
    Some(url[url::Position::BeforePath..].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(wish: &str) -> String {
        local_path(&"https://chatters.example".parse().unwrap(), Some(wish))
    }

    #[test]
    fn paths_of_this_site_are_kept() {
        assert_eq!(path("/"), "/");
        assert_eq!(path("/sessions/x?channel=1#top"), "/sessions/x?channel=1#top");
        assert_eq!(path("/channels/amélie"), "/channels/am%C3%A9lie");
    }

    #[test]
    fn what_leads_elsewhere_is_not() {
        let long = format!("/{}", "a".repeat(600));
        for wish in [
            "",
            "channels",
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "/..//evil.example",
            "/.//evil.example",
            "javascript:alert(1)",
            "/auth/login",
            "/api/v1/me",
            &long,
        ] {
            assert_eq!(path(wish), DEFAULT, "{wish:?}");
        }
    }
}
