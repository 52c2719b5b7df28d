// The tests of the projects that are open, in the test explorer.

import * as vscode from 'vscode'
import { LanguageClient } from 'vscode-languageclient/node'
import { RanTest, runTest, tests } from './protocol'

/** So long after the last key the list of tests is asked for again. */
const PAUSE_MS = 500

export class TestView implements vscode.Disposable {
  private readonly controller = vscode.tests.createTestController('journey', 'Journey')
  private readonly listeners: vscode.Disposable[]
  private timer: NodeJS.Timeout | undefined

  constructor(private readonly client: () => LanguageClient | undefined) {
    this.controller.refreshHandler = () => this.list()
    this.controller.createRunProfile('Run', vscode.TestRunProfileKind.Run, request => this.run(request), true)
    this.listeners = [
      vscode.workspace.onDidChangeTextDocument(e => e.document.languageId === 'journey' && this.soon()),
      vscode.workspace.onDidSaveTextDocument(() => this.soon()),
    ]
  }

  /** Runs one test of a file, or all of them, as if it had been asked for in the explorer. */
  async runOf(uri: string, title?: string): Promise<void> {
    await this.list()
    const file = this.controller.items.get(uri)
    const item = title === undefined ? file : file?.children.get(title)
    if (item !== undefined) await this.run(new vscode.TestRunRequest([item]))
  }

  async runAll(): Promise<void> {
    await this.list()
    await this.run(new vscode.TestRunRequest())
  }

  /** Asks which tests there are. */
  async list(): Promise<void> {
    const client = this.client()
    if (client === undefined) return
    const found = await client.sendRequest(tests, {})
    const files = new Map<string, vscode.TestItem[]>()
    for (const test of found) {
      const item = this.controller.createTestItem(test.title, test.title, client.protocol2CodeConverter.asUri(test.uri))
      item.range = client.protocol2CodeConverter.asRange(test.range)
      files.set(test.uri, [...(files.get(test.uri) ?? []), item])
    }
    const items = [...files].map(([uri, children]) => {
      const file = client.protocol2CodeConverter.asUri(uri)
      const item = this.controller.createTestItem(uri, vscode.workspace.asRelativePath(file), file)
      item.children.replace(children)
      return item
    })
    this.controller.items.replace(items)
  }

  dispose(): void {
    clearTimeout(this.timer)
    this.controller.dispose()
    this.listeners.forEach(listener => listener.dispose())
  }

  private soon(): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => void this.list(), PAUSE_MS)
  }

  private async run(request: vscode.TestRunRequest): Promise<void> {
    const client = this.client()
    if (client === undefined) return
    const run = this.controller.createTestRun(request)
    try {
      for (const [file, items] of this.chosen(request)) {
        items.forEach(item => run.started(item))
        const whole = items.length === file.children.size
        const answer = await client.sendRequest(runTest, { uri: file.id, titles: whole ? undefined : items.map(i => i.id) })
        for (const test of answer.tests) {
          const item = file.children.get(test.title)
          if (item !== undefined) this.tell(run, item, test, client)
        }
      }
    } catch (error) {
      // The program has errors: they are shown in the text, and no test can say anything.
      const why = error instanceof Error ? error.message : String(error)
      run.appendOutput(`${why}\r\n`)
      for (const [, items] of this.chosen(request)) items.forEach(item => run.errored(item, new vscode.TestMessage(why)))
    } finally {
      run.end()
    }
  }

  private tell(run: vscode.TestRun, item: vscode.TestItem, test: RanTest, client: LanguageClient): void {
    if (test.passed) {
      run.appendOutput(`✓ ${test.title}\r\n`, undefined, item)
      return run.passed(item)
    }
    const story = (test.story ?? '').replace(/\r?\n/g, '\r\n')
    run.appendOutput(`✗ ${test.title}\r\n${story}\r\n`, undefined, item)
    const messages = test.failures.map(failure => {
      const message = vscode.TestMessage.diff(failure.expected, failure.expected, failure.got.join('\n'))
      const range = client.protocol2CodeConverter.asRange(failure.range)
      message.location = new vscode.Location(client.protocol2CodeConverter.asUri(test.uri), range)
      return message
    })
    run.failed(item, messages)
  }

  /** The tests that are asked for, by file. */
  private chosen(request: vscode.TestRunRequest): Map<vscode.TestItem, vscode.TestItem[]> {
    const chosen = new Map<vscode.TestItem, vscode.TestItem[]>()
    const files: vscode.TestItem[] = []
    this.controller.items.forEach(item => files.push(item))
    for (const item of request.include ?? files) {
      const file = item.parent ?? item
      const tests: vscode.TestItem[] = []
      if (item.parent !== undefined) tests.push(item)
      item.children.forEach(child => tests.push(child))
      const wanted = tests.filter(test => !request.exclude?.includes(test))
      chosen.set(file, [...(chosen.get(file) ?? []), ...wanted])
    }
    return chosen
  }
}
