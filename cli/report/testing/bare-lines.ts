/** The lines of a text without their colour codes. */
export function bareLines(text: string): readonly string[] {
  // oxlint-disable-next-line no-control-regex -- control characters are what it takes out
  return text.replace(/\u001B\[[0-9;]*m/g, '').split('\n');
}
