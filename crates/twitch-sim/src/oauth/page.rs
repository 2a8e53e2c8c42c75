//! The consent page: one self-contained document, in French or English, without script.

use std::fmt::Write as _;

use crate::config::Client;
use crate::world::accounts::TwitchId;
use crate::world::people::{PEOPLE, Person};

/// Whether to speak French; English otherwise.
#[derive(Debug, Clone, Copy)]
pub(super) struct French(pub(super) bool);

impl French {
    fn pick<'a>(self, french: &'a str, english: &'a str) -> &'a str {
        if self.0 { french } else { english }
    }
}

/// Everything the page shows.
pub(super) struct Consent<'a> {
    pub(super) client: &'a Client,
    pub(super) redirect_uri: &'a str,
    pub(super) scopes: &'a [String],
    pub(super) state: Option<&'a str>,
    pub(super) chosen: Option<TwitchId>,
    pub(super) language: French,
}

impl Consent<'_> {
    pub(super) fn render(&self) -> String {
        let say = |french, english| self.language.pick(french, english);
        let lang = say("fr", "en");
        let title = say("Autoriser une application", "Authorize an application");
        let note = say(
            "Simulateur de Twitch : pas de mot de passe, rien de réel.",
            "Twitch simulator: no password, nothing real.",
        );
        let asks = say("demande l'accès à un compte Twitch.", "asks for access to a Twitch account.");
        let who = say("Se connecter en tant que", "Log in as");
        let wants = say("L'application pourra", "It will be able to");
        let remember = say("Se souvenir de moi sur cet appareil", "Remember me on this device");
        let (allow, deny) = (say("Autoriser", "Authorize"), say("Refuser", "Deny"));
        let name = escape(&self.client.name);
        let (people, scopes, hidden) = (self.people(), self.scopes(), self.hidden());
        format!(
            r#"<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style>{STYLE}</style></head><body><main>
<p class="note">{note}</p>
<h1><strong>{name}</strong> {asks}</h1>
<form method="post" action="authorize">{hidden}
<fieldset><legend>{who}</legend>{people}</fieldset>
<section aria-labelledby="scopes"><h2 id="scopes">{wants}</h2><ul>{scopes}</ul></section>
<label class="remember"><input type="checkbox" name="remember" value="on"> {remember}</label>
<div class="buttons"><button name="decision" value="allow" class="allow">{allow}</button>
<button name="decision" value="deny">{deny}</button></div>
</form></main></body></html>"#
        )
    }

    fn people(&self) -> String {
        let chosen = self.chosen.filter(|id| PEOPLE.iter().any(|person| person.id == *id));
        let chosen = chosen.unwrap_or(PEOPLE[0].id);
        PEOPLE.iter().fold(String::new(), |mut html, person| {
            let Person { id, login, display_name, about, .. } = person;
            let checked = if *id == chosen { " checked" } else { "" };
            let about = self.language.pick(about[0], about[1]);
            let initial = &display_name[..1];
            let hue = id.0 * 47 % 360;
            let _ = write!(
                html,
                r#"<label class="person"><input type="radio" name="user_id" value="{id}"{checked} required>
<span class="face" style="background:hsl({hue} 55% 35%)" aria-hidden="true">{initial}</span>
<span><b>{display_name}</b> <small>@{login}</small><br><small>{about}</small></span></label>"#
            );
            html
        })
    }

    fn scopes(&self) -> String {
        let identity =
            self.language.pick("Connaître votre nom et votre identifiant", "Know your name and your id");
        let described = self.scopes.iter().map(|scope| {
            let known = DESCRIPTIONS.iter().find(|(name, ..)| name == scope);
            let text = known.map_or(scope.as_str(), |(_, fr, en)| self.language.pick(fr, en));
            format!(r#"<li title="{scope}">{text}</li>"#, scope = escape(scope), text = escape(text))
        });
        std::iter::once(format!("<li>{identity}</li>")).chain(described).collect()
    }

    fn hidden(&self) -> String {
        let scope = self.scopes.join(" ");
        let fields = [
            ("client_id", Some(self.client.id.as_str())),
            ("redirect_uri", Some(self.redirect_uri)),
            ("scope", Some(scope.as_str())),
            ("state", self.state),
        ];
        fields.into_iter().fold(String::new(), |mut html, (name, value)| {
            if let Some(value) = value.map(escape) {
                let _ = write!(html, r#"<input type="hidden" name="{name}" value="{value}">"#);
            }
            html
        })
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Scope, French, English.
const DESCRIPTIONS: [(&str, &str, &str); 8] = [
    ("moderator:read:chatters", "Voir la liste des chatters", "See the list of chatters"),
    ("user:read:moderated_channels", "Voir les chaînes que vous modérez", "See the channels you moderate"),
    ("moderator:read:followers", "Voir les followers", "See the followers"),
    ("moderator:manage:banned_users", "Bannir et exclure temporairement", "Ban people and time them out"),
    ("moderator:manage:suspicious_users", "Signaler des comptes suspects", "Mark suspicious accounts"),
    ("moderator:manage:shield_mode", "Activer le mode bouclier", "Turn shield mode on and off"),
    ("moderation:read", "Voir les bannis et les modérateurs", "See who is banned and who moderates"),
    ("user:read:email", "Connaître votre adresse e-mail", "Know your e-mail address"),
];

const STYLE: &str = "
:root{color-scheme:light dark;--bg:#f4f2f8;--card:#fff;--ink:#1d1a25;--soft:#5a5468;--line:#d8d3e2;--accent:#6d3bd1}
@media(prefers-color-scheme:dark){:root{--bg:#15131b;--card:#211e2a;--ink:#f2eff8;--soft:#b3acc2;--line:#3a3547;--accent:#8b5cf0}}
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--ink);font:1rem/1.5 system-ui,sans-serif}
main{max-width:34rem;margin:2rem auto;padding:1.5rem;background:var(--card);border:1px solid var(--line);border-radius:.75rem}
h1{font-size:1.25rem;font-weight:400;margin:.5rem 0 1rem}h2,legend{font-size:1rem;font-weight:600;margin:0;padding:0}
.note,small{color:var(--soft)}.note{margin:0;font-size:.875rem}fieldset{border:0;margin:0 0 1rem;padding:0}
.person{display:flex;gap:.75rem;align-items:center;padding:.5rem;margin-top:.25rem;border:1px solid var(--line);border-radius:.5rem;cursor:pointer}
.person:has(:checked){border-color:var(--accent);box-shadow:inset 0 0 0 1px var(--accent)}
.face{flex:none;width:2.25rem;height:2.25rem;border-radius:50%;color:#fff;display:grid;place-items:center;font-weight:700}
input{accent-color:var(--accent);flex:none}ul{margin:.25rem 0 1rem;padding-left:1.25rem}.remember{display:block;margin-bottom:1rem}
.buttons{display:flex;gap:.75rem}button{flex:1;padding:.7rem;font:inherit;font-weight:600;border:1px solid var(--line);border-radius:.5rem;background:none;color:inherit;cursor:pointer}
.allow{background:#6d3bd1;border-color:#6d3bd1;color:#fff}:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
@media(max-width:36rem){main{margin:0;border:0;border-radius:0}}";
