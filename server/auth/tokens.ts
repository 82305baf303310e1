/** Access and refresh tokens: JWT, HS256 and nothing else, by `jose`. */
import { randomUUID } from 'node:crypto';
import { SignJWT, errors, jwtVerify, type CryptoKey } from 'jose';
import { token as rules, type Role, type TokenClaims } from '../contract.ts';

/** Why a token was not accepted; it travels to the client as `data.code` of `connect_error`. */
export type TokenProblem = 'TOKEN_MISSING' | 'TOKEN_INVALID' | 'TOKEN_EXPIRED';

export class TokenRefused extends Error {
  readonly code: TokenProblem;
  constructor(code: TokenProblem, message: string) {
    super(message);
    this.name = 'TokenRefused';
    this.code = code;
  }
}

export type Verified = TokenClaims & {
  /** Names this one token; refresh tokens always carry it. */
  readonly jti: string | undefined;
  /** Of a refresh token: the chain it belongs to, from one sign-in on. */
  readonly family: string | undefined;
};

export type Tokens = {
  /** @throws {TokenRefused} unless `value` is a live token of that type, signed with our secret. */
  verify(value: unknown, typ: TokenClaims['typ']): Promise<Verified>;
  signAccess(user: string, role: Role): Promise<string>;
  signRefresh(
    user: string,
    role: Role,
    family: string,
  ): Promise<{ readonly token: string; readonly jti: string }>;
};

export async function tokens(secret: string): Promise<Tokens> {
  // Imported once: jose would import a raw secret again for every token.
  const key = await crypto.subtle.importKey(
    'raw',
    new TextEncoder().encode(secret),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['sign', 'verify'],
  );
  const sign = (user: string, { jti, ...claims }: Claims, ttlSec: number) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setSubject(user)
      .setIssuer(rules.issuer)
      .setAudience(rules.audience)
      .setJti(jti)
      .setIssuedAt()
      .setExpirationTime(Math.floor(Date.now() / 1000) + ttlSec)
      .sign(key);

  return {
    verify: async (value, typ) => {
      if (value === undefined || value === null || value === '') {
        throw new TokenRefused('TOKEN_MISSING', 'no token');
      }
      if (typeof value !== 'string') throw new TokenRefused('TOKEN_INVALID', 'bad token');
      return claimsOf(await payloadOf(value, key), typ);
    },
    signAccess: (user, role) =>
      sign(user, { role, typ: 'access', jti: randomUUID() }, rules.accessTtlSec),
    signRefresh: async (user, role, family) => {
      const jti = randomUUID();
      const claims = { role, typ: 'refresh', jti, family };
      return { token: await sign(user, claims, rules.refreshTtlSec), jti };
    },
  };
}

type Claims = {
  readonly role: Role;
  readonly typ: string;
  readonly jti: string;
  readonly family?: string;
};

async function payloadOf(value: string, key: CryptoKey): Promise<Record<string, unknown>> {
  try {
    const { payload } = await jwtVerify(value, key, {
      algorithms: ['HS256'],
      issuer: rules.issuer,
      audience: rules.audience,
      requiredClaims: ['exp', 'sub'],
    });
    return payload;
  } catch (error) {
    if (error instanceof errors.JWTExpired)
      throw new TokenRefused('TOKEN_EXPIRED', 'token expired');
    // One answer for every other flaw: what exactly was wrong helps only a forger.
    throw new TokenRefused('TOKEN_INVALID', 'bad token');
  }
}

function claimsOf(payload: Record<string, unknown>, typ: TokenClaims['typ']): Verified {
  const { sub, role, jti, family } = payload;
  if (
    payload['typ'] !== typ ||
    typeof sub !== 'string' ||
    !/^[^\s]{1,128}$/.test(sub) ||
    (role !== 'USER' && role !== 'ADMIN')
  ) {
    throw new TokenRefused('TOKEN_INVALID', 'bad token');
  }
  return {
    sub,
    role,
    typ,
    jti: typeof jti === 'string' ? jti : undefined,
    family: typeof family === 'string' ? family : undefined,
  };
}
