use super::*;
use crate::image::{Cmp, Fold, Function, Instr, Op, Trigger};
use crate::program::Program;
use crate::sample::{self, constant, function, give};
use crate::{file, program::LoadError};
use proptest::prelude::*;

fn errors(change: impl FnOnce(&mut Image)) -> Vec<String> {
    let mut image = sample::image();
    change(&mut image);
    match Program::new(image) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.iter().map(ToString::to_string).collect(),
    }
}

/// Errors of a program with one function more.
fn with(function: Function) -> Vec<String> {
    errors(|image| image.functions.push(function))
}

fn bool_function(ops: Vec<Op>) -> Vec<String> {
    with(function("f", Ty::Bool, ops))
}

#[track_caller]
fn only(errors: Vec<String>, expected: &str) {
    assert_eq!(errors, [expected]);
}

#[test]
fn the_sample_is_well_formed() {
    assert_eq!(errors(|_| ()), [] as [&str; 0]);
}

#[test]
fn registers_are_written_before_they_are_read() {
    only(bool_function(vec![give(0)]), "function 17 (f): there is no register 0");
    let read_first = vec![Op::Not { dst: 0, a: 1 }, constant(1, 0), give(0)];
    only(bool_function(read_first), "function 17 (f): register 1 holds nothing, and a bool is read");
}

#[test]
fn registers_are_written_on_every_path() {
    let one_path = |jump| {
        vec![
            constant(0, 0),
            Op::JumpIf { a: 0, to: jump },
            constant(1, 1),
            constant(2, 1),
            Op::Not { dst: 0, a: 1 },
            give(0),
        ]
    };
    only(bool_function(one_path(3)), "function 17 (f): register 1 holds nothing, and a bool is read");
    assert!(bool_function(one_path(2)).is_empty());
}

#[test]
fn paths_that_give_different_kinds_give_any() {
    let ops = vec![
        constant(0, 1),
        Op::Profile { dst: 1, field: sample::EMAIL },
        Op::JumpIf { a: 0, to: 4 },
        Op::Today { dst: 1 },
        Op::Known { dst: 0, a: 1 },
        give(0),
    ];
    assert!(bool_function(ops).is_empty());
}

#[test]
fn kinds_are_respected() {
    let number_as_bool = vec![constant(0, 0), Op::IntToNum { dst: 0, a: 0 }, give(0)];
    only(bool_function(number_as_bool), "function 17 (f): register 0 holds a number, and a bool is read");
    let text_with_node = vec![
        Op::Profile { dst: 0, field: sample::EMAIL },
        Op::Profile { dst: 1, field: sample::LIKES },
        Op::CompareInt { cmp: Cmp::Eq, dst: 0, a: 0, b: 1 },
        give(0),
    ];
    only(bool_function(text_with_node), "function 17 (f): what is compared as integers is not alike, or no integer");
}

#[test]
fn jumps_go_forward_and_stay_inside() {
    let jump = |to| vec![constant(0, 0), Op::Jump { to }, give(0)];
    assert!(bool_function(jump(2)).is_empty());
    only(bool_function(jump(1)), "function 17 (f): operation 1 jumps to 1");
    only(bool_function(jump(3)), "function 17 (f): operation 1 jumps to 3");
    only(bool_function(vec![constant(0, 0)]), "function 17 (f): does not end with its result");
    only(bool_function(vec![]), "function 17 (f): does not end with its result");
}

#[test]
fn functions_read_only_what_is_in_their_header() {
    only(
        bool_function(vec![Op::Event { dst: 0, field: 0 }, give(0)]),
        "function 17 (f): there is no field of the event 0",
    );
    only(bool_function(vec![Op::Slot { dst: 0, slot: 0 }, give(0)]), "function 17 (f): there is no slot 0");
    only(
        bool_function(vec![Op::Member { dst: 0, field: 0 }, give(0)]),
        "function 17 (f): there is no field of the member 0",
    );
    let time = vec![Op::HappenedAt { dst: 0 }, Op::Known { dst: 0, a: 0 }, give(0)];
    only(bool_function(time), "function 17 (f): there is no event whose time could be read");
}

#[test]
fn sites_give_what_functions_read() {
    only(errors(|image| image.segments[0].condition = 6), "segment gold: a function reads an event that is not there");
    only(errors(|image| image.segments[0].condition = 7), "segment gold: a function reads a run that is not there");
    only(
        errors(|image| image.segments[0].condition = 10),
        "segment gold: a function for members of lists stands outside of a list",
    );
    only(
        errors(|image| image.segments[0].condition = 5),
        "segment gold: function 5 gives a text, and a bool is needed",
    );
    only(
        errors(|image| image.histories[1].condition = Some(1)),
        "count(viewed where count > 1): what is remembered depends on more than its event",
    );
    let early = errors(|image| {
        let Trigger::Event { listener, .. } = &mut image.journeys[0].triggers[0] else { return };
        listener.condition = Some(7);
    });
    only(early, "journey abandoned_cart, trigger 0: a function reads slots of a run that has not begun");
}

#[test]
fn nothing_calls_itself() {
    let segment_of_itself = errors(|image| image.functions[4].ops[0] = Op::InSegment { dst: 0, segment: 1 });
    only(
        segment_of_itself,
        "function 4 (in gold and count(viewed by day in last 3 days) >= 1): calls itself, or too deep",
    );
    let query_in_itself = with(Function {
        member: 2,
        ..function(
            "f",
            Ty::Bool,
            vec![constant(0, 0), Op::Each { dst: 0, list: 0, stride: 2, body: 17, fold: Fold::All }, give(0)],
        )
    });
    only(query_in_itself, "function 17 (f): calls itself, or too deep");
    let watch_of_itself =
        errors(|image| image.functions[3].ops[0] = Op::Held { dst: 0, watch: 1, span: sample::days(1) });
    only(watch_of_itself, "watch regular for 7 days: asks for itself, or too deep");
}

#[test]
fn work_that_doubles_with_every_segment_is_refused() {
    let errors = errors(|image| {
        for at in 0..40u16 {
            let before = image.segments.len() as u16 - 1;
            image
                .segments
                .push(crate::image::Segment { name: format!("s{at}"), condition: image.functions.len() as u32 });
            let twice =
                vec![Op::InSegment { dst: 0, segment: before }, Op::InSegment { dst: 0, segment: before }, give(0)];
            image.functions.push(function("twice", Ty::Bool, twice));
        }
    });
    assert!(errors[0].ends_with("does too much at once"), "{errors:?}");
}

#[test]
fn control_stays_inside_the_code() {
    only(
        errors(|image| image.journeys[1].code[1] = Instr::Nop),
        "journey winback, instruction 1: control runs out of the code",
    );
    only(
        errors(|image| image.journeys[1].code[0] = Instr::Jump(2)),
        "journey winback, instruction 0: there is no instruction 2",
    );
    only(
        errors(|image| image.journeys[1].code[0] = Instr::Stay(1)),
        "journey winback, instruction 0: there is no place 1",
    );
    only(
        errors(|image| image.journeys[0].on_leaving = Some(0)),
        "journey abandoned_cart, on leaving: a run that ends waits or hands off",
    );
}

#[test]
fn experiments_share_the_whole() {
    let arms = |arms: [u64; 2]| {
        errors(|image| {
            if let Instr::Experiment { arms: found, .. } = &mut image.journeys[0].code[13] {
                found.iter_mut().zip(arms).for_each(|(arm, threshold)| arm.0 = threshold);
            }
        })
    };
    assert!(arms([0, 1 << 32]).is_empty());
    only(arms([5, 4]), "journey abandoned_cart, instruction 13: the arms do not share the whole");
    only(arms([0, 1 << 31]), "journey abandoned_cart, instruction 13: the arms do not share the whole");
}

#[test]
fn what_one_customer_costs_is_bounded() {
    let errors = errors(|image| {
        let large = crate::image::HistoryKind::Days { days: u16::MAX, field: None };
        let history = crate::image::History { kind: large, ..image.histories[0].clone() };
        image.histories.extend(vec![history; 4]);
    });
    only(errors, "program: too much is remembered of each customer: more than 1 MiB");
}

#[test]
fn hand_offs_bring_what_is_asked_for() {
    let go = |args| errors(|image| image.journeys[0].code[15] = Instr::GoTo { journey: 1, args });
    assert!(go(vec![None]).is_empty());
    only(go(vec![]), "journey abandoned_cart, instruction 15: hands off other parameters than are asked for");
    only(
        go(vec![Some(15)]),
        "journey abandoned_cart, instruction 15: function 15 gives an integer, and a text is needed",
    );
}

#[test]
fn constants_are_found_by_their_text() {
    only(errors(|image| image.texts[1] = image.texts[0].clone()), "texts: a text stands there twice");
    only(errors(|image| image.profile[1].default = 3), "profile field tier: a value is none of its type");
    only(errors(|image| image.facets[0].nodes[1].end = 4), "taxonomy product: its nodes are not in preorder");
    only(errors(|image| image.time_zone = "Europe/Atlantis".into()), "project: there is no such time zone");
}

#[test]
fn lists_in_lists_are_not_read_to_any_depth() {
    let mut ty = sample::texts();
    for _ in 0..5 {
        let Ty::List(mut list) = sample::texts() else { return };
        list.fields[0].ty = ty;
        ty = Ty::List(list);
    }
    let read = |ty: &Ty| postcard::from_bytes::<Ty>(&postcard::to_allocvec(ty).expect("it can be written"));
    assert_eq!(read(&ty).as_ref(), Ok(&ty));
    // A hundred thousand lists, each the first field of the next: 14 is `List`, 1 one field, no name, no path, no currency.
    let deep: Vec<u8> = [14u8, 1, 0, 0, 0].repeat(100_000);
    assert!(postcard::from_bytes::<Ty>(&deep).is_err());
}

/// A file whose hash agrees with its changed payload.
pub(super) fn sealed(image: &Image, change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut payload = postcard::to_allocvec(image).expect("it can be written");
    change(&mut payload);
    file::seal(&payload)
}

#[test]
fn a_file_gives_back_its_image() {
    let image = sample::image();
    let file = file::write(&image);
    assert_eq!(file::read(&file).as_ref(), Ok(&image));
    assert_eq!(Program::load(&file).map(|program| program.image), Ok(image));
    let error = |bytes: &[u8]| match Program::load(bytes) {
        Err(LoadError::File(error)) => error,
        other => panic!("{other:?}"),
    };
    assert_eq!(error(b"PK"), file::FileError::NotAnImage);
    assert_eq!(error(&file[..file.len() - 1]), file::FileError::WrongLength);
    let mut other = file.clone();
    other[8] = 9;
    assert_eq!(error(&other), file::FileError::OtherFormat(9));
    let mut other = file.clone();
    *other.last_mut().expect("it is not empty") ^= 1;
    assert_eq!(error(&other), file::FileError::Damaged);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    /// Whatever the bytes say, loading ends with an error or with a program that can be laid out and listed.
    #[test]
    fn hostile_bytes_give_an_error_or_a_program(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4), cut in prop::option::weighted(0.1, any::<prop::sample::Index>())) {
        let file = sealed(&sample::image(), |payload| {
            for (at, byte) in changes {
                let at = at.index(payload.len());
                payload[at] = byte;
            }
            if let Some(cut) = cut {
                payload.truncate(cut.index(payload.len()));
            }
        });
        if let Ok(program) = Program::load(&file) {
            crate::listing::listing(&program.image);
            every_function_ends(&program);
        }
    }

    #[test]
    fn noise_is_no_program(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Program::load(&bytes).is_err());
        prop_assert!(Program::load(&file::seal(&bytes)).is_err());
    }
}

/// Functions that the verifier has accepted can be evaluated with rows and slots of the right length, whatever is in them.
fn every_function_ends(program: &Program) {
    use crate::eval::{Frame, Scope};
    use crate::image::MISSING;
    let pool = crate::pool::Pool::new(&program.image);
    let mut frame = Frame::new(program);
    let state = program.layout.fresh();
    for word in [0, 1, MISSING, u64::MAX] {
        for (at, function) in program.image.functions.iter().enumerate() {
            let row =
                vec![word; function.event.map_or(0, |event| program.image.events[usize::from(event)].fields.len())];
            let slots =
                vec![
                    word;
                    function.journey.map_or(0, |journey| program.image.journeys[usize::from(journey)].slots.len())
                ];
            let member = vec![word; usize::from(function.member)];
            let scope = Scope {
                row: &row,
                slots: &slots,
                member: &member,
                ..Scope::of(program, &pool, &state, sample::noon(0))
            };
            scope.eval(at as u32, &mut frame, &mut i64::MAX.clone());
        }
    }
}
