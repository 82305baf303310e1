import { defineConfig } from 'vitest/config';

/** Whole programs that load a system: two at a time they are not in each other's way. */
const loading = ['bench', 'dashboards', 'failover', 'faults', 'observe', 'restarts', 'up'].map(
  (name) => `test/${name}.test.ts`,
);
/** No alert may fire that the machine raised. */
const alone = ['test/alerts.test.ts'];

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // A wait, not a promise: a test whose product promises a time names it at its own poll.
    expect: { poll: { timeout: 10_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'rooms',
          // They mostly wait for processes: more of them than cores.
          maxWorkers: 4,
          include: [
            'cli/**/*.test.ts',
            'cli/**/*.test.tsx',
            '{server,prometheus,dashboards}/**/*.test.ts',
          ],
        },
      },
      {
        extends: true,
        test: {
          name: 'program',
          include: ['test/**/*.test.ts'],
          exclude: [...loading, ...alone],
          testTimeout: 120_000,
          maxWorkers: 4,
        },
      },
      {
        extends: true,
        test: {
          name: 'loading',
          include: loading,
          testTimeout: 120_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'alone',
          include: alone,
          testTimeout: 120_000,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
