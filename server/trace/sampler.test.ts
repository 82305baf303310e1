import { describe, expect, test } from 'vitest';
import { messageJson } from '../log/room-log.ts';
import { sampler } from './sampler.ts';

const ids = Array.from(
  { length: 100_000 },
  (_, i) => `${i % 1000}.${i % 100}.${Math.floor(i / 1000)}`,
);

function json(id: string, room = 'room-7', seq = 12): string {
  const { before, after } = messageJson({ id, room, sender: 'u1', body: '","id":"x"' }, 0);
  return before + String(seq) + after;
}

describe('the choice', () => {
  test.each([0.001, 0.01, 0.1, 0.5])('takes about the share %d of the ids', (share) => {
    const { picks } = sampler(share);
    const taken = ids.filter(picks).length / ids.length;
    // 100,000 draws: five standard deviations.
    expect(Math.abs(taken - share)).toBeLessThan(5 * Math.sqrt((share * (1 - share)) / ids.length));
  });

  test('takes all at 1 and none at 0', () => {
    expect(ids.every(sampler(1).picks)).toBe(true);
    expect(sampler(1).picksMessage('room-7', json('1'))).toBe(true);
    expect(ids.some(sampler(0).picks)).toBe(false);
    expect(sampler(0).picksMessage('room-7', json('1'))).toBe(false);
  });

  test('is the same for the id and for the message that bears it', () => {
    const { picks, picksMessage } = sampler(0.3);
    const odd = ['"', '\\', 'a"b', '\u2028', 'ä', '😀', '\n', ',"id":"', ''].flatMap((text) =>
      Array.from({ length: 50 }, (_, i) => `${i}${text}${i}`),
    );
    const rooms = ['r', 'r:2', 'x'.repeat(128)];
    let taken = 0;
    for (const id of [...ids.slice(0, 2000), ...odd]) {
      for (const room of rooms) {
        for (const seq of [1, 99, 12_345_678]) {
          expect(picksMessage(room, json(id, room, seq)), `${room} ${id}`).toBe(picks(id));
        }
      }
      taken += picks(id) ? 1 : 0;
    }
    expect(taken).toBeGreaterThan(500);
    expect(taken).toBeLessThan(1000);
  });

  test('of a larger share holds all of a smaller one', () => {
    const [few, many] = [sampler(0.01), sampler(0.2)];
    expect(ids.filter(few.picks).every(many.picks)).toBe(true);
  });
});
