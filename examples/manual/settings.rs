//! The tables of the config, from the structs that they are read into.
//!
//! What a comment on a field says is the key's meaning, up to `Default: `, where what holds without
//! the key follows.

use std::fs;
use std::io;
use std::path::Path;

use syn::{
    Attribute, Expr, Fields, GenericArgument, Item, ItemStruct, Lit, Meta, PathArguments, Type,
};

use super::words::in_words;

/// A table of the config.
pub(super) struct Table {
    /// `[delivery]`.
    pub(super) heading: String,
    /// What it is for, in sentences; empty where its keys say it.
    pub(super) text: String,
    /// The keys, as they stand in the struct.
    pub(super) keys: Vec<Key>,
}

/// A key.
pub(super) struct Key {
    /// `retry_for`; of a secret three.
    pub(super) names: Vec<String>,
    /// What a person writes.
    pub(super) kind: &'static str,
    /// What holds without it; `None` where it must be there.
    pub(super) default: Option<String>,
    /// What it means.
    pub(super) meaning: String,
}

/// The tables besides the sinks: each with the file and the struct that it is read into.
const TABLES: &[(&str, &str, &str)] = &[
    ("[delivery]", "src/sinks/delivery.rs", "Delivery"),
    ("[redaction]", "src/redaction/settings.rs", "Settings"),
    ("[folding]", "src/config/folding.rs", "Table"),
    ("[snapshot]", "src/config/examination.rs", "Snapshot"),
    ("[[snapshot.command]]", "src/examine/settings.rs", "Command"),
    ("[job.\"GLOB\"]", "src/config/jobs.rs", "Job"),
    ("[[window]]", "src/config/windows.rs", "Table"),
    ("[spool]", "src/spool/limits.rs", "Limits"),
    ("[metrics]", "src/config/metrics.rs", "Table"),
    ("[sink.KIND.NAME]", "src/config/routing.rs", "Settings"),
];

/// The file that knows all kinds of sinks.
const KINDS: &str = "src/config/sinks.rs";

/// What a setting has that says nothing of itself, because all sinks have it: its meaning, and what
/// holds without it.
const AS_IN_DELIVERY: (&str, &str) = ("As in `[delivery]`, for this sink.", "as `[delivery]` says");

/// All tables of the config, as the sources below `root` have them.
pub(super) fn tables(root: &Path) -> io::Result<Vec<Table>> {
    let mut tables = Vec::new();
    for (heading, file, name) in TABLES {
        let file = parsed(&root.join(file))?;
        let found = strukt(&file, name).ok_or_else(|| missing(heading))?;
        let (text, keys) = (documentation(&found.attrs), keys(found)?);
        tables.push(Table { heading: (*heading).to_owned(), text, keys });
    }
    for kind in kinds(&parsed(&root.join(KINDS))?) {
        tables.push(sink(root, &kind)?);
    }
    Ok(tables)
}

/// The table of one kind of sink. Chats have the settings that they have in common.
fn sink(root: &Path, kind: &str) -> io::Result<Table> {
    let heading = format!("[sink.{kind}.NAME]");
    let file = parsed(&root.join(format!("src/sinks/{kind}.rs")))?;
    let chat = parsed(&root.join("src/sinks/chat.rs"))?;
    let found = strukt(&file, "Settings").or_else(|| strukt(&chat, "Settings"));
    let keys = keys(found.ok_or_else(|| missing(&heading))?)?;
    let about = documentation(&file.attrs);
    let about = about.strip_prefix(&format!("`{heading}`: ")).ok_or_else(|| missing(&heading))?;
    let examples = examples(root, kind)?;
    let text = format!(
        "{} What is to be done at the service stands in {}.",
        capitalised(about),
        examples.join(" and ")
    );
    Ok(Table { heading, text, keys })
}

/// The examples of a kind as they are installed: `KIND.toml`, and `KIND-WAY.toml`.
fn examples(root: &Path, kind: &str) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for file in fs::read_dir(root.join("config/examples"))? {
        let name = file?.file_name().to_string_lossy().into_owned();
        let rest = name.strip_prefix(kind);
        if rest.is_some_and(|rest| rest.starts_with(['.', '-'])) {
            names.push(format!("`/etc/upstart-monitor/examples/{name}`"));
        }
    }
    names.sort_by_key(String::len);
    if names.is_empty() { Err(missing(&format!("an example of `{kind}`"))) } else { Ok(names) }
}

/// The names of the kinds, in the order of the one array `KINDS`.
fn kinds(file: &syn::File) -> Vec<String> {
    let arrays = file.items.iter().filter_map(|item| match item {
        Item::Const(item) if item.ident == "KINDS" => match item.expr.as_ref() {
            Expr::Array(array) => Some(array),
            _ => None,
        },
        _ => None,
    });
    let first_word = |kind: &Expr| match kind {
        Expr::Macro(kind) => {
            kind.mac.tokens.clone().into_iter().next().map(|word| word.to_string())
        }
        _ => None,
    };
    arrays.flat_map(|array| array.elems.iter().filter_map(first_word)).collect()
}

/// The keys that `found` reads.
fn keys(found: &ItemStruct) -> io::Result<Vec<Key>> {
    let Fields::Named(fields) = &found.fields else { return Err(missing("named fields")) };
    let mut keys: Vec<Key> = Vec::new();
    let has_defaults = mentions(&found.attrs, "default");
    for field in &fields.named {
        let name = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
        let secret = keys.last_mut().filter(|key| {
            let first = key.names.first();
            let is_of =
                |first: &String| [format!("{first}_file"), format!("{first}_env")].contains(&name);
            key.kind == "secret" && first.is_some_and(is_of)
        });
        if let Some(key) = secret {
            key.names.push(name);
            continue;
        }
        let (code, is_optional) = bare(&field.ty);
        let kind = in_words(&code).ok_or_else(|| missing(&format!("words for `{code}`")))?;
        let said = documentation(&field.attrs);
        let (meaning, default) = match said.split_once("Default: ") {
            _ if said.is_empty() => (AS_IN_DELIVERY.0, Some(AS_IN_DELIVERY.1)),
            Some((meaning, default)) => (meaning.trim_end(), Some(default.trim_end_matches('.'))),
            None => (said.as_str(), None),
        };
        // A secret is optional for serde in any case, for there are three ways to give it.
        let may_lack =
            kind != "secret" && (is_optional || has_defaults || mentions(&field.attrs, "default"));
        if may_lack && default.is_none() {
            return Err(missing(&format!("`Default: ` in the comment on `{name}`")));
        }
        let (meaning, default) = (meaning.to_owned(), default.map(str::to_owned));
        keys.push(Key { names: vec![name], kind, default, meaning });
    }
    Ok(keys)
}

/// `ty` without `Option` and `Spanned`, as code, and whether it was an `Option`.
fn bare(ty: &Type) -> (String, bool) {
    let Type::Path(path) = ty else { return (String::new(), false) };
    let Some(last) = path.path.segments.last() else { return (String::new(), false) };
    let inside: Vec<_> = match &last.arguments {
        PathArguments::AngleBracketed(all) => {
            let types = all.args.iter().filter_map(|argument| match argument {
                GenericArgument::Type(ty) => Some(bare(ty).0),
                _ => None,
            });
            types.collect()
        }
        _ => Vec::new(),
    };
    let name = last.ident.to_string();
    match (name.as_str(), inside.as_slice()) {
        ("Option", [one]) => (one.clone(), true),
        ("Spanned", [one]) => (one.clone(), false),
        (_, []) => (name, false),
        (_, some) => (format!("{name}<{}>", some.join(",")), false),
    }
}

/// Whether one of the `serde` attributes says `word`.
fn mentions(attributes: &[Attribute], word: &str) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("serde") => {
            list.tokens.clone().into_iter().any(|token| token.to_string() == word)
        }
        _ => false,
    })
}

/// The first paragraph of a comment, as one line: what follows it is for those who read the code.
fn documentation(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(text) => Some(text.value().trim().to_owned()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    });
    lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The struct `name` of `file`.
fn strukt<'a>(file: &'a syn::File, name: &str) -> Option<&'a ItemStruct> {
    file.items.iter().find_map(|item| match item {
        Item::Struct(item) if item.ident == name => Some(item),
        _ => None,
    })
}

fn parsed(path: &Path) -> io::Result<syn::File> {
    syn::parse_file(&fs::read_to_string(path)?).map_err(io::Error::other)
}

fn capitalised(text: &str) -> String {
    let mut rest = text.chars();
    let first = rest.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(rest).collect()
}

fn missing(what: &str) -> io::Error {
    io::Error::other(format!("the sources lack {what}"))
}
