/** Password hashes by scrypt, computed in the thread pool: the event loop never waits for one. */
import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto';
import { promisify } from 'node:util';

// OWASP's password storage sheet: N = 2^14, r = 8, p = 5 is one of its equal choices.
const cost = { N: 2 ** 14, r: 8, p: 5 } as const;
const keyBytes = 32;

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);

/** `scrypt$N$r$p$salt$hash`, so that the cost can rise without breaking old accounts. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derive(password, salt, keyBytes, cost);
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64'), hash.toString('base64')].join(
    '$',
  );
}

/** Takes as long for an unknown user (`stored` undefined) as for a wrong password. */
export async function passwordMatches(
  password: string,
  stored: string | undefined,
): Promise<boolean> {
  const [, n, r, p, salt, hash] = (stored ?? nobody).split('$');
  const expected = Buffer.from(hash ?? '', 'base64');
  const options = { N: Number(n), r: Number(r), p: Number(p) };
  const actual = await derive(password, Buffer.from(salt ?? '', 'base64'), keyBytes, options);
  return stored !== undefined && timingSafeEqual(actual, expected);
}

const nobody = `scrypt$${cost.N}$${cost.r}$${cost.p}$AAAAAAAAAAAAAAAAAAAAAA==$`;
