import { expect, test } from 'vitest';

import { hasNativeSticky } from './nginx-features.ts';

test.each([
  { version: '1.22.1', has: false },
  { version: '1.29.5', has: false },
  { version: '1.29.6', has: true },
  { version: '1.30.0', has: true },
  { version: '1.31.3', has: true },
  { version: '1.9.15', has: false },
  { version: '2.0.0', has: true },
  { version: '0.8.55', has: false },
])('nginx $version has `sticky`: $has', ({ version, has }) => {
  expect(hasNativeSticky(version)).toBe(has);
});
