import { jwtVerify } from 'jose';
import { expect, test } from 'vitest';

import { token as rules } from '../../server/contract.ts';
import { exitCode } from '../exit-code.ts';
import { testWorld } from '../system/testing/test-world.ts';
import { systemIsUp } from './testing/system-up.ts';
import { token } from './token.ts';

const secret = 'a secret of at least thirty-two characters';

test.each(['USER', 'ADMIN'] as const)(
  'a token of a %s is one that the servers take',
  async (role) => {
    const world = testWorld();
    systemIsUp(world, { secret });
    expect(await token(world, { user: 'anna', role })).toBe(exitCode.pass);
    const key = new TextEncoder().encode(secret);
    const { issuer, audience } = rules;
    const { payload } = await jwtVerify(world.printed.stdout.trim(), key, { issuer, audience });
    expect(payload).toMatchObject({ sub: 'anna', role, typ: 'access' });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(rules.accessTtlSec);
  },
);

test('with nothing up there is no secret to sign with: 120', async () => {
  const nothing = token(testWorld(), { user: 'anna', role: 'USER' });
  await expect(nothing).rejects.toMatchObject({ code: exitCode.notReady, next: 'rtops up -d' });
});
