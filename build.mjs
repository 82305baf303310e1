// Compiles cli/ and server/ to dist/ and marks the bin executable, as npm does for a published one.
import { execFileSync } from 'node:child_process';
import { chmodSync } from 'node:fs';

execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
  stdio: 'inherit',
});
chmodSync('dist/cli/main.js', 0o755);
