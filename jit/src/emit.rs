//! A [`Graph`] as Cranelift's IR.
//!
//! What was found by measuring: a `select` of floats becomes a jump, so only whole numbers are selected, and the greater of two
//! floats is the one form of it that becomes `maxsd`; membership is a shift of a mask; conditions are combined, never jumped over.

use crate::context::{AT, Context};
use crate::graph::{Far, Graph, Id, Kind, Node, Place, Real, TAME, Whole};
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{self, InstBuilder, MemFlagsData, Signature, Value, types};
use cranelift_frontend::FunctionBuilder;
use journey_runtime::image::{Cmp, MISSING, Word};

/// Where the leaves of a graph are.
#[derive(Debug, Clone, Copy)]
pub struct Leaves {
    /// Pointer to the [`Context`].
    pub context: Value,
    /// Where the words of the state, the slots, the row and the member begin, if not where the context points.
    pub places: [Option<Base>; 4],
    /// The present moment, if not the context's.
    pub now: Option<Value>,
    /// The present event's own time, likewise.
    pub happened_at: Option<Value>,
    /// Nothing that is read changes while the function runs.
    pub frozen: bool,
}

/// Where words begin.
#[derive(Debug, Clone, Copy)]
pub struct Base {
    /// A pointer.
    pub at: Value,
    /// So many words from it, forward or back.
    pub words: i32,
}

impl Leaves {
    /// Everything is where the context points.
    pub fn of(context: Value) -> Leaves {
        Leaves { context, places: [None; 4], now: None, happened_at: None, frozen: true }
    }
}

/// Makes instructions of nodes.
pub struct Emit<'a, 'b> {
    graph: &'a Graph,
    builder: &'a mut FunctionBuilder<'b>,
    leaves: Leaves,
    far: ir::SigRef,
    values: Vec<Option<Value>>,
    /// How often each node is an operand of what is needed.
    uses: Vec<u32>,
    pointers: [Option<Value>; 4],
    /// Numbers are kept finite at each operation.
    exact: bool,
    tame: Option<Value>,
}

/// The signature of what the context's functions are called by.
pub fn far_signature(mut signature: Signature) -> Signature {
    signature.params.extend([ir::AbiParam::new(types::I64); 2]);
    signature.returns.push(ir::AbiParam::new(types::I64));
    signature
}

fn trusted() -> MemFlagsData {
    MemFlagsData::trusted()
}

fn int(cmp: Cmp) -> IntCC {
    match cmp {
        Cmp::Eq => IntCC::Equal,
        Cmp::Ne => IntCC::NotEqual,
        Cmp::Lt => IntCC::SignedLessThan,
        Cmp::Le => IntCC::SignedLessThanOrEqual,
        Cmp::Gt => IntCC::SignedGreaterThan,
        Cmp::Ge => IntCC::SignedGreaterThanOrEqual,
    }
}

fn float(cmp: Cmp) -> FloatCC {
    match cmp {
        Cmp::Eq => FloatCC::Equal,
        Cmp::Ne => FloatCC::NotEqual,
        Cmp::Lt => FloatCC::LessThan,
        Cmp::Le => FloatCC::LessThanOrEqual,
        Cmp::Gt => FloatCC::GreaterThan,
        Cmp::Ge => FloatCC::GreaterThanOrEqual,
    }
}

impl<'a, 'b> Emit<'a, 'b> {
    /// Instructions at the builder's present place.
    pub fn new(
        graph: &'a Graph,
        builder: &'a mut FunctionBuilder<'b>,
        leaves: Leaves,
        far: ir::SigRef,
    ) -> Emit<'a, 'b> {
        let values = vec![None; graph.len()];
        let uses = vec![0; graph.len()];
        Emit { graph, builder, leaves, far, values, uses, pointers: [None; 4], exact: false, tame: None }
    }

    /// The values of `roots`. Where numbers may get out of hand, another way through the same graph is taken.
    pub fn roots(mut self, roots: &[Id]) -> Vec<Value> {
        let needed = self.graph.needed(roots);
        for id in &needed {
            self.graph.node(*id).operands().for_each(|operand| self.uses[operand.0 as usize] += 1);
        }
        let fast = self.all(&needed, roots);
        let Some(tame) = self.tame else { return fast };
        let (slow, done) = (self.builder.create_block(), self.builder.create_block());
        self.builder.set_cold_block(slow);
        for value in &fast {
            let ty = self.builder.func.dfg.value_type(*value);
            self.builder.append_block_param(done, ty);
        }
        let args: Vec<ir::BlockArg> = fast.into_iter().map(ir::BlockArg::Value).collect();
        self.builder.ins().brif(tame, done, &args, slow, &[]);
        self.builder.seal_block(slow);
        self.builder.switch_to_block(slow);
        self.values.fill(None);
        self.pointers = [None; 4];
        self.exact = true;
        let exact = self.all(&needed, roots);
        let args: Vec<ir::BlockArg> = exact.into_iter().map(ir::BlockArg::Value).collect();
        self.builder.ins().jump(done, &args);
        self.builder.seal_block(done);
        self.builder.switch_to_block(done);
        self.builder.block_params(done).to_vec()
    }

    fn all(&mut self, needed: &[Id], roots: &[Id]) -> Vec<Value> {
        for id in needed {
            // Words are read where they are asked for: as words or as numbers.
            if let Node::Load(..) = self.graph.node(*id) {
                continue;
            }
            let value = self.node(*id);
            self.values[id.0 as usize] = Some(value);
            if self.graph.is_wild(*id) && !self.exact {
                let size = self.builder.ins().fabs(value);
                let most = self.builder.ins().f64const(TAME);
                let tame = self.builder.ins().fcmp(FloatCC::LessThan, size, most);
                self.tame = Some(match self.tame {
                    Some(other) => self.builder.ins().band(other, tame),
                    None => tame,
                });
            }
        }
        roots.iter().map(|root| self.value(*root)).collect()
    }

    fn value(&mut self, id: Id) -> Value {
        if let Some(value) = self.values[id.0 as usize] {
            return value;
        }
        // Only what is read is left: operands have lower numbers than what they are operands of.
        let value = self.node(id);
        self.values[id.0 as usize] = Some(value);
        value
    }

    fn word(&mut self, word: Word) -> Value {
        self.builder.ins().iconst(types::I64, word as i64)
    }

    fn load(&mut self, place: Place, at: u32, ty: ir::Type) -> Value {
        let at = at as i32;
        let index = place as usize;
        let flags = if self.leaves.frozen { trusted().with_readonly() } else { trusted() };
        if let Some(base) = self.leaves.places[index] {
            return self.builder.ins().load(ty, flags, base.at, 8 * (base.words + at));
        }
        let offset = [AT.state, AT.slots, AT.row, AT.member][index];
        let context = self.leaves.context;
        let pointer = match self.pointers[index] {
            Some(pointer) => pointer,
            None => self.builder.ins().load(types::I64, trusted().with_readonly(), context, offset),
        };
        self.pointers[index] = Some(pointer);
        self.builder.ins().load(ty, flags, pointer, 8 * at)
    }

    fn of_context(&mut self, offset: i32) -> Value {
        let context = self.leaves.context;
        self.builder.ins().load(types::I64, trusted(), context, offset)
    }

    fn node(&mut self, id: Id) -> Value {
        match self.graph.node(id) {
            Node::Const(word) => self.word(word),
            Node::Number(bits) => self.builder.ins().f64const(f64::from_bits(bits)),
            Node::Flag(flag) => self.builder.ins().iconst(types::I8, i64::from(flag)),
            Node::Small(number) => self.builder.ins().iconst(types::I32, i64::from(number)),
            Node::Load(place, at) => self.load(place, at, types::I64),
            Node::HappenedAt => match self.leaves.happened_at {
                Some(moment) => moment,
                None => self.of_context(AT.happened_at),
            },
            Node::Now => match self.leaves.now {
                Some(moment) => moment,
                None => self.of_context(AT.now),
            },
            Node::Changes => self.of_context(AT.changes),
            Node::Float(word) => match self.graph.node(word) {
                Node::Load(place, at) => self.load(place, at, types::F64),
                _ => {
                    let word = self.value(word);
                    self.builder.ins().bitcast(types::F64, MemFlagsData::new(), word)
                }
            },
            Node::Bits(a) => {
                let (a, zero) = (self.value(a), self.builder.ins().f64const(0.0));
                // -0.0 + 0.0 is 0.0; nothing else changes.
                let a = self.builder.ins().fadd(a, zero);
                self.builder.ins().bitcast(types::I64, MemFlagsData::new(), a)
            }
            Node::WordOf(a) => {
                let a = self.value(a);
                self.builder.ins().uextend(types::I64, a)
            }
            Node::Convert(a) => {
                let a = self.value(a);
                self.builder.ins().fcvt_from_sint(types::F64, a)
            }
            Node::Whole(op, a, b) => {
                let (a, b) = (self.value(a), self.value(b));
                self.whole(op, a, b)
            }
            Node::Plus(a, b) => {
                let (a, b) = (self.value(a), self.value(b));
                self.saturating(Whole::Add, a, b)
            }
            Node::Real(op, a, b) => {
                let (a, b) = (self.value(a), self.value(b));
                let result = match op {
                    Real::Add => self.builder.ins().fadd(a, b),
                    Real::Sub => self.builder.ins().fsub(a, b),
                    Real::Mul => self.builder.ins().fmul(a, b),
                    Real::Div => return self.quotient(a, b),
                };
                if self.exact { self.finite(result) } else { result }
            }
            Node::Ratio(a, b) => {
                let (a, b) = (self.value(a), self.value(b));
                let a = self.builder.ins().fcvt_from_sint(types::F64, a);
                let b = self.builder.ins().fcvt_from_sint(types::F64, b);
                self.quotient(a, b)
            }
            Node::Far(op, a, b) => {
                let offset = match op {
                    Far::MulMoney => AT.mul_money,
                    Far::DivMoney => AT.div_money,
                };
                let (a, b) = (self.value(a), self.value(b));
                let b = self.builder.ins().bitcast(types::I64, MemFlagsData::new(), b);
                let to = self.of_context(offset);
                let call = self.builder.ins().call_indirect(self.far, to, &[a, b]);
                self.builder.inst_results(call)[0]
            }
            Node::Compare(cmp, a, b) => {
                let (a, value) = (self.value(a), self.value(b));
                match self.graph.node(b) {
                    Node::Const(word) => self.builder.ins().icmp_imm_s(int(cmp), a, word as i64),
                    _ => self.builder.ins().icmp(int(cmp), a, value),
                }
            }
            Node::CompareReal(cmp, a, b) => {
                let (a, b) = (self.value(a), self.value(b));
                self.builder.ins().fcmp(float(cmp), a, b)
            }
            Node::OneOf(a, set) => {
                let few = self.graph.is_few(a);
                let a = self.value(a);
                self.one_of(a, set, few)
            }
            Node::Between(a, from, to) => {
                let a = self.value(a);
                self.run(a, from, to - 1)
            }
            Node::Weekday(a) => {
                let a = self.value(a);
                // 1970-01-01 was a Thursday.
                let days = self.builder.ins().iadd_imm_s(a, 3);
                let seven = self.word(7);
                let rest = self.builder.ins().srem(days, seven);
                let before = self.builder.ins().icmp_imm_s(IntCC::SignedLessThan, rest, 0);
                let up = self.builder.ins().iadd_imm_s(rest, 7);
                self.builder.ins().select(before, up, rest)
            }
            Node::And(a, b) => {
                let (a, b) = (self.value(a), self.value(b));
                self.builder.ins().band(a, b)
            }
            Node::Or(a, b) => {
                let (a, b) = (self.value(a), self.value(b));
                self.builder.ins().bor(a, b)
            }
            Node::Not(a) => {
                let a = self.value(a);
                self.builder.ins().bxor_imm_u(a, 1)
            }
            Node::Select(condition, a, b) => {
                let (x, y) = (self.value(a), self.value(b));
                if self.graph.kind(a) != Kind::Float {
                    return self.chosen(condition, x, y);
                }
                let condition = self.value(condition);
                let x = self.builder.ins().bitcast(types::I64, MemFlagsData::new(), x);
                let y = self.builder.ins().bitcast(types::I64, MemFlagsData::new(), y);
                let bits = self.builder.ins().select(condition, x, y);
                self.builder.ins().bitcast(types::F64, MemFlagsData::new(), bits)
            }
            Node::Greater(a, b) => {
                let (a, b) = (self.value(a), self.value(b));
                self.greater(a, b)
            }
            Node::Lesser(a, b) => {
                let (a, b) = (self.value(a), self.value(b));
                let less = self.builder.ins().icmp(IntCC::SignedLessThan, b, a);
                self.builder.ins().select(less, b, a)
            }
            Node::Flip(a, b) => {
                let (a, b) = (self.value(a), self.value(b));
                self.builder.ins().bxor(a, b)
            }
            Node::Sum(a, b) => {
                let (a, b) = (self.value(a), self.value(b));
                self.builder.ins().iadd(a, b)
            }
        }
    }

    /// `a` if the condition holds, else `b`. Of a condition that only says which, each part chooses: that takes fewer instructions than
    /// to make flags of the parts, combine them, and look at what comes out.
    fn chosen(&mut self, condition: Id, a: Value, b: Value) -> Value {
        match self.graph.node(condition) {
            Node::And(p, q) if self.uses[condition.0 as usize] == 1 => {
                let both = self.chosen(q, a, b);
                self.chosen(p, both, b)
            }
            Node::Or(p, q) if self.uses[condition.0 as usize] == 1 => {
                let either = self.chosen(q, a, b);
                self.chosen(p, a, either)
            }
            _ => {
                let condition = self.value(condition);
                self.builder.ins().select(condition, a, b)
            }
        }
    }

    /// The only form that becomes one instruction: `b` if `a < b`, else `a`.
    fn greater(&mut self, a: Value, b: Value) -> Value {
        let less = self.builder.ins().fcmp(FloatCC::LessThan, a, b);
        self.builder.ins().select(less, b, a)
    }

    fn saturating(&mut self, op: Whole, a: Value, b: Value) -> Value {
        saturating(self.builder, op, a, b)
    }

    fn whole(&mut self, op: Whole, a: Value, b: Value) -> Value {
        let result = self.saturating(op, a, b);
        never_missing(self.builder, result)
    }

    /// Not finite becomes finite: the greatest, the least, or 0 for what is no number.
    fn finite(&mut self, value: Value) -> Value {
        let (least, most) = (self.builder.ins().f64const(f64::MIN), self.builder.ins().f64const(f64::MAX));
        let low = self.greater(least, value);
        let over = self.builder.ins().fcmp(FloatCC::LessThan, most, low);
        let is_number = self.builder.ins().fcmp(FloatCC::Equal, value, value);
        let low = self.builder.ins().bitcast(types::I64, MemFlagsData::new(), low);
        let most = self.word(f64::MAX.to_bits());
        let held = self.builder.ins().select(over, most, low);
        let zero = self.word(0);
        let bits = self.builder.ins().select(is_number, held, zero);
        self.builder.ins().bitcast(types::F64, MemFlagsData::new(), bits)
    }

    fn quotient(&mut self, a: Value, b: Value) -> Value {
        let quotient = self.builder.ins().fdiv(a, b);
        let finite = self.finite(quotient);
        let zero = self.builder.ins().f64const(0.0);
        let nothing = self.builder.ins().fcmp(FloatCC::Equal, b, zero);
        let (bits, none) = (self.builder.ins().bitcast(types::I64, MemFlagsData::new(), finite), self.word(0));
        let bits = self.builder.ins().select(nothing, none, bits);
        self.builder.ins().bitcast(types::F64, MemFlagsData::new(), bits)
    }

    /// Whether `low <= a <= high`, unsigned.
    fn run(&mut self, a: Value, low: Word, high: Word) -> Value {
        let above = if low == 0 { a } else { self.builder.ins().iadd_imm_s(a, (low as i64).wrapping_neg()) };
        self.builder.ins().icmp_imm_u(IntCC::UnsignedLessThanOrEqual, above, high.wrapping_sub(low) as i64)
    }

    /// `few`: the word is below 64, or missing.
    fn one_of(&mut self, a: Value, set: u32, few: bool) -> Value {
        let set = self.graph.set(set);
        // Shifting counts to 64, so that a missing word is looked up as 0.
        const _: () = assert!(MISSING.is_multiple_of(64));
        let scattered = matches!(set, [low, .., high] if high - low >= set.len() as Word);
        if few && scattered && set.iter().all(|word| (1..64).contains(word)) {
            return self.bit(set.iter().fold(0, |mask, word| mask | 1 << word), a);
        }
        let mut result = None;
        let mut rest = set;
        while let Some(low) = rest.first().copied() {
            let near = rest.iter().take_while(|word| **word - low < 64).count();
            let (group, further) = rest.split_at(near);
            rest = further;
            let high = group[near - 1];
            let is = if near == 1 {
                self.builder.ins().icmp_imm_s(IntCC::Equal, a, low as i64)
            } else if high - low == near as Word - 1 {
                self.run(a, low, high)
            } else {
                let above = if low == 0 { a } else { self.builder.ins().iadd_imm_s(a, (low as i64).wrapping_neg()) };
                let span = (high - low) as i64;
                let near = self.builder.ins().icmp_imm_u(IntCC::UnsignedLessThanOrEqual, above, span);
                let bit = self.bit(group.iter().fold(0, |mask, word| mask | 1 << (word - low)), above);
                self.builder.ins().band(near, bit)
            };
            result = Some(match result {
                Some(other) => self.builder.ins().bor(other, is),
                None => is,
            });
        }
        result.unwrap_or_else(|| self.builder.ins().iconst(types::I8, 0))
    }

    /// A bit of a mask, by its number modulo 64.
    fn bit(&mut self, mask: Word, number: Value) -> Value {
        let mask = self.word(mask);
        let shifted = self.builder.ins().ushr(mask, number);
        let bit = self.builder.ins().ireduce(types::I8, shifted);
        self.builder.ins().band_imm_u(bit, 1)
    }
}

fn saturating(builder: &mut FunctionBuilder<'_>, op: Whole, a: Value, b: Value) -> Value {
    let (result, over) = match op {
        Whole::Add => builder.ins().sadd_overflow(a, b),
        Whole::Sub => builder.ins().ssub_overflow(a, b),
        Whole::Mul => builder.ins().smul_overflow(a, b),
    };
    // What overflows is as great, or as small, as the signs say.
    let sign = match op {
        Whole::Add | Whole::Sub => a,
        Whole::Mul => builder.ins().bxor(a, b),
    };
    let sign = builder.ins().sshr_imm_s(sign, 63);
    let limit = builder.ins().bxor_imm_s(sign, i64::MAX);
    builder.ins().select(over, limit, result)
}

fn never_missing(builder: &mut FunctionBuilder<'_>, whole: Value) -> Value {
    let least = builder.ins().iconst(types::I64, i64::MIN + 1);
    let missing = builder.ins().icmp(IntCC::SignedLessThan, whole, least);
    builder.ins().select(missing, least, whole)
}

/// The saturating sum of whole numbers.
pub fn add_whole(builder: &mut FunctionBuilder<'_>, a: Value, b: Value) -> Value {
    let sum = saturating(builder, Whole::Add, a, b);
    never_missing(builder, sum)
}

/// Stores a moment into the context.
pub fn store_changes(builder: &mut FunctionBuilder<'_>, context: Value, moment: Value) {
    builder.ins().store(trusted(), moment, context, AT.changes);
}

const _: () = assert!(std::mem::size_of::<Context>() == 9 * 8);
