//! The abandoned cart by hand: what the step costs when everything but memory is taken away.
//!
//! Key and state of a customer in one slot of 32 bytes, open addressing, huge pages; slots are asked for 32 events ahead; the two waits
//! have constant lengths, so that the timers of each are a queue. A timer that finds another deadline in the state is of no account.

use super::{DAY, Event, HOUR, Sends};
use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
use std::collections::VecDeque;

/// Events that are looked up ahead.
const AHEAD: usize = 32;
/// No deadline.
const NEVER: u32 = u32::MAX;
/// A huge page.
const HUGE: usize = 2 << 20;

/// Memory in huge pages, zeroed and touched.
pub struct Huge<T> {
    mapping: *mut libc::c_void,
    mapped: usize,
    first: *mut T,
    count: usize,
}

impl<T: Copy> Huge<T> {
    /// `count` values, all bytes zero: `T` must allow that.
    pub fn new(count: usize) -> Huge<T> {
        let bytes = count * size_of::<T>();
        let mapped = (bytes + 2 * HUGE).next_multiple_of(HUGE);
        // SAFETY: a fresh private mapping larger by a huge page than what is used of it, so that it can be aligned.
        unsafe {
            let mapping = libc::mmap(
                std::ptr::null_mut(),
                mapped,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            );
            assert!(mapping != libc::MAP_FAILED, "there is no memory for {bytes} bytes");
            libc::madvise(mapping, mapped, libc::MADV_HUGEPAGE);
            let first = (mapping as usize).next_multiple_of(HUGE) as *mut u8;
            std::ptr::write_bytes(first, 0, bytes);
            Huge { mapping, mapped, first: first.cast(), count }
        }
    }

    #[inline(always)]
    pub fn at(&mut self, at: usize) -> &mut T {
        debug_assert!(at < self.count);
        // SAFETY: callers mask indices with the power of two that `count` is, or take them from 0 to `count`.
        unsafe { &mut *self.first.add(at) }
    }

    #[inline(always)]
    pub fn ask(&self, at: usize) {
        // SAFETY: a prefetch of any address has no effect that a program can see.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(self.first.add(at).cast()) }
    }

    pub fn bytes(&self) -> u64 {
        (self.count * size_of::<T>()) as u64
    }
}

impl<T> Drop for Huge<T> {
    fn drop(&mut self) {
        // SAFETY: the mapping is this value's own, and nothing borrows from it any more.
        unsafe { libc::munmap(self.mapping, self.mapped) };
    }
}

/// Of a customer: 20 bytes.
#[derive(Clone, Copy)]
#[repr(C)]
struct State {
    deadline: u32,
    last: u32,
    pages: u32,
    cart: f32,
    place: u8,
    sends: u8,
}

#[derive(Clone, Copy)]
#[repr(C, align(32))]
struct Slot {
    key: u64,
    state: State,
}

/// Customers, and where their states stand.
pub trait Customers {
    /// Where the state of the event's customer stands.
    fn find(&mut self, event: &Event) -> u32;
    /// Asks for what `find` reads.
    fn ask(&self, event: &Event);
    /// Asks for the state at a place.
    fn ask_state(&self, at: u32);
    #[expect(private_interfaces, reason = "the state is the machine's own affair")]
    fn state(&mut self, at: u32) -> &mut State;
    /// Bytes of memory.
    fn bytes(&self) -> u64;
}

/// Open addressing over scattered ids.
pub struct Table {
    slots: Huge<Slot>,
    shift: u32,
    mask: usize,
}

const NOBODY: State = State { deadline: NEVER, last: 0, pages: 0, cart: 0.0, place: 0, sends: 0 };

impl Table {
    /// At most seven tenths full.
    pub fn new(count: u64, ids: impl Iterator<Item = u64>) -> Table {
        let size = ((count as f64 / 0.7) as usize).next_power_of_two();
        let mut table = Table { slots: Huge::new(size), shift: 64 - size.trailing_zeros(), mask: size - 1 };
        for id in ids {
            let mut at = table.first(id);
            while table.slots.at(at).key != 0 {
                at = (at + 1) & table.mask;
            }
            *table.slots.at(at) = Slot { key: id, state: NOBODY };
        }
        table
    }

    #[inline(always)]
    fn first(&self, id: u64) -> usize {
        (id.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift) as usize
    }
}

impl Customers for Table {
    #[inline(always)]
    fn find(&mut self, event: &Event) -> u32 {
        let mut at = self.first(event.customer);
        while self.slots.at(at).key != event.customer {
            at = (at + 1) & self.mask;
        }
        at as u32
    }

    #[inline(always)]
    fn ask(&self, event: &Event) {
        self.slots.ask(self.first(event.customer));
    }

    #[inline(always)]
    fn ask_state(&self, at: u32) {
        self.slots.ask(at as usize);
    }

    #[inline(always)]
    #[expect(private_interfaces, reason = "the state is the machine's own affair")]
    fn state(&mut self, at: u32) -> &mut State {
        &mut self.slots.at(at as usize).state
    }

    fn bytes(&self) -> u64 {
        self.slots.bytes()
    }
}

/// Customers who have numbers: nothing is looked up.
pub struct Numbered(Huge<State>);

impl Numbered {
    pub fn new(count: usize) -> Numbered {
        let mut states = Huge::new(count);
        (0..count).for_each(|at| *states.at(at) = NOBODY);
        Numbered(states)
    }
}

impl Customers for Numbered {
    #[inline(always)]
    fn find(&mut self, event: &Event) -> u32 {
        event.number
    }

    #[inline(always)]
    fn ask(&self, event: &Event) {
        self.0.ask(event.number as usize);
    }

    #[inline(always)]
    fn ask_state(&self, at: u32) {
        self.0.ask(at as usize);
    }

    #[inline(always)]
    #[expect(private_interfaces, reason = "the state is the machine's own affair")]
    fn state(&mut self, at: u32) -> &mut State {
        self.0.at(at as usize)
    }

    fn bytes(&self) -> u64 {
        self.0.bytes()
    }
}

/// Deadlines of the two waits, each in order of time.
#[derive(Default)]
pub struct Timers {
    queues: [VecDeque<(u32, u32)>; 2],
    due: Vec<u32>,
}

impl Timers {
    pub fn bytes(&self) -> u64 {
        self.queues.iter().map(|queue| 8 * queue.capacity() as u64).sum()
    }

    /// Fires what is due up to `until`, `now` being the moment at which that is found out.
    #[inline(always)]
    fn fire<C: Customers>(&mut self, customers: &mut C, until: u32, sends: &mut Sends) {
        for wait in 0..2 {
            self.due.clear();
            while let Some((at, customer)) = self.queues[wait].front().copied() {
                if at > until {
                    break;
                }
                self.due.push(customer);
                self.queues[wait].pop_front();
            }
            self.due.iter().take(AHEAD).for_each(|customer| customers.ask_state(*customer));
            for number in 0..self.due.len() {
                if let Some(next) = self.due.get(number + AHEAD) {
                    customers.ask_state(*next);
                }
                let customer = self.due[number];
                let state = customers.state(customer);
                if state.deadline > until {
                    continue;
                }
                state.sends += 1;
                if state.place == 1 {
                    sends.first += 1;
                    state.place = 2;
                    state.deadline += DAY;
                    let deadline = state.deadline;
                    self.queues[1].push_back((deadline, customer));
                } else {
                    sends.second += 1;
                    state.place = 0;
                    state.deadline = NEVER;
                }
            }
        }
    }
}

/// All events, then what is due until the last one's time.
#[inline(never)]
pub fn run<C: Customers>(customers: &mut C, timers: &mut Timers, events: &[Event]) -> Sends {
    let mut sends = Sends::default();
    let mut now = 0;
    for events in events.chunks(AHEAD) {
        events.iter().for_each(|event| customers.ask(event));
        for event in events {
            if event.at > now {
                now = event.at;
                // What is due in the very second of an event comes after it.
                timers.fire(customers, now - 1, &mut sends);
            }
            let at = customers.find(event);
            let state = customers.state(at);
            state.last = now;
            match event.kind {
                super::CART => {
                    state.cart = event.value;
                    state.place = 1;
                    state.deadline = now + HOUR;
                    timers.queues[0].push_back((now + HOUR, at));
                }
                super::ORDER => {
                    state.place = 0;
                    state.deadline = NEVER;
                }
                _ => state.pages = state.pages.wrapping_add(1),
            }
        }
    }
    timers.fire(customers, now, &mut sends);
    sends
}

/// What is due until a later moment.
pub fn until<C: Customers>(customers: &mut C, timers: &mut Timers, horizon: u32, sends: &mut Sends) {
    timers.fire(customers, horizon, sends);
}
