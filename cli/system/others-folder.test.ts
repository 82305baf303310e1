import { expect, test } from 'vitest';

import { refuseOthersFolder } from './others-folder.ts';
import { makeStateFolder, stateFolder } from './state-folder.ts';
import { failureOf } from './testing/failure-of.ts';
import { testWorld } from './testing/test-world.ts';

/** A look at a file that ends so. */
const ending = (code: string) => () => {
  throw Object.assign(new Error(`${code}: no`), { code });
};

test.each([
  [
    'EACCES',
    'what was left here is not this user’s to heal',
    'rtops heal, as the user who started it',
  ],
  [
    'EPERM',
    'what was left here is not this user’s to heal',
    'rtops heal, as the user who started it',
  ],
  ['EROFS', 'rtops cannot keep its state in ', 'run rtops in a folder you may write to'],
  ['EIO', 'rtops cannot keep its state in ', 'run rtops in a folder you may write to'],
])('%s: only what another user may do is another user’s', async (code, message, next) => {
  const folder = stateFolder(testWorld().cwd);
  makeStateFolder(folder);
  const refused = Promise.resolve().then(() => refuseOthersFolder(folder, ending(code)));
  const failure = await failureOf(refused);
  expect(failure.message).toContain(message);
  expect(failure.next).toContain(next);
  expect(failure.code).toBe(120);
});

test('what is not there, or went meanwhile, is nobody’s', () => {
  const folder = stateFolder(testWorld().cwd);
  refuseOthersFolder(folder);
  refuseOthersFolder(folder, ending('ENOENT'));
});
