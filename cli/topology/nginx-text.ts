/** Lines of nginx.conf. */

/** One block deeper. */
export function indent(text: readonly string[]): readonly string[] {
  return text.map((line) => (line === '' ? line : `  ${line}`));
}
