/** One line of a request head. A value that would begin another line is left out: it can only be meant ill. */
export const headerLine = (name: string, value: string): string =>
  /[\r\n\0]/.test(value) ? '' : `${name}: ${value}\r\n`
