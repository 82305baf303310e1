/** Asks a service once whether it can take work. */
import { get } from 'node:http';
import { connect } from 'node:net';

import type { ReadyCheck } from '../topology/plan.ts';

/** One question may take this long in all, whatever is said meanwhile. */
const answerWithinMs = 2000;

/** The answer now; a refusal, a wrong answer and no answer in time are all `false`. */
export async function isReady(host: string, check: ReadyCheck): Promise<boolean> {
  switch (check.kind) {
    case 'http':
      return await answersOk(host, check);
    case 'redis':
      return await talks(host, check.port, 'PING\r\n', '+PONG');
    case 'tcp':
      return await talks(host, check.port, '', '');
    default:
      return check satisfies never;
  }
}

async function answersOk(
  host: string,
  { port, path, says = '' }: Extract<ReadyCheck, { kind: 'http' }>,
): Promise<boolean> {
  return await new Promise((resolve) => {
    const request = get({ host, port, path, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        if (says !== '') body += text;
      });
      response.once('close', () => {
        const { complete, statusCode } = response;
        resolve(complete && statusCode === 200 && body.includes(says));
      });
    });
    const timer = setTimeout(() => request.destroy(), answerWithinMs);
    request.once('error', () => resolve(false));
    request.once('close', () => {
      clearTimeout(timer);
      resolve(false);
    });
  });
}

/** Connects, says something and waits for an answer that begins so (Redis says -LOADING before). */
async function talks(host: string, port: number, say: string, expect: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (answer: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => end(false), answerWithinMs);
    socket.once('error', () => end(false));
    socket.once('close', () => end(false));
    socket.once('connect', () => (say === '' ? end(true) : socket.write(say)));
    socket.once('data', (data) => end(data.toString().startsWith(expect)));
  });
}
