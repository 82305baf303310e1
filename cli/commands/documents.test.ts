import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { scenarioSchema } from '../scenario/scenario-schema.ts';
import { failureOf } from '../system/testing/failure-of.ts';
import { testWorld } from '../system/testing/test-world.ts';
import type { World } from '../world.ts';
import { readScenario, readTopology } from './documents.ts';
import { schema } from './schema.ts';

async function worldIn(
  files: Record<string, string>,
  env: Record<string, string> = {},
): Promise<World> {
  const world = testWorld({ env });
  await mkdir(join(world.cwd, 'folder'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(world.cwd, name), text);
  return world;
}

describe('a document', () => {
  test('is found by its shipped name, wherever one stands', async () => {
    const world = await worldIn({});
    expect((await readScenario(world, 'chat-1000')).name).toBe('chat-1000');
    expect((await readScenario(world, 'seed-nine-minutes')).stages).toHaveLength(3);
    expect((await readTopology(world, 'split', [], [])).name).toBe('split');
  });

  test('is found by a path from the working folder, with the environment of the world', async () => {
    const world = await worldIn({ 'mine.yaml': 'stages: ["5s:${N}"]' }, { N: '40' });
    const mine = await readScenario(world, 'mine.yaml');
    expect(mine).toMatchObject({ name: 'mine', stages: [{ durationMs: 5000, target: 40 }] });
    expect(await readScenario(world, './mine.yaml')).toEqual(mine);
    expect(await readScenario(world, join(world.cwd, 'mine.yaml'))).toEqual(mine);
  });

  test('of a topology takes --set and then --scale', async () => {
    const world = await worldIn({});
    const topology = await readTopology(world, 'scaled', ['ws.count=3', 'api.count=3'], ['ws=5']);
    expect(topology).toMatchObject({ ws: { count: 5 }, api: { count: 3 } });
  });

  test.each([
    ['chat-100', 'there is no scenario "chat-100"', 'did you mean chat-1000?'],
    ['nothing-like-it', 'there is no scenario "nothing-like-it"', undefined],
    ['', 'there is no scenario ""', undefined],
    [
      './mine.yaml',
      'the scenario file ./mine.yaml cannot be read: there is no such file',
      undefined,
    ],
    [
      './chat-1000.yaml',
      'the scenario file ./chat-1000.yaml cannot be read',
      'the shipped one is called chat-1000, without a path',
    ],
    ['folder/', 'the scenario file folder/ cannot be read: it is a folder', undefined],
    ['../../../x', 'the scenario file ../../../x cannot be read', undefined],
  ])(
    'that is not there (%j) is a bad file, with the shipped names',
    async (name, message, next) => {
      const failure = await failureOf(readScenario(await worldIn({}), name));
      expect(failure.code).toBe(104);
      expect(failure.message).toContain(message);
      expect(failure.why).toContain(
        'chat-1000, failover-500, failover-ladder, isolation-500, seed-nine-minutes',
      );
      expect(failure.next).toBe(next);
    },
  );

  test('with a threshold that cannot be read says where, before anything starts', async () => {
    const world = await worldIn({
      'mine.yaml': 'stages: ["5s:40"]\nthresholds:\n  - errors < 1%\n  - chat.ak p95 < 3ms\n',
    });
    const failure = await failureOf(readScenario(world, 'mine.yaml'));
    expect(failure.code).toBe(104);
    expect(failure.message).toBe(
      'mine.yaml:4:5: threshold "chat.ak p95 < 3ms": there is no metric "chat.ak"; did you mean chat.ack?',
    );
  });

  test('that is far too large is refused', async () => {
    const world = await worldIn({ 'mine.yaml': '#'.repeat(1024 * 1024 + 1) });
    expect((await failureOf(readScenario(world, 'mine.yaml'))).message).toContain('too large');
  });
});

test('a path that never ends is read no further than a document may be', async () => {
  const failure = await failureOf(readScenario(await worldIn({}), '/dev/zero'));
  expect(failure.message).toBe('/dev/zero is too large for a scenario');
});

describe('rtops schema', () => {
  test.each(['scenario', 'topology', 'report'])('prints the JSON Schema of a %s', (kind) => {
    const world = testWorld();
    expect(schema(world, { kind })).toBe(0);
    expect(JSON.parse(world.printed.stdout)).toMatchObject({
      title: `rtops ${kind}`,
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
    });
  });

  test('knows every key of a scenario, and no other', () => {
    const world = testWorld();
    schema(world, { kind: 'scenario' });
    const document = JSON.parse(world.printed.stdout) as {
      properties: object;
      additionalProperties: unknown;
    };
    expect(Object.keys(document.properties)).toEqual(Object.keys(scenarioSchema.shape));
    expect(document.additionalProperties).toBe(false);
  });

  test('of something else is a usage error with the nearest name', () => {
    const world = testWorld();
    expect(() => schema(world, { kind: 'topologie' })).toThrow(
      expect.objectContaining({ code: 2, next: 'rtops schema topology' }),
    );
    expect(() => schema(world, { kind: 'constructor' })).toThrow(
      expect.objectContaining({ code: 2 }),
    );
  });
});
