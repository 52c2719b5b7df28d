//! Every program on a page compiles, and those that say so run.
//!
//! A block ```` ```journey ```` must compile on its own; with `tests` its tests must pass; with `fragment` it is part of a larger program and
//! is only parsed by the eye; with `error J0101` it must raise exactly that code.

use journey_tests::{Block, blocks, check_named, findings, must_compile, repository};

fn pages() -> Vec<(String, Vec<Block>)> {
    let mut paths = vec![repository().join("README.md")];
    let docs = std::fs::read_dir(repository().join("docs")).into_iter().flatten();
    paths.extend(docs.filter_map(|e| e.ok().map(|e| e.path())).filter(|p| p.extension().is_some_and(|e| e == "md")));
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            (path.strip_prefix(repository()).unwrap().display().to_string(), blocks(&text))
        })
        .collect()
}

#[test]
fn every_program_on_a_page_compiles_and_its_tests_pass() {
    let mut programs = 0;
    for (page, blocks) in pages() {
        for block in blocks.iter().filter(|b| b.info.split(' ').next() == Some("journey")) {
            let name = format!("{page}:{}", block.line);
            let checked = check_named(&name, &block.text);
            match block.info.split_whitespace().collect::<Vec<_>>().as_slice() {
                ["journey"] => must_compile(&name, &checked),
                ["journey", "tests"] => {
                    must_compile(&name, &checked);
                    journey_tests::must_pass(&name, &checked);
                }
                ["journey", "error", code] => {
                    let codes: Vec<&str> = checked.diagnostics.iter().map(|d| d.code.as_str()).collect();
                    assert_eq!(codes, [*code], "{name}:\n{}", findings(&checked));
                }
                ["journey", "fragment"] => continue,
                other => panic!("{name}: nobody knows what {other:?} means"),
            }
            programs += 1;
        }
    }
    assert!(programs > 0);
}
