// From a place in the text to a step of the picture.

interface Position {
  line: number
  character: number
}

export interface Placed {
  id: number
  uri: string
  range: { start: Position; end: Position }
}

const before = (a: Position, b: Position) => a.line < b.line || (a.line === b.line && a.character <= b.character)

/** The step at a place: of those around it the one that begins last. None outside all steps. */
export function stepAt(steps: Placed[], uri: string, place: Position): number | undefined {
  let found: Placed | undefined
  for (const step of steps) {
    const inside = step.uri === uri && before(step.range.start, place) && before(place, step.range.end)
    if (inside && (found === undefined || before(found.range.start, step.range.start))) found = step
  }
  return found?.id
}
