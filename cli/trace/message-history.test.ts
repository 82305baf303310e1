import { expect, test } from 'vitest';

import { recordKind, type HistoryRecord } from '../samples/history.ts';
import { createMessageHistory } from './message-history.ts';

const room = 3;
const sender = 12;
const member = 6;

/** What befell the member between a message being sent and its having it, as the trace says it. */
function saidOf(records: readonly Pick<HistoryRecord, 'kind' | 'code' | 'value'>[]): string[] {
  const all = [
    { kind: recordKind.joined, user: member },
    { kind: recordKind.sent, user: sender, n: 4, atUs: 10 },
    ...records.map((record, i) => ({ ...record, user: member, atUs: 20 + i })),
    { kind: recordKind.resynced, user: member, peer: sender, n: 4, value: 2, atUs: 90 },
  ];
  const history = createMessageHistory({ sender, room, n: 4 });
  for (const record of all) {
    history.note({ code: 0, peer: 0, n: 0, value: 0, atUs: 0, room, ...record });
  }
  return history
    .steps()
    .toSorted((left, right) => left.atUs - right.atUs)
    .filter(({ where }) => where === `u${member}`)
    .map(({ what }) => what);
}

test.each([
  {
    it: 'was told that its room is counted anew',
    records: [{ kind: recordKind.renumbered, code: 0, value: 7 }],
    says: 'told that the room is counted anew: it comes live from seq 8',
  },
  {
    it: 'came back without all that it missed',
    records: [{ kind: recordKind.resumed, code: 1, value: 7 }],
    says: 'resumed at seq 7, without all that it missed',
  },
  {
    it: 'came back',
    records: [{ kind: recordKind.resumed, code: 0, value: 7 }],
    says: 'resumed at seq 7',
  },
])('of a member that $it, the trace says so', ({ records, says }) => {
  expect(saidOf(records)).toEqual([says, 'learnt by a refetch']);
});
