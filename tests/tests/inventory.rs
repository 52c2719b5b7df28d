//! What a project reads: as `journey data` tells it, and against what the compiled program reads.

use journey_cli::command::data::{human, rows};
use journey_compiler::inventory::{Owner, Subject, inventory};
use journey_tests::{check_folder, check_named, must_compile, projects};

/// One of everything that can be read, in a program small enough to be read beside its inventory.
const PROGRAM: &str = include_str!("inventory/shop.journey");

#[test]
fn the_inventory_of_a_program() {
    let checked = check_named("shop.journey", PROGRAM);
    must_compile("shop.journey", &checked);
    let found = inventory(&checked.program);
    let numbered: String = PROGRAM
        .lines()
        .enumerate()
        .map(|(at, line)| format!("{:>3}  {line}", at + 1).trim_end().to_string() + "\n")
        .collect();
    let shown = format!("{numbered}\n{}\n{}", human(&checked, &found, 100), rows(&checked, &found));
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("inventory_of_a_program", shown);
    });
}

/// The compiler finds what is read by lowering, the inventory by walking: neither may know of something that the other does not.
#[test]
fn the_inventory_has_what_the_compiled_program_reads() {
    for folder in projects("examples") {
        let checked = check_folder(&folder);
        must_compile(&folder.display().to_string(), &checked);
        let program = &checked.program;
        let found = inventory(program);
        let image = journey_compiler::lower::lower(program, &checked.sources);
        for read in &image.events {
            let id = program.events.iter().position(|e| e.name == read.name).unwrap();
            for field in &read.fields {
                let at = program.events[id].fields.iter().position(|f| f.name == field.name);
                let Some(at) = at else { continue };
                let subject = Subject::field(Owner::Event(id), at);
                // The runtime hears of receipts and consent, whatever a journey says.
                let by_role = program.events[id].about.from_pack
                    && ["message_", "consent_", "task_"].iter().any(|role| read.name.starts_with(role));
                assert!(
                    by_role || found.data.contains_key(&subject),
                    "{}: {}.{}",
                    folder.display(),
                    read.name,
                    field.name
                );
            }
        }
        for read in &image.profile {
            let at = program.profile.iter().position(|f| f.field.name == read.name).unwrap();
            // Every program knows the customer's zone.
            let known = read.name == "time_zone" || found.data.contains_key(&Subject::field(Owner::Profile, at));
            assert!(known || is_address(program, at), "{}: profile.{}", folder.display(), read.name);
        }
        for subject in found.data.keys().filter(|s| s.member.is_none()) {
            if let (Owner::Event(id), Some(field)) = (subject.owner, subject.declared(program)) {
                let read = image.events.iter().find(|e| e.name == program.events[id].name).unwrap();
                let written = found.data[subject].iter().all(|u| u.why() == "written");
                assert!(
                    written || read.fields.iter().any(|f| f.name == field.name),
                    "{}: {}.{} is not read",
                    folder.display(),
                    read.name,
                    field.name
                );
            }
        }
    }
}

/// Addresses of channels that nothing is sent by are read by the program all the same.
fn is_address(program: &journey_compiler::hir::Program, field: usize) -> bool {
    use journey_compiler::expr::walk::any;
    use journey_compiler::hir::ExprKind;
    let addresses = program.channels.iter().filter_map(|c| c.address.as_ref());
    addresses.into_iter().any(|a| any(a, &|e| matches!(e.kind, ExprKind::Profile(of) if of == field)))
}
