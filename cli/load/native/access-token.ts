/** Access tokens minted with the system's secret, as the server would (claims: server/contract.ts). */
import { createHmac } from 'node:crypto';

import { token, type Role, type TokenClaims } from '../../../server/contract.ts';

const encodedHeader = base64url({ alg: 'HS256', typ: 'JWT' });

/** A signed access token for `subject`, valid for the contract's lifetime from `nowMs` (wall clock). */
export function mintAccessToken(
  secret: string,
  subject: string,
  nowMs: number,
  role: Role = 'USER',
): string {
  const issuedAt = Math.floor(nowMs / 1000);
  const claims: TokenClaims & Record<string, unknown> = {
    sub: subject,
    role,
    typ: 'access',
    iss: token.issuer,
    aud: token.audience,
    iat: issuedAt,
    exp: issuedAt + token.accessTtlSec,
  };
  const signed = `${encodedHeader}.${base64url(claims)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

function base64url(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
