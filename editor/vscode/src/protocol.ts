// The requests of `journey lsp` beyond the protocol: docs/editors/README.md describes them.

import { Location, Position, Range, RequestType } from 'vscode-languageclient'

export interface PictureParams {
  uri: string
  journey?: string
  position?: Position
}

export interface Step extends Location {
  id: number
  title: string
}

export interface Picture extends Location {
  journey: string
  title: string
  svg: string
  steps: Step[]
}

export interface ListedTest extends Location {
  title: string
  titleRange: Range
}

export interface RanTest extends Location {
  title: string
  passed: boolean
  failures: { range: Range; expected: string; got: string[] }[]
  story?: string
}

export interface TestRun {
  passed: number
  failed: number
  tests: RanTest[]
}

export const picture = new RequestType<PictureParams, Picture | null, void>('journey/picture')
export const tests = new RequestType<{ uri?: string }, ListedTest[], void>('journey/tests')
export const runTest = new RequestType<{ uri?: string; titles?: string[] }, TestRun, void>('journey/runTest')
