//! The description of the questions: one table instead of an attribute for each.

use common::clients::analysis::{
    SessionSummary,
    people::{Newcomers, Participation, Renames, Retention},
    rooms::{Accounts, Creations, Evolution, Overlap, Raids},
};
use utoipa::{
    OpenApi,
    openapi::{
        ArrayBuilder, Content, HttpMethod, KnownFormat, ObjectBuilder, PathItem, Ref, RefOr, Required,
        Response, ResponseBuilder, Schema, SchemaFormat, Type,
        header::HeaderBuilder,
        path::{OperationBuilder, Parameter, ParameterBuilder, ParameterIn},
    },
};

use super::{Kind, OF_SESSIONS, QUESTIONS};
use crate::openapi::problem;

#[derive(OpenApi)]
#[openapi(components(schemas(
    Accounts,
    Creations,
    Evolution,
    Newcomers,
    Overlap,
    Participation,
    Raids,
    Renames,
    Retention,
    SessionSummary
)))]
struct Schemas;

/// What a question is and takes besides `channel`, `from` and `to`.
struct Question {
    summary: &'static str,
    schema: &'static str,
    parameters: Vec<Parameter>,
}

fn question(name: &str) -> Question {
    let (summary, schema, parameters) = match name {
        "summary" => ("Totals, and the days on which most accounts were created", "SessionSummary", vec![]),
        "overlap" => ("How many accounts each two channels share", "Overlap", vec![]),
        "evolution" => (
            "Capture by capture: chatters, viewers, who arrived and left; streams and raids",
            "Evolution",
            vec![number(
                "points",
                "How many points at most, or about a dozen of each channel; peaks and valleys are kept.",
            )],
        ),
        "newcomers" => ("Who was never seen on the channel before", "Newcomers", pages()),
        "retention" => (
            "Who of a broadcast's newcomers came back",
            "Retention",
            vec![number("horizon", "For how many later broadcasts.")],
        ),
        "participation" => ("How often and how long people are there", "Participation", {
            let absent =
                number("absent", "How many broadcasts a missing regular has been absent for, at least.");
            [vec![choice("list", "Which people are listed.", &["regulars", "missing"]), absent], pages()]
                .concat()
        }),
        "raids" => ("Raids as announced and as seen", "Raids", vec![]),
        "renames" => (
            "Accounts that changed their names often",
            "Renames",
            [vec![number("min", "How many earlier names at least.")], pages()].concat(),
        ),
        "creations" => ("When the accounts were created, beside what is usual", "Creations", {
            let unit = choice("unit", "How long a bar is.", &["month", "week", "day", "hour"]);
            [vec![unit], created()].concat()
        }),
        // "accounts"
        _ => (
            "The accounts as rows; also those behind a range of bars",
            "Accounts",
            [created(), pages()].concat(),
        ),
    };
    Question { summary, schema, parameters }
}

/// The paths and schemas of all questions, below `/api/v1`.
pub(crate) fn document() -> utoipa::openapi::OpenApi {
    let mut document = Schemas::openapi();
    for name in OF_SESSIONS.into_iter().chain(QUESTIONS) {
        let Question { summary, schema, parameters } = question(name);
        let answer = ResponseBuilder::new()
            .description("The answer, and what it rests on.")
            .content("application/json", Content::new(Some(Ref::from_schema_name(schema))))
            .header("X-Cache", HeaderBuilder::new().description(Some("`HIT` or `MISS`")).build());
        add(&mut document, name, summary, parameters, answer.build());
    }
    let format = choice("format", "Of the file.", &["csv", "json", "ndjson", "parquet"]);
    let rows = "One row for each account, or for each in each capture.";
    let what = choice("what", rows, &["accounts", "presences"]);
    let file = ResponseBuilder::new()
        .description(
            "The file, made while it is sent; cut off when something goes wrong, or when nothing of it is taken \
             for a minute. CSV is as in RFC 4180, in UTF-8; a text that a spreadsheet would run as a formula \
             (it begins with `=`, `+`, `-`, `@`, a tab or a carriage return) has an apostrophe in front. In the \
             other formats texts are as they are.",
        )
        .content("application/octet-stream", Content::new(Some(text(None))));
    add(&mut document, "export", "Everything, for other programs", vec![format, what], file.build());
    document
}

fn add(
    document: &mut utoipa::openapi::OpenApi,
    name: &str,
    summary: &str,
    parameters: Vec<Parameter>,
    answer: Response,
) {
    let of_sessions = OF_SESSIONS.contains(&name);
    let too_much = if name == "export" {
        "`too_many_…`, `export_too_large`: that is more than can be exported at once."
    } else {
        "`too_many_…`: the question is about more than can be answered at once."
    };
    let subjects = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(Kind::ALL.map(|kind| format!("{}s", kind.singular()))));
    let subjects = (!of_sessions).then(|| in_path("subjects", "What is asked about.", subjects.into()));
    let mut channel = query("channel", "Only on these channels; may stand several times.", text(None));
    channel.schema = Some(ArrayBuilder::new().items(text(None)).into());
    let time = |name, what| query(name, what, text(Some(KnownFormat::DateTime)));
    let shared = [
        in_path("id", "Which one.", text(None)),
        channel,
        time("from", "Only captures made at this time or later."),
        time("to", "Only captures made before this time."),
    ];
    let operation = OperationBuilder::new()
        .tag("questions")
        .operation_id(Some(format!("ask_{name}")))
        .summary(Some(summary))
        .parameters(Some(subjects.into_iter().chain(shared).chain(parameters)))
        .response("200", answer)
        .response(
            "400",
            problem("`…_invalid`, `…_unknown`: a parameter is malformed, or there is no such one."),
        )
        .response("403", problem("`channel_forbidden`: Twitch does not list the user as its moderator."))
        .response("404", problem("`…_not_found`: there is none, or it is somebody else's."))
        .response("422", problem(too_much));
    let path =
        if of_sessions { format!("/sessions/{{id}}/{name}") } else { format!("/{{subjects}}/{{id}}/{name}") };
    document.paths.paths.insert(path, PathItem::new(HttpMethod::Get, operation));
}

fn in_path(name: &str, description: &str, schema: RefOr<Schema>) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}

fn query(name: &str, description: &str, schema: RefOr<Schema>) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}

fn text(format: Option<KnownFormat>) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).format(format.map(SchemaFormat::KnownFormat)).into()
}

fn number(name: &str, description: &str) -> Parameter {
    query(name, description, ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).into())
}

fn choice(name: &str, description: &str, choices: &[&str]) -> Parameter {
    let schema = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(choices.to_vec()));
    query(name, &format!("{description} The first one when it is not given."), schema.into())
}

fn pages() -> Vec<Parameter> {
    vec![
        number("limit", "How many on a page."),
        query("cursor", "`next_cursor` of the page before.", text(None)),
    ]
}

fn created() -> Vec<Parameter> {
    let time = |name, what| query(name, what, text(Some(KnownFormat::DateTime)));
    vec![
        time("created_from", "Only accounts created at this time or later."),
        time("created_to", "Only accounts created before this time."),
    ]
}
