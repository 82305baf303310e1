import { expect, test } from 'vitest';
import { askHeads } from './ask-heads.ts';

test('questions of one turn are one question, each with its own answer; later ones ask anew', async () => {
  const asked: (readonly string[])[] = [];
  const ask = askHeads({
    heads: async (rooms) => {
      asked.push(rooms);
      return { epoch: 'e', heads: rooms.map((room) => room.length * 10 + asked.length) };
    },
  });
  const answers = await Promise.all([ask('a'), ask('bb'), ask(), ask('a')]);
  expect(answers.map(({ head }) => head)).toEqual([11, 21, 0, 11]);
  expect(asked).toEqual([['a', 'bb']]);
  expect(await ask('a')).toEqual({ epoch: 'e', head: 12 });
  expect(asked).toHaveLength(2);
});

test('all of a turn hear of the failure, and the next turn asks again', async () => {
  let tries = 0;
  const ask = askHeads({
    heads: async () => {
      tries += 1;
      if (tries === 1) throw new Error('away');
      return { epoch: 'e', heads: [5] };
    },
  });
  const first = await Promise.allSettled([ask('a'), ask('b')]);
  expect(first.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await ask('a')).toEqual({ epoch: 'e', head: 5 });
});
