/** One thing that is wrong with the graph, and the way out. Lines and columns count from 1. */
export type Diagnostic = Readonly<{
  /** Code of Apollo's composition errors, or one of ours for what lies before composing. */
  code: string
  message: string
  mend: string
  subgraph?: string | undefined
  file?: string | undefined
  line?: number | undefined
  column?: number | undefined
}>

const placeOf = ({ file, line, column }: Diagnostic): string =>
  [file, line, column].filter(part => part !== undefined).join(':')

const indent = (text: string): string => text.replaceAll('\n', '\n    ')

/** One diagnostic as people read it: place, subgraph and code; what is wrong; how to mend it. */
export const printDiagnostic = (diagnostic: Diagnostic): string => {
  const head = [
    placeOf(diagnostic),
    diagnostic.subgraph === undefined ? '' : `[${diagnostic.subgraph}]`,
    diagnostic.code,
  ]
  return [
    head.filter(part => part !== '').join(' '),
    `    ${indent(diagnostic.message)}`,
    `    Mend: ${indent(diagnostic.mend)}`,
  ].join('\n')
}
