/** `rtops token`: a JWT for the system that is up. */
import type { Role } from '../../server/contract.ts';
import { exitCode } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import { mintAccessToken } from '../load/native/access-token.ts';
import { attachSystem } from '../system/attach-system.ts';
import type { World } from '../world.ts';

/** Prints an access token (15 min) signed with the secret of the system that is up. */
export async function token(
  world: World,
  { user, role }: { readonly user: string; readonly role: Role },
): Promise<ExitCode> {
  const system = await attachSystem(world);
  if (system === undefined) {
    throw new Failure(exitCode.notReady, 'nothing is up in this folder', {
      why: 'a token is signed with the secret of the system it is for',
      next: 'rtops up -d',
    });
  }
  world.stdout.write(`${mintAccessToken(system.secret, user, world.clock.now(), role)}\n`);
  return exitCode.pass;
}
