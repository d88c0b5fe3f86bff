// Closes a run with the line `N passed, N failed`, and says which tests were skipped and why.
// In CI a skipped test is a failure: a machine that lacks Redis or a browser must not look green.
export default class SkipReporter {
  #failure

  onRunComplete(_contexts, results) {
    const skipped = results.testResults.flatMap(file =>
      file.testResults.filter(test => test.status === 'pending' || test.status === 'todo'),
    )
    for (const test of skipped) console.log(`skipped: ${test.fullName}`)
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites
    const tail = skipped.length > 0 ? `, ${skipped.length} skipped` : ''
    console.log(`${results.numPassedTests} passed, ${failed} failed${tail}`)
    if (process.env.CI && skipped.length > 0) {
      this.#failure = new Error(`${skipped.length} test(s) skipped; in CI every test must run`)
    }
  }

  getLastError() {
    return this.#failure
  }
}
