/** `rtops token`: a JWT for the system that is up. */
import { SignJWT } from 'jose';

import { exitCode } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import type { World } from '../world.ts';
import { attachSystem } from '../system/attach-system.ts';
import { token as tokenRules } from '../../server/contract.ts';
import type { Role } from '../../server/contract.ts';

/** Prints an access token (15 min) signed with the secret of the system that is up. */
export async function token(
  world: World,
  options: { readonly user: string; readonly role: Role },
): Promise<ExitCode> {
  const system = await attachSystem(world);
  if (system === undefined) {
    throw new Failure(exitCode.notReady, 'nothing is up in this folder', {
      why: 'a token is signed with the secret of the system it is for',
      next: 'rtops up -d',
    });
  }
  const signed = await new SignJWT({ role: options.role, typ: 'access' })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(options.user)
    .setIssuer(tokenRules.issuer)
    .setAudience(tokenRules.audience)
    .setIssuedAt()
    .setExpirationTime(`${tokenRules.accessTtlSec}s`)
    .sign(new TextEncoder().encode(system.secret));
  world.stdout.write(`${signed}\n`);
  return exitCode.pass;
}
