//! What compiled code is given by pointer.

use journey_runtime::image::{Arith, Word};
use journey_runtime::number::arith;
use std::mem::offset_of;

/// Pointers to what an expression sees, and the functions it may call. Compiled code names nothing of the host: everything comes in here.
#[derive(Debug)]
#[repr(C)]
pub struct Context {
    /// The customer's state.
    pub state: *const Word,
    /// The run's slots.
    pub slots: *const Word,
    /// The event's row.
    pub row: *const Word,
    /// The present member of a list.
    pub member: *const Word,
    /// The present event's own time.
    pub happened_at: i64,
    /// The present moment.
    pub now: i64,
    /// In and out: the earliest moment at which time alone may change the result.
    pub changes: i64,
    /// An amount times a number.
    pub mul_money: extern "C" fn(Word, Word) -> Word,
    /// An amount by a number.
    pub div_money: extern "C" fn(Word, Word) -> Word,
}

impl Default for Context {
    /// Of nothing: for code that reads rows.
    fn default() -> Context {
        Context {
            state: std::ptr::null(),
            slots: std::ptr::null(),
            row: std::ptr::null(),
            member: std::ptr::null(),
            happened_at: 0,
            now: 0,
            changes: i64::MAX,
            mul_money,
            div_money,
        }
    }
}

/// Byte offsets of a [`Context`].
#[derive(Debug)]
pub struct Offsets {
    pub state: i32,
    pub slots: i32,
    pub row: i32,
    pub member: i32,
    pub happened_at: i32,
    pub now: i32,
    pub changes: i32,
    pub mul_money: i32,
    pub div_money: i32,
}

/// Where everything stands in a [`Context`].
pub const AT: Offsets = Offsets {
    state: offset_of!(Context, state) as i32,
    slots: offset_of!(Context, slots) as i32,
    row: offset_of!(Context, row) as i32,
    member: offset_of!(Context, member) as i32,
    happened_at: offset_of!(Context, happened_at) as i32,
    now: offset_of!(Context, now) as i32,
    changes: offset_of!(Context, changes) as i32,
    mul_money: offset_of!(Context, mul_money) as i32,
    div_money: offset_of!(Context, div_money) as i32,
};

extern "C" fn mul_money(amount: Word, factor: Word) -> Word {
    arith(Arith::MulMoney, amount, factor)
}

extern "C" fn div_money(amount: Word, divisor: Word) -> Word {
    arith(Arith::DivMoney, amount, divisor)
}
