// The abandoned cart in JavaScript: `node step.mjs hand|xstate events.json`. Says CPU seconds and sends as a line of JSON.
//
// Events are [customer, second, kind (0 cart, 1 order, 2 page), value]. What is due in the second of an event comes after it.
import { readFileSync } from 'node:fs';

const [, , which, file] = process.argv;
const events = JSON.parse(readFileSync(file, 'utf8'));
const HOUR = 3600, DAY = 86400, SPAN = 6 * HOUR;
const customers = events.reduce((most, e) => Math.max(most, e[0]), 0) + 1;
const cpu = () => { const used = process.cpuUsage(); return (used.user + used.system) / 1e6; };
const heap = () => { globalThis.gc?.(); return process.memoryUsage().heapUsed; };

function hand() {
  const before = heap();
  const states = new Map();
  for (let i = 0; i < customers; i++) states.set(i, { place: 0, deadline: Infinity, cart: 0, last: 0, pages: 0 });
  const queues = [{ entries: [], head: 0 }, { entries: [], head: 0 }];
  const sends = [0, 0];
  const fire = (until) => {
    for (let wait = 0; wait < 2; wait++) {
      const queue = queues[wait];
      while (queue.head < queue.entries.length && queue.entries[queue.head].at <= until) {
        const { state } = queue.entries[queue.head++];
        if (state.deadline > until) continue;
        if (state.place === 1) {
          sends[0]++;
          state.place = 2;
          state.deadline += DAY;
          queues[1].entries.push({ at: state.deadline, state });
        } else {
          sends[1]++;
          state.place = 0;
          state.deadline = Infinity;
        }
      }
    }
  };
  const bytes = (heap() - before) / customers;
  const started = cpu();
  let now = 0;
  for (const [customer, at, kind, value] of events) {
    if (at > now) fire((now = at) - 1);
    const state = states.get(customer);
    state.last = now;
    if (kind === 0) {
      state.cart = value;
      state.place = 1;
      state.deadline = now + HOUR;
      queues[0].entries.push({ at: state.deadline, state });
    } else if (kind === 1) {
      state.place = 0;
      state.deadline = Infinity;
    } else {
      state.pages++;
    }
  }
  fire(SPAN);
  const seconds = cpu() - started;
  fire(SPAN + DAY);
  return { seconds, first: sends[0], second: sends[1], bytes: Math.round(bytes) };
}

async function xstate() {
  const { assign, createActor, setup } = await import('xstate');
  // A clock that is told the time: a queue for each length of wait; a timer that was cleared is of no account.
  class Clock {
    time = 0;
    queues = new Map();
    live = new Set();
    last = 0;
    now() { return this.time; }
    setTimeout(work, length) {
      let queue = this.queues.get(length);
      if (!queue) this.queues.set(length, (queue = { entries: [], head: 0 }));
      const timer = ++this.last;
      queue.entries.push({ at: this.time + length, timer, work });
      this.live.add(timer);
      return timer;
    }
    clearTimeout(timer) { this.live.delete(timer); }
    // Fires what is due up to `until`, each at its own time.
    fire(until) {
      for (;;) {
        let next;
        for (const queue of this.queues.values()) {
          const head = queue.entries[queue.head];
          if (head && head.at <= until && (!next || head.at < next.entries[next.head].at)) next = queue;
        }
        if (!next) break;
        const { at, timer, work } = next.entries[next.head];
        next.entries[next.head++] = undefined;
        if (this.live.delete(timer)) {
          this.time = at;
          work();
        }
      }
      this.time = until;
    }
  }
  const sends = [0, 0];
  const machine = setup({
    actions: {
      first: () => { sends[0]++; },
      second: () => { sends[1]++; },
      cart: assign({ cart: ({ event }) => event.value }),
      page: assign({ pages: ({ context }) => context.pages + 1 }),
    },
  }).createMachine({
    id: 'cart',
    context: { cart: 0, pages: 0 },
    initial: 'idle',
    on: {
      CART: { target: '.armed', actions: 'cart', reenter: true },
      ORDER: '.idle',
      PAGE: { actions: 'page' },
    },
    states: {
      idle: {},
      armed: { after: { [HOUR]: { target: 'waiting', actions: 'first' } } },
      waiting: { after: { [DAY]: { target: 'idle', actions: 'second' } } },
    },
  });
  const before = heap();
  const clock = new Clock();
  const actors = Array.from({ length: customers }, () => createActor(machine, { clock }).start());
  const bytes = (heap() - before) / customers;
  const kinds = ['CART', 'ORDER', 'PAGE'];
  const messages = events.map(([, , kind, value]) => ({ type: kinds[kind], value }));
  const started = cpu();
  let now = 0;
  for (let i = 0; i < events.length; i++) {
    const [customer, at] = events[i];
    if (at > now) {
      now = at;
      clock.fire(now - 1);
      clock.time = now;
    }
    actors[customer].send(messages[i]);
  }
  clock.fire(SPAN);
  const seconds = cpu() - started;
  clock.fire(SPAN + DAY);
  return { seconds, first: sends[0], second: sends[1], bytes: Math.round(bytes) };
}

const result = which === 'hand' ? hand() : await xstate();
console.log(JSON.stringify({ ...result, events: events.length }));
