// The page in the panel beside the text.

export interface Page {
  title: string
  svg: string
  /** Why the picture is not that of the present text. */
  stale?: string
  dark: boolean
  nonce: string
}

/** The page's HTML. The picture can be clicked: a step goes to its line. */
export function page(p: Page): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-${p.nonce}'">
<title>${escaped(p.title)}</title>
<style>
  body { margin: 0; padding: 16px; font-size: var(--vscode-font-size); }
  p { margin: 0 0 12px; padding: 4px 10px; border-left: 3px solid var(--vscode-editorWarning-foreground); }
  svg { display: block; max-width: 100%; height: auto; margin: 0 auto; }
  [data-step] { cursor: pointer; }
  [data-step].here > rect:first-of-type, [data-step]:hover > rect:first-of-type { stroke: var(--vscode-focusBorder) !important; stroke-width: 2px !important; }
</style>
</head>
<body>
${p.stale === undefined ? '' : `<p>${escaped(p.stale)}</p>`}
${coloured(p.svg, p.dark)}
<script nonce="${p.nonce}">
  const editor = acquireVsCodeApi()
  document.addEventListener('click', event => {
    const step = event.target.closest('[data-step]')
    if (step) editor.postMessage({ step: Number(step.dataset.step) })
  })
  window.addEventListener('message', ({ data }) => {
    for (const step of document.querySelectorAll('[data-step]')) {
      const here = Number(step.dataset.step) === data.here
      step.classList.toggle('here', here)
      if (here && data.reveal) step.scrollIntoView({ block: 'nearest', behavior: 'smooth' })
    }
  })
  editor.postMessage({ ready: true })
</script>
</body>
</html>
`
}

/** A picture asks the system whether it is dark; in the editor the editor's theme counts. */
function coloured(svg: string, dark: boolean): string {
  const picture = svg.replace(/^<\?xml[^>]*\?>\s*/, '')
  return picture.replace(/@media\s*\(prefers-color-scheme:\s*dark\)/g, dark ? '@media all' : '@media not all')
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, c => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c] ?? c)
}
