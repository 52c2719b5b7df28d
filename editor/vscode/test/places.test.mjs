import assert from 'node:assert/strict'
import test from 'node:test'
import { stepAt } from '../dist/parts/places.mjs'

const step = (id, from, to, uri = 'a') => ({ id, uri, range: { start: { line: from, character: 2 }, end: { line: to, character: 9 } } })
const steps = [step(1, 3, 20), step(2, 5, 7), step(3, 5, 7, 'b'), step(4, 12, 12)]

test('the innermost step counts', () => {
  assert.equal(stepAt(steps, 'a', { line: 6, character: 0 }), 2)
  assert.equal(stepAt(steps, 'a', { line: 9, character: 0 }), 1)
  assert.equal(stepAt(steps, 'b', { line: 6, character: 0 }), 3)
})

test('outside all steps there is none', () => {
  assert.equal(stepAt(steps, 'a', { line: 3, character: 1 }), undefined)
  assert.equal(stepAt(steps, 'c', { line: 6, character: 0 }), undefined)
})
