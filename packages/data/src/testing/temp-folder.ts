import { mkdtempSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A new folder of this test's own; the test deletes it. */
export const tempFolder = (): string => realpathSync(mkdtempSync(join(tmpdir(), 'marquee-data-test-')))
