import { defineConfig } from 'vitest/config';

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
          maxWorkers: 3,
          include: [
            'cli/**/*.test.ts',
            'cli/**/*.test.tsx',
            '{server,prometheus,dashboards}/**/*.test.ts',
          ],
        },
      },
      {
        extends: true,
        // Whole programs on two cores: one at a time, or they measure each other.
        test: {
          name: 'program',
          include: ['test/**/*.test.ts'],
          testTimeout: 120_000,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
