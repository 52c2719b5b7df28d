import assert from 'node:assert/strict'
import test from 'node:test'
import { page } from '../dist/parts/page.mjs'

const svg = '<svg><style>a{} @media (prefers-color-scheme: dark) { a{} }</style><g data-step="3"></g></svg>'
const given = { title: 'Carts & more', svg, dark: true, nonce: 'n1' }

test('the picture has the colours of the theme, not of the system', () => {
  assert.match(page(given), /@media all \{ a\{\} \}/)
  assert.match(page({ ...given, dark: false }), /@media not all \{ a\{\} \}/)
})

test('only the script of the page runs', () => {
  const html = page(given)
  assert.match(html, /default-src 'none'/)
  assert.match(html, /script-src 'nonce-n1'/)
  assert.equal(html.match(/<script/g).length, 1)
})

test('what is said is text', () => {
  const html = page({ ...given, stale: '<b>two errors</b>' })
  assert.match(html, /<title>Carts &amp; more<\/title>/)
  assert.match(html, /&lt;b&gt;two errors/)
})
