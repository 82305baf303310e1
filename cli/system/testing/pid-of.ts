/**
 * The pid to signal in a test. Never 0, which would be the group of the test runner itself.
 *
 * @throws Error where nothing runs
 */
export function pidOf(process: { readonly pid?: number | null | undefined } | undefined): number {
  const pid = process?.pid ?? 0;
  if (pid <= 1) throw new Error('no process runs there');
  return pid;
}
