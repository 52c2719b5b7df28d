// Which `journey` is started.

import * as path from 'node:path'

export interface Surroundings {
  /** The setting `journey.path`. */
  setting: string
  /** Where the extension is. */
  extension: string
  /** The folders of the workspace: a relative setting is looked for in each. */
  folders: string[]
  /** The environment's `PATH`. */
  path: string
  /** The person's home folder, for `~`. */
  home: string
  windows: boolean
  isFile(file: string): boolean
}

export type Found = { command: string } | { missing: string }

/** The setting counts where there is one; else the command in the extension, else the first on the path. */
export function findServer(at: Surroundings): Found {
  const name = at.windows ? 'journey.exe' : 'journey'
  const setting = at.setting.trim()
  if (setting !== '') {
    const command = fromSetting(setting, at)
    if (command !== undefined) return { command }
    return { missing: `The setting journey.path says \`${setting}\`, and there is no such file.` }
  }
  const bundled = path.join(at.extension, 'server', name)
  if (at.isFile(bundled)) return { command: bundled }
  const command = onPath(name, at)
  if (command !== undefined) return { command }
  return { missing: 'There is no `journey` command on the path. Install it, or say in the setting journey.path where it is.' }
}

function fromSetting(setting: string, at: Surroundings): string | undefined {
  const file = setting.replace(/^~(?=[\\/])/, at.home)
  if (path.isAbsolute(file)) return at.isFile(file) ? file : undefined
  if (!/[\\/]/.test(file)) return onPath(file, at)
  return at.folders.map(folder => path.join(folder, file)).find(at.isFile)
}

function onPath(name: string, at: Surroundings): string | undefined {
  const folders = at.path.split(at.windows ? ';' : ':').filter(folder => folder !== '')
  return folders.map(folder => path.join(folder, name)).find(at.isFile)
}
