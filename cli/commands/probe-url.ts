/** Is this a Socket.IO server, and may it be loaded? Asked before anything is sent at `--url`. */
import { request } from 'undici';

import { exitCode } from '../exit-code.ts';
import { Failure, messageOf } from '../failure.ts';
import { path } from '../../server/contract.ts';

/**
 * The origin of a `--url`, which has nothing else. A host off loopback must be named with `--allow-host`: a load test
 * against somebody else's machine by a slip of the hand is an attack.
 */
export function allowedUrl(text: string, allowHost: string | undefined, command = 'bench'): string {
  if (!URL.canParse(text)) throw wrongUrl(text, command);
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw wrongUrl(text, command);
  if (url.href !== `${url.origin}/`) {
    throw new Failure(exitCode.usage, `--url takes an address without a path, query or password`, {
      why: `Socket.IO is dialled at ${path.socketIo} of ${url.origin}; a namespace is no path`,
      next: `rtops ${command} --url ${url.origin}`,
    });
  }
  if (!isLoopback(url.hostname) && allowHost !== url.hostname) {
    throw new Failure(exitCode.usage, `--url ${url.origin} is not on this machine`, {
      why: 'rtops loads other hosts only when you name them a second time, on purpose',
      next: `rtops ${command} --url ${url.origin} --allow-host ${url.hostname}`,
    });
  }
  return url.origin;
}

/** Whether a host name can only be this machine. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** Throws 121 unless an Engine.IO 4 server answers at the origin. */
export async function probeUrl(origin: string): Promise<void> {
  const asked = `${origin}${path.socketIo}?EIO=4&transport=polling`;
  let status: number;
  let body: string;
  try {
    const response = await request(asked, { headersTimeout: 5000, bodyTimeout: 5000 });
    status = response.statusCode;
    body = await response.body.text();
  } catch (error) {
    const cause = messageOf(error);
    throw new Failure(exitCode.unhealthy, `${origin} does not answer`, {
      evidence: [`GET ${asked}: ${cause}`],
      next: `curl -v '${asked}'`,
    });
  }
  // 400 is an Engine.IO server that does not serve polling; it still says so in its own JSON.
  if ((status === 200 && body.startsWith('0{')) || (status === 400 && body.includes('"code"')))
    return;
  throw new Failure(exitCode.unhealthy, `${origin} answers, but not as a Socket.IO server`, {
    evidence: [`GET ${asked}: ${status} ${body.slice(0, 120)}`],
    next: `curl -i '${asked}'`,
  });
}

function wrongUrl(text: string, command: string): Failure {
  return new Failure(exitCode.usage, `--url ${text} is not an http or https URL`, {
    next: `rtops ${command} --url http://127.0.0.1:3000`,
  });
}
