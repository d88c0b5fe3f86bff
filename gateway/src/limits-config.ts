import { z } from 'zod'

const positive = z.int().positive()

/** Section `gateway.limits`: what a document may be, before any work is done for it. */
export const limits = z
  .strictObject({
    maxTokens: positive.default(10_000).describe('Most tokens (names, punctuation, values) in a document.'),
    maxNesting: positive
      .max(1000)
      .default(200)
      .describe(
        'Deepest nesting of brackets in a document, and of its selection sets with fragments followed: it guards the stack.',
      ),
    maxDepth: positive.default(30).describe('Deepest nesting of fields, fragments followed.'),
    maxSelections: positive
      .default(4000)
      .describe('Most fields and fragments that a document selects once its fragments are written out.'),
    maxAliases: positive.default(500).describe('Most aliases, fragments written out.'),
    maxDirectives: positive.default(500).describe('Most directives, fragments written out.'),
    maxRootFields: positive.default(50).describe('Most fields at the root of an operation.'),
    maxListSize: positive.default(1000).describe('Most entries in one list of the variables, at any depth.'),
    maxVariablesDepth: positive
      .default(100)
      .describe('Deepest nesting of lists and objects in a request body.'),
    measureOnly: z
      .boolean()
      .default(false)
      .describe(
        'Refuse nothing for a limit of this section: log and count what is above it (`marquee_gateway_limit_exceeded_total`). ' +
          '`maxNesting`, `maxVariablesDepth` and `gateway.maxBodyBytes` guard the process itself and hold all the same.',
      ),
  })
  .prefault({})
  .describe('What one request may ask for.')
