// Packs the extension: `npm run package -- [--journey FILE] [--target linux-x64] [--out FILE]`.
// With `--journey` that command is packed too, for the platform that `--target` names; without, the extension looks on the path.

import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'

process.chdir(import.meta.dirname)
const { values } = parseArgs({ options: { journey: { type: 'string' }, target: { type: 'string' }, out: { type: 'string' } } })
const run = (tool, ...args) => execFileSync(path.join('node_modules', '.bin', tool), args, { stdio: 'inherit' })

fs.rmSync('server', { recursive: true, force: true })
if (values.journey !== undefined) {
  const windows = (values.target ?? process.platform).startsWith('win32')
  fs.mkdirSync('server')
  fs.copyFileSync(values.journey, path.join('server', windows ? 'journey.exe' : 'journey'))
  if (!windows) fs.chmodSync('server/journey', 0o755)
}
execFileSync('npm', ['run', 'build', '--silent'], { stdio: 'inherit' })
const target = values.journey === undefined ? [] : ['--target', values.target ?? `${process.platform}-${process.arch}`]
const out = values.out ?? 'journey.vsix'
run('vsce', 'package', '--no-dependencies', '--allow-missing-repository', '--skip-license', ...target, '--out', out)
