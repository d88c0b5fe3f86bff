// Jest's transformer: the same type stripping that Node.js does when it runs the sources.
import { createHash } from 'node:crypto'
import { stripTypeScriptTypes } from 'node:module'

export default {
  process: source => ({ code: stripTypeScriptTypes(source) }),
  // `instrument` belongs in the key: without it a cached plain file is taken for an instrumented one.
  getCacheKey: (source, path, { instrument, configString }) =>
    createHash('sha256')
      .update(JSON.stringify([source, path, instrument, configString, process.version]))
      .digest('hex'),
}
