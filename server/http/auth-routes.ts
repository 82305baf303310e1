/** Accounts and tokens over REST. Only here requests are limited: guessing passwords must be slow. */
import { randomUUID } from 'node:crypto';
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Redis } from 'ioredis';
import { hashPassword, passwordMatches } from '../auth/passwords.ts';
import type { Accounts } from '../auth/accounts.ts';
import { TokenRefused, type Tokens } from '../auth/tokens.ts';
import { path, token, type Credentials, type Role, type TokenPair } from '../contract.ts';

type AuthDeps = {
  readonly tokens: Tokens;
  readonly accounts: Accounts;
  readonly redis: Redis | undefined;
};

const credentials = {
  type: 'object',
  required: ['username', 'password'],
  additionalProperties: false,
  properties: {
    username: { type: 'string', pattern: '^[A-Za-z0-9_.@-]{1,64}$' },
    password: { type: 'string', minLength: 8, maxLength: 256 },
  },
} as const;

const refreshBody = {
  type: 'object',
  required: ['refreshToken'],
  additionalProperties: false,
  properties: { refreshToken: { type: 'string', maxLength: 4096 } },
} as const;

export async function authRoutes(app: FastifyInstance, deps: AuthDeps): Promise<void> {
  const { tokens, accounts } = deps;
  await app.register(rateLimit, {
    global: false,
    // Without Redis people can still sign in; the limit counts again when it is back.
    skipOnError: true,
    ...(deps.redis === undefined ? {} : { redis: deps.redis, nameSpace: 'rtops:auth-limit:' }),
  });

  const pair = async (user: string, role: Role, refreshToken: string): Promise<TokenPair> => ({
    accessToken: await tokens.signAccess(user, role),
    refreshToken,
    expiresInSec: token.accessTtlSec,
  });
  const signedIn = async (user: string, role: Role): Promise<TokenPair> => {
    const family = randomUUID();
    const refresh = await tokens.signRefresh(user, role, family);
    await accounts.openFamily(family, refresh.jti, token.refreshTtlSec);
    return pair(user, role, refresh.token);
  };
  /** `undefined` for a token that is not the live one of its family, which is closed then. */
  const rotated = async (refreshToken: string): Promise<TokenPair | undefined> => {
    const { sub, role, jti, family } = await tokens.verify(refreshToken, 'refresh');
    if (jti === undefined || family === undefined) return undefined;
    const next = await tokens.signRefresh(sub, role, family);
    const won = await accounts.rotateRefresh(family, jti, next.jti, token.refreshTtlSec);
    return won ? pair(sub, role, next.token) : undefined;
  };

  app.post<{ Body: Credentials }>(
    path.register,
    { schema: { body: credentials }, config: { rateLimit: { max: 100, timeWindow: 60_000 } } },
    async (request, reply) => {
      const { username, password } = request.body;
      const passwordHash = await hashPassword(password);
      const made = await accounts.create({ name: username, passwordHash, role: 'USER' });
      if (!made) return reply.status(409).send(problem(409, 'Conflict', 'the name is taken'));
      return reply.status(201).send(await signedIn(username, 'USER'));
    },
  );

  app.post<{ Body: Credentials }>(
    path.login,
    {
      schema: { body: credentials },
      // Per address and account: neither one address nor one account can be worn out by others.
      config: {
        rateLimit: { max: 10, timeWindow: 60_000, hook: 'preHandler', keyGenerator: loginKey },
      },
    },
    async (request, reply) => {
      const { username, password } = request.body;
      const account = await accounts.find(username);
      const matches = await passwordMatches(password, account?.passwordHash);
      if (account === undefined || !matches) {
        return reply.status(401).send(problem(401, 'Unauthorized', 'wrong name or password'));
      }
      return reply.send(await signedIn(account.name, account.role));
    },
  );

  app.post<{ Body: { readonly refreshToken: string } }>(
    path.refresh,
    { schema: { body: refreshBody }, config: { rateLimit: { max: 60, timeWindow: 60_000 } } },
    async (request, reply) => {
      try {
        const answer = await rotated(request.body.refreshToken);
        if (answer !== undefined) return await reply.send(answer);
      } catch (error) {
        if (!(error instanceof TokenRefused)) throw error;
      }
      return reply.status(401).send(problem(401, 'Unauthorized', 'this refresh token is not live'));
    },
  );
}

function loginKey(request: FastifyRequest): string {
  return `${request.ip} ${(request.body as Credentials).username}`;
}

/** The error body Fastify itself sends, for errors of ours. */
export function problem(statusCode: number, error: string, message: string): object {
  return { statusCode, error, message };
}
