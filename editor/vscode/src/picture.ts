// The picture of a journey, beside its text and always that of the present text.

import { randomBytes } from 'node:crypto'
import * as vscode from 'vscode'
import { LanguageClient, ResponseError } from 'vscode-languageclient/node'
import { page } from './page'
import { stepAt } from './places'
import { Picture, PictureParams, picture } from './protocol'

/** So long after the last key the picture is drawn again. */
const PAUSE_MS = 150

export class PictureView implements vscode.Disposable {
  private panel: vscode.WebviewPanel | undefined
  private shown: Picture | undefined
  private stale: string | undefined
  private timer: NodeJS.Timeout | undefined
  private readonly listeners: vscode.Disposable[]

  constructor(private readonly client: () => LanguageClient | undefined) {
    this.listeners = [
      vscode.workspace.onDidChangeTextDocument(e => this.isOurs(e.document) && this.soon()),
      vscode.window.onDidChangeTextEditorSelection(e => this.isOurs(e.textEditor.document) && this.soon()),
      vscode.window.onDidChangeActiveColorTheme(() => this.write()),
    ]
  }

  /** Opens the panel with the journey at the cursor. */
  async show(): Promise<void> {
    const editor = vscode.window.activeTextEditor
    if (editor === undefined || !this.isOurs(editor.document)) return
    const found = await this.ask({ uri: this.uri(editor.document), position: editor.selection.active }, true)
    if (found === undefined) return
    if (this.panel === undefined) {
      this.panel = vscode.window.createWebviewPanel(
        'journey.picture',
        found.journey,
        { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true },
        { enableScripts: true, enableFindWidget: true },
      )
      this.panel.onDidDispose(() => (this.panel = this.shown = undefined))
      this.panel.webview.onDidReceiveMessage(message => {
        if (message.ready) this.mark(false)
        else void this.goTo(message.step)
      })
    }
    this.take(found)
    this.mark(false)
  }

  dispose(): void {
    clearTimeout(this.timer)
    this.panel?.dispose()
    this.listeners.forEach(listener => listener.dispose())
  }

  private isOurs(document: vscode.TextDocument): boolean {
    return document.languageId === 'journey'
  }

  private uri(document: vscode.TextDocument): string {
    return document.uri.toString()
  }

  private soon(): void {
    if (this.panel === undefined) return
    clearTimeout(this.timer)
    this.timer = setTimeout(() => void this.update(), PAUSE_MS)
  }

  private async update(): Promise<void> {
    const editor = vscode.window.activeTextEditor
    if (this.panel === undefined || this.shown === undefined || editor === undefined) return
    const follow = vscode.workspace.getConfiguration('journey').get('picture.follow', true)
    const here = { uri: this.uri(editor.document), position: editor.selection.active }
    const same = { uri: this.shown.uri, journey: this.shown.journey }
    const found = (follow ? await this.ask(here) : undefined) ?? (await this.ask(same))
    if (found !== undefined) this.take(found)
    this.mark(true)
  }

  /** None where there is no such journey, or while the program has errors: then the last picture stays, and says so. */
  private async ask(params: PictureParams, tell = false): Promise<Picture | undefined> {
    try {
      const found = await this.client()?.sendRequest(picture, params)
      if (!found && tell) void vscode.window.showInformationMessage('Put the cursor into a journey, or on the name of one.')
      return found ?? undefined
    } catch (error) {
      const why = error instanceof ResponseError ? error.message : String(error)
      if (tell) void vscode.window.showWarningMessage(`Journey: ${why}`)
      if (this.stale === undefined && this.panel !== undefined) {
        this.stale = `As it was before the last changes: ${why}.`
        this.write()
      }
      return undefined
    }
  }

  private take(found: Picture): void {
    const same = this.stale === undefined && found.svg === this.shown?.svg
    this.shown = found
    this.stale = undefined
    if (!same) this.write()
  }

  private write(): void {
    if (this.panel === undefined || this.shown === undefined) return
    const kind = vscode.window.activeColorTheme.kind
    const dark = kind === vscode.ColorThemeKind.Dark || kind === vscode.ColorThemeKind.HighContrast
    this.panel.title = this.shown.journey
    const nonce = randomBytes(16).toString('hex')
    this.panel.webview.html = page({ title: this.shown.title, svg: this.shown.svg, stale: this.stale, dark, nonce })
  }

  /** Marks the step that the cursor is in. A page that was just written says when it can be told. */
  private mark(reveal: boolean): void {
    const editor = vscode.window.visibleTextEditors.find(e => this.isOurs(e.document))
    if (this.shown === undefined || editor === undefined) return
    const here = stepAt(this.shown.steps, this.uri(editor.document), editor.selection.active)
    void this.panel?.webview.postMessage({ here, reveal })
  }

  private async goTo(id: number): Promise<void> {
    const step = this.shown?.steps.find(s => s.id === id)
    const client = this.client()
    if (step === undefined || client === undefined) return
    const range = client.protocol2CodeConverter.asRange(step.range)
    const at = new vscode.Range(range.start, range.start)
    const column = vscode.window.visibleTextEditors.find(e => this.isOurs(e.document))?.viewColumn ?? vscode.ViewColumn.One
    await vscode.window.showTextDocument(vscode.Uri.parse(step.uri), { selection: at, viewColumn: column })
  }
}
