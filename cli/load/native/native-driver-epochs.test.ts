/**
 * Two real nodes without a log, on one real Redis that counts: each has an epoch of its own, and the
 * seqs of a room go on from node to node. Who comes back on the other node is in no other numbering.
 */
import { expect, test } from 'vitest';

import { frontDoor } from '../../../server/testing/front-door.ts';
import { testSecret } from '../../../server/testing/node.ts';
import { startProcess } from '../../../server/testing/process-node.ts';
import { startRedis } from '../../../server/testing/redis.ts';
import { recordKind, type HistoryRecord } from '../../samples/history.ts';
import { history, hold, start, untilHistory, untilTick } from './testing/load-run.ts';

const users = 12;

test.each(['stock', 'retry'] as const)(
  'a %s client that comes back on a node with another epoch is in a room that goes on',
  async (client) => {
    const redis = await startRedis();
    const env = { REDIS_URL: redis.url, RTOPS_MESSAGE_PATH: 'adapter' };
    const [stays, dies] = await Promise.all([startProcess(env), startProcess(env)]);
    const door = await frontDoor([stays.port, dies.port]);
    const { drive, historyDir } = start(door.url, {
      client,
      secret: testSecret,
      workers: 1,
      stages: hold(users, 500, 60_000),
      roomSize: users / 2,
      rate: { kind: 'per-user', perSec: 5 },
    });
    await untilTick(drive, ({ t, users: present }) => t >= 3000 && present === users);
    dies.child.kill('SIGKILL');
    await untilHistory(historyDir, allBack);
    drive.stop();
    await drive.result;
    const records = history(historyDir);
    const back = records.filter(({ kind }) => kind === recordKind.resumed);
    expect(back.map(({ code }) => code)).toEqual(back.map(() => 0));
    expect(records.filter(({ kind }) => kind === recordKind.renumbered)).toEqual([]);
  },
  120_000,
);

/** Whether somebody was thrown off, and whoever was is back. */
function allBack(records: readonly HistoryRecord[]): boolean {
  const off = records.filter(({ kind, code }) => kind === recordKind.disconnected && code === 0);
  const back = records.filter(({ kind }) => kind === recordKind.resumed);
  return off.length > 0 && back.length >= off.length;
}
