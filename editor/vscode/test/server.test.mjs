import assert from 'node:assert/strict'
import test from 'node:test'
import { findServer } from '../dist/parts/server.mjs'

const at = (files, more = {}) => ({
  setting: '',
  extension: '/ext',
  folders: ['/home/ana/shop'],
  path: '/usr/bin:/opt/bin',
  home: '/home/ana',
  windows: false,
  isFile: file => files.includes(file),
  ...more,
})

test('the setting comes first', () => {
  const files = ['/opt/journey', '/ext/server/journey', '/usr/bin/journey']
  assert.deepEqual(findServer(at(files, { setting: '/opt/journey' })), { command: '/opt/journey' })
})

test('a setting may be in the home folder, in the project, or a name on the path', () => {
  const files = ['/home/ana/bin/journey', '/home/ana/shop/tools/journey', '/opt/bin/journey-next']
  assert.deepEqual(findServer(at(files, { setting: '~/bin/journey' })), { command: '/home/ana/bin/journey' })
  assert.deepEqual(findServer(at(files, { setting: 'tools/journey' })), { command: '/home/ana/shop/tools/journey' })
  assert.deepEqual(findServer(at(files, { setting: 'journey-next' })), { command: '/opt/bin/journey-next' })
})

test('a setting that names no file is said, and nothing else is started', () => {
  const found = findServer(at(['/usr/bin/journey'], { setting: '/nowhere/journey' }))
  assert.match(found.missing, /journey\.path says `\/nowhere\/journey`/)
})

test('then the command in the extension, then the path', () => {
  assert.deepEqual(findServer(at(['/ext/server/journey', '/opt/bin/journey'])), { command: '/ext/server/journey' })
  assert.deepEqual(findServer(at(['/opt/bin/journey'])), { command: '/opt/bin/journey' })
  assert.match(findServer(at([])).missing, /no `journey` command on the path/)
})
