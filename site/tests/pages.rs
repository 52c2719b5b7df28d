//! The pages of the examples: whole, linked, and safe; and the pictures that the repository shows are those of its examples.

use html5gum::{Token, Tokenizer};
use journey_compiler::project::{Checked, Project};
use journey_picture::Options;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn example(name: &str) -> Checked {
    let root = repository().join("examples").join(name);
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "journey") {
                let below = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
                files.push((below, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    files.sort();
    check(&std::fs::read_to_string(root.join("journey.toml")).unwrap(), files, &|path: &str| {
        std::fs::read_to_string(root.join(path)).map_err(|e| e.to_string())
    })
}

fn check(settings: &str, files: Vec<(String, String)>, assets: &dyn journey_compiler::project::Files) -> Checked {
    let settings = settings.to_string();
    let checked = journey_compiler::check::check(&Project { settings, files, assets, packs: journey_stdlib::packs() });
    assert!(!checked.has_errors(), "{:#?}", checked.diagnostics);
    checked
}

/// What a browser finds on a page.
#[derive(Default)]
struct Found {
    ids: BTreeSet<String>,
    links: Vec<String>,
    srcdocs: Vec<String>,
    text: String,
}

/// Reads a page as browsers do, and asks for more: every tag is closed in its order, and no id stands twice.
fn read(name: &str, html: &str) -> Found {
    const VOID: [&str; 6] = ["meta", "link", "br", "input", "img", "hr"];
    let mut found = Found::default();
    let mut open: Vec<String> = Vec::new();
    for token in Tokenizer::new(html) {
        let token = match token {
            Ok(token) => token,
            Err(never) => match never {},
        };
        match token {
            Token::StartTag(tag) => {
                let of = String::from_utf8(tag.name.to_vec()).unwrap();
                for (key, value) in &tag.attributes {
                    let value = String::from_utf8(value.to_vec()).unwrap();
                    match String::from_utf8(key.to_vec()).unwrap().as_str() {
                        "id" => assert!(found.ids.insert(value.clone()), "{name}: the id {value} stands twice"),
                        "href" | "src" => found.links.push(value),
                        "srcdoc" => found.srcdocs.push(value),
                        handler => assert!(!handler.starts_with("on"), "{name}: {handler}"),
                    }
                }
                if !tag.self_closing && !VOID.contains(&of.as_str()) {
                    open.push(of);
                }
            }
            Token::EndTag(tag) => {
                let of = String::from_utf8(tag.name.to_vec()).unwrap();
                assert_eq!(open.pop(), Some(of), "{name}: tags are closed in their order");
            }
            Token::String(text) => found.text.push_str(std::str::from_utf8(&text).unwrap()),
            Token::Error(error) => panic!("{name}: {error:?}"),
            Token::Comment(_) | Token::Doctype(_) => {}
        }
    }
    assert!(open.is_empty(), "{name}: {open:?} are open at the end");
    found
}

fn decoded(link: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = link.as_bytes();
    while let Some((first, more)) = rest.split_first() {
        rest = more;
        match (*first, more) {
            (b'%', [high, low, after @ ..]) => {
                let hex = String::from_utf8(vec![*high, *low]).unwrap();
                bytes.push(u8::from_str_radix(&hex, 16).unwrap());
                rest = after;
            }
            (byte, _) => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// No dead link, nothing that is fetched from elsewhere, and HTML that needs no mending.
fn hold(name: &str, checked: &Checked) -> BTreeMap<String, Found> {
    let pages = journey_site::pages(&checked.program, &checked.sources);
    let again = journey_site::pages(&checked.program, &checked.sources);
    assert_eq!(pages, again, "{name}: the same each time");
    let files: BTreeSet<&str> = pages.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(files.len(), pages.len(), "{name}: each page has its own file");
    let html = pages.iter().filter(|(path, _)| path.ends_with(".html"));
    let found: BTreeMap<String, Found> =
        html.map(|(path, text)| (path.clone(), read(&format!("{name}/{path}"), text))).collect();
    for (path, page) in &found {
        for link in &page.links {
            assert!(!link.contains(':') && !link.starts_with('/'), "{name}/{path} leads elsewhere: {link}");
            let (file, anchor) = link.split_once('#').map_or((link.as_str(), None), |(file, id)| (file, Some(id)));
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let target = match (file, file.strip_prefix("../"), folder) {
                ("", ..) => path.clone(),
                (_, Some(up), _) => decoded(up),
                (_, None, "") => decoded(file),
                (_, None, folder) => format!("{folder}/{}", decoded(file)),
            };
            assert!(files.contains(target.as_str()), "{name}/{path}: {link} leads nowhere");
            if let Some(anchor) = anchor.filter(|id| !id.is_empty()) {
                let there = found[&target].ids.contains(&decoded(anchor));
                assert!(there, "{name}/{path}: there is no {link}");
            }
        }
        for inner in &page.srcdocs {
            assert!(inner.contains("default-src 'none'"), "{name}/{path}: an e-mail may fetch nothing");
        }
    }
    found
}

#[test]
fn pages_of_the_examples_are_whole_and_no_link_is_dead() {
    for name in ["cdnow", "retail", "saas", "telco"] {
        let checked = example(name);
        let pages = hold(name, &checked);
        for journey in &checked.program.journeys {
            assert!(pages.contains_key(&format!("journeys/{}.html", journey.name)));
        }
    }
}

/// Words of a program are text, whatever signs are in them.
#[test]
fn what_a_program_says_is_never_markup() {
    let settings = "[project]\nname = \"<script>\"\ntime_zone = \"Europe/Berlin\"\ncurrency = \"EUR\"\n";
    let text = r##"
/// <script>alert("owner")</script>
team นักการตลาด "<a@example.com>"
purpose service "<i>Notes</i>" needs no consent
taxonomy 캠페인 { หน้าร้อน "<b>Summer</b> & \"sun\"" }
channel email2 { address profile.email }
event it_happened "It <happened>" { what: text at most 80 }
/// </p><script>alert("message")</script>
@캠페인 หน้าร้อน
message ข้อความ for service {
  email2 {
    subject "</p><script>alert(1)</script> {{ profile.email otherwise '<u>' }}"
    body    "<p title=\"{{ profile.email otherwise 'a' }}\">\"quoted\"</p><script>alert(2)</script>"
  }
}
/// Quotes "here" & <script>there</script>
@owner นักการตลาด
journey 여정 {
  trigger  on it_happened as x where x.what == "</script><script>alert(3)</script>"
  re-entry after finishing

  send ข้อความ by email2
  finish as "<img src=x onerror=alert(4)>"
}
"##;
    let none = |_: &str| Err("stands alone".to_string());
    let checked = check(settings, vec![("a.journey".into(), text.into())], &none);
    let pages = hold("strange", &checked);
    assert!(pages["journeys/여정.html"].text.contains("<img src=x onerror=alert(4)>"));
    assert!(pages["messages/ข้อความ.html"].text.contains("<script>alert(1)</script>"));
    let script = journey_site::pages(&checked.program, &checked.sources);
    let (_, script) = script.iter().find(|(path, _)| path == "search.js").unwrap();
    assert!(!script.contains("<script"));
}

/// Pictures in `docs/` that pages of this repository show: the project, the journey.
const SHOWN: &[(&str, &str)] = &[("retail", "abandoned_cart"), ("retail", "win_back"), ("saas", "trial")];

/// After a change of the drawing or the examples: `JOURNEY_DRAW=1 cargo test -p journey-site`.
#[test]
fn pictures_in_the_documentation_are_those_of_the_examples() {
    for (project, journey) in SHOWN {
        let checked = example(project);
        let picture = journey_picture::svg(&checked.program, &checked.sources, journey, &Options::default()).unwrap();
        let path = repository().join(format!("docs/pictures/{project}-{journey}.svg"));
        if std::env::var_os("JOURNEY_DRAW").is_some() {
            std::fs::write(&path, &picture).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(kept == picture, "{} is not what the example says; draw it again with JOURNEY_DRAW=1", path.display());
    }
}
