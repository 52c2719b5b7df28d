//! All functions of a program as machine code.

use crate::code::{Code, Level, Made, NoCode, Workshop, guarded};
use crate::context::Context;
use crate::emit::{Emit, Leaves, far_signature, store_changes};
use crate::graph::{Graph, Id, Node, Place};
use crate::lift::{Lift, Trusted};
use cranelift_codegen::ir::InstBuilder;
use journey_runtime::eval::{Frame, Scope};
use journey_runtime::image::{FnId, Word};
use journey_runtime::program::Program;

/// More instructions than this are not worked out without branches.
pub const MOST_COST: usize = 600;

/// Words that a function reads of each place, at least.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Needs {
    /// Of the state, slots, row and member.
    pub words: [u32; 4],
}

impl Needs {
    /// What a graph's needed nodes read.
    pub fn of(graph: &Graph, needed: &[Id]) -> Needs {
        let mut needs = Needs::default();
        for id in needed {
            if let Node::Load(place, at) = graph.node(*id) {
                let words = &mut needs.words[place as usize];
                *words = (*words).max(at + 1);
            }
        }
        needs
    }

    /// Of one place.
    pub fn at(&self, place: Place) -> usize {
        self.words[place as usize] as usize
    }
}

type Entry = unsafe extern "C" fn(*mut Context) -> Word;

struct Compiled {
    entry: Entry,
    needs: Needs,
}

/// Compiled functions of a program. Those that ask zones, texts or lists stay with the evaluator.
pub struct Functions {
    code: Code,
    functions: Vec<Option<Compiled>>,
}

impl std::fmt::Debug for Functions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Functions").field("compiled", &self.compiled()).field("code", &self.code).finish()
    }
}

impl Functions {
    /// Compiles what can be compiled.
    pub fn new(program: &Program, level: Level) -> Result<Functions, NoCode> {
        guarded(|| {
            let bounds = Trusted::new(&program.image);
            let mut workshop = Workshop::new(level)?;
            let mut made = Vec::new();
            for function in 0..program.image.functions.len() {
                let mut lift = Lift::new(program, &bounds);
                let Some((result, changes)) = lift.function(function as FnId) else {
                    made.push(None);
                    continue;
                };
                let mut graph = lift.graph;
                let result = graph.as_word(result);
                let roots = [result, changes];
                if graph.cost(&roots) > MOST_COST {
                    made.push(None);
                    continue;
                }
                let needs = Needs::of(&graph, &graph.needed(&roots));
                made.push(Some((single(&mut workshop, &graph, result, changes)?, needs)));
            }
            let code = workshop.finish()?;
            let functions = made.into_iter().map(|made| {
                made.map(|(made, needs)| {
                    let address = code.address(made);
                    // SAFETY: `single` has compiled it with this signature: a pointer in, a word out, the host's convention.
                    let entry = unsafe { std::mem::transmute::<*const u8, Entry>(address) };
                    Compiled { entry, needs }
                })
            });
            let functions = functions.collect();
            Ok(Functions { code, functions })
        })
    }

    /// How many there are, and how many of them are compiled.
    pub fn compiled(&self) -> (usize, usize) {
        (self.functions.len(), self.functions.iter().flatten().count())
    }

    /// Bytes of machine code.
    pub fn bytes(&self) -> usize {
        self.code.bytes
    }

    /// As [`Scope::eval`], to the bit. `scope` is of the program that was compiled.
    pub fn eval(&self, scope: &Scope<'_>, function: FnId, frame: &mut Frame, changes: &mut i64) -> Word {
        let Some(compiled) = self.functions.get(function as usize).and_then(Option::as_ref) else {
            return scope.eval(function, frame, changes);
        };
        let needs = &compiled.needs;
        let there = needs.at(Place::State) <= scope.state.len()
            && needs.at(Place::Slot) <= scope.slots.len()
            && needs.at(Place::Row) <= scope.row.len()
            && needs.at(Place::Member) <= scope.member.len();
        if !there {
            return scope.eval(function, frame, changes);
        }
        let mut context = Context {
            state: scope.state.as_ptr(),
            slots: scope.slots.as_ptr(),
            row: scope.row.as_ptr(),
            member: scope.member.as_ptr(),
            happened_at: scope.happened_at,
            now: scope.now,
            changes: *changes,
            ..Context::default()
        };
        // SAFETY: the code reads words of the four places below `needs`, which are there, and reads and writes the context. It lives in
        // `self.code`, which is borrowed.
        let word = unsafe { (compiled.entry)(&mut context) };
        *changes = context.changes;
        word
    }
}

fn single(workshop: &mut Workshop, graph: &Graph, result: Id, changes: Id) -> Result<Made, NoCode> {
    let far = far_signature(workshop.signature());
    workshop.function(1, true, |builder, params| {
        let far = builder.import_signature(far);
        let values = Emit::new(graph, builder, Leaves::of(params[0]), far).roots(&[result, changes]);
        if graph.node(changes) != Node::Changes {
            store_changes(builder, params[0], values[1]);
        }
        builder.ins().return_(&[values[0]]);
    })
}
