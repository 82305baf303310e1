/** A page of metrics through Prometheus' own linter. */
import { spawnSync } from 'node:child_process';

/** What `promtool check metrics` says against it, a line each; none: it is clean. Throws where it cannot be asked. */
export function lintMetrics(page: string): readonly string[] {
  const { error, stderr, status } = spawnSync('promtool', ['check', 'metrics'], {
    input: page,
    encoding: 'utf8',
  });
  if (error !== undefined) throw error;
  const said = stderr.split('\n').filter((line) => line !== '');
  if (said.length === 0 && status !== 0) throw new Error(`promtool ended with ${status}`);
  return said;
}
