// Starts `journey lsp`, and shows what the protocol has no words for: pictures and tests.

import * as fs from 'node:fs'
import * as os from 'node:os'
import * as vscode from 'vscode'
import { LanguageClient, LanguageClientOptions } from 'vscode-languageclient/node'
import { PictureView } from './picture'
import { findServer } from './server'
import { TestView } from './tests'

let client: LanguageClient | undefined

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const pictures = new PictureView(() => client)
  const tests = new TestView(() => client)
  const start = async () => {
    client = undefined
    client = await started(context, tests)
    await tests.list().catch(() => undefined)
  }
  const restart = async () => {
    await client?.stop().catch(() => undefined)
    await start()
  }
  context.subscriptions.push(
    pictures,
    tests,
    vscode.commands.registerCommand('journey.showPicture', () => pictures.show()),
    vscode.commands.registerCommand('journey.runAllTests', () => tests.runAll()),
    vscode.commands.registerCommand('journey.restart', restart),
    vscode.commands.registerCommand('journey.showOutput', () => client?.outputChannel.show()),
    vscode.workspace.onDidChangeConfiguration(e => e.affectsConfiguration('journey.path') && void restart()),
  )
  await start()
}

export function deactivate(): Thenable<void> | undefined {
  return client?.stop()
}

async function started(context: vscode.ExtensionContext, tests: TestView): Promise<LanguageClient | undefined> {
  const found = findServer({
    setting: vscode.workspace.getConfiguration('journey').get('path', ''),
    extension: context.extensionPath,
    folders: (vscode.workspace.workspaceFolders ?? []).map(folder => folder.uri.fsPath),
    path: process.env.PATH ?? '',
    home: os.homedir(),
    windows: process.platform === 'win32',
    isFile: file => fs.statSync(file, { throwIfNoEntry: false })?.isFile() ?? false,
  })
  if ('missing' in found) {
    void askForServer(found.missing)
    return undefined
  }
  const options: LanguageClientOptions = {
    documentSelector: [{ language: 'journey' }, { language: 'html' }, { pattern: '**/journey.toml' }],
    middleware: {
      // What the server offers above tests and journeys is done where the editor shows such things.
      executeCommand: async (command, args, next) => {
        const [uri, what] = args
        if (command === 'journey.runTest') return tests.runOf(uri, what)
        if (command === 'journey.runTests') return tests.runOf(uri)
        const answer = await next(command, args)
        if (command === 'journey.showUses' && Array.isArray(answer)) await showUses(uri, what, answer)
        return answer
      },
    },
  }
  const run = { command: found.command, args: ['lsp'] }
  const fresh = new LanguageClient('journey', 'Journey', { run, debug: run }, options)
  try {
    await fresh.start()
    return fresh
  } catch (error) {
    void askForServer(`\`${found.command} lsp\` could not be started: ${error instanceof Error ? error.message : error}`)
    return undefined
  }
}

async function askForServer(why: string): Promise<void> {
  const settings = 'Open the setting'
  const chosen = await vscode.window.showErrorMessage(`Journey: ${why} Until then there are only colours.`, settings)
  if (chosen === settings) await vscode.commands.executeCommand('workbench.action.openSettings', 'journey.path')
}

async function showUses(uri: string, at: unknown, places: unknown[]): Promise<void> {
  const convert = client?.protocol2CodeConverter
  if (convert === undefined) return
  const locations = await convert.asReferences(places as Parameters<typeof convert.asReferences>[0])
  const position = convert.asPosition(at as Parameters<typeof convert.asPosition>[0])
  await vscode.commands.executeCommand('editor.action.showReferences', convert.asUri(uri), position, locations)
}
