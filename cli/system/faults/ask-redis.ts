/** One question to Redis over a connection of its own. */
import { connect } from 'node:net';

const answerWithinMs = 2000;

/**
 * Sends an inline command whose reply is one line, and resolves with it. Rejects on a refusal, an
 * error reply and no answer in 2 s.
 */
export async function askRedis(host: string, port: number, command: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    let got = '';
    const fail = (error: Error) => {
      socket.destroy();
      reject(error);
    };
    socket.setTimeout(answerWithinMs, () => fail(new Error(`Redis did not answer ${command}`)));
    socket.once('error', fail);
    socket.once('close', () => fail(new Error(`Redis hung up on ${command}`)));
    socket.once('connect', () => socket.write(`${command}\r\n`));
    socket.on('data', (data) => {
      got += data.toString();
      const end = got.indexOf('\r\n');
      if (end < 0) return;
      const reply = got.slice(0, end);
      if (reply.startsWith('-')) return fail(new Error(`${command}: ${reply.slice(1)}`));
      resolve(reply.replace(/^[+:]/, ''));
      socket.destroy();
    });
  });
}
