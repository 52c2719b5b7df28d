//! What `set`, `emit`, `call` and `task` do: what is told of them, and the inputs they make.

use super::tell;
use crate::image::{FnId, Instr, MISSING, Word};
use crate::input::{EffectKind, InputKind};
use crate::pool::Pool;
use crate::program::Program;
use crate::time::Zone;

/// Such a deed.
pub(crate) struct Deed {
    /// What is told.
    pub kind: EffectKind,
    /// What comes behind the present input.
    pub input: Option<InputKind>,
    /// The slot that keeps its id.
    pub id: Option<u16>,
}

/// The deed of an instruction at `now`, for a customer in `zone`; `eval` gives the result of a function of the run. None: it does none.
pub(crate) fn deed(
    program: &Program,
    pool: &Pool,
    zone: &Zone,
    now: i64,
    instr: &Instr,
    mut eval: impl FnMut(FnId) -> Word,
) -> Option<Deed> {
    let image = &program.image;
    Some(match instr {
        Instr::Set { field, value } => {
            let word = eval(*value);
            let value = tell::value(program, pool, &image.profile[usize::from(*field)].ty, word);
            Deed {
                kind: EffectKind::Set { field: *field, value },
                input: Some(InputKind::Profile { id: None, changes: vec![(*field, word)] }),
                id: None,
            }
        }
        Instr::Emit { event, fields } => {
            let declared = &image.events[usize::from(*event)];
            let row: Vec<Word> = declared
                .fields
                .iter()
                .zip(fields.iter().chain(std::iter::repeat(&None)))
                .map(|(field, value)| match value.map_or(MISSING, &mut eval) {
                    MISSING => field.default.unwrap_or(MISSING),
                    word => word,
                })
                .collect();
            let value = |(field, word): (&crate::image::EventField, &Word)| {
                (field.name.clone(), tell::value(program, pool, &field.ty, *word))
            };
            let fields = declared.fields.iter().zip(&row).map(value).collect();
            Deed {
                kind: EffectKind::Emitted { event: *event, fields },
                input: Some(InputKind::Event { event: *event, happened_at: now, id: None, row }),
                id: None,
            }
        }
        Instr::Call { webhook, inputs, id } => {
            let value = |input: &crate::image::Input| {
                let ty = &image.functions[input.value as usize].ty;
                (input.name.clone(), tell::value(program, pool, ty, eval(input.value)))
            };
            let inputs = inputs.iter().map(value).collect();
            Deed { kind: EffectKind::Called { webhook: *webhook, inputs }, input: None, id: Some(*id) }
        }
        Instr::Task { team, text, due, id } => {
            let due = due.as_ref().map(|span| zone.add(now, span));
            let text = image.texts[*text as usize].clone();
            Deed { kind: EffectKind::Tasked { team: *team, text, due }, input: None, id: *id }
        }
        _ => return None,
    })
}
