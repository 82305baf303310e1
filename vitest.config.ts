import { defineConfig } from 'vitest/config';

/** Whole programs whose verdict, or whose alerts, depend on the machine having time for them. */
const measuring = ['alerts', 'bench', 'dashboards', 'failover', 'faults', 'observe', 'up'].map(
  (name) => `test/${name}.test.ts`,
);

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 30_000,
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
          exclude: measuring,
          testTimeout: 120_000,
          maxWorkers: 4,
        },
      },
      {
        extends: true,
        // On two cores one at a time, or they measure each other.
        test: {
          name: 'measuring',
          include: measuring,
          testTimeout: 120_000,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
