import { expect, test } from 'vitest';

import { scaled, single } from '../topology/testing/topologies.ts';
import { sameSystem } from './same-system.ts';

test('the same, also after a journey through JSON and with other prose', () => {
  expect(
    sameSystem(JSON.parse(JSON.stringify(scaled)), { ...scaled, description: 'x' }),
  ).toBeUndefined();
});

test('observers that nobody asked for are no difference; one that was asked for is', () => {
  const observed = { ...scaled, monitoring: true, alerts: { connections: 10 } };
  expect(sameSystem(observed, scaled)).toBeUndefined();
  expect(sameSystem(scaled, observed)).toBe('monitoring is false, true was asked for');
  expect(sameSystem(observed, { ...observed, alerts: { connections: 9 } })).toBe(
    'alerts.connections is 10, 9 was asked for',
  );
});

test.each([
  [single, 'topology scaled is up, single was asked for'],
  [{ ...scaled, ws: { count: 4, cores: null } }, 'ws.count is 2, 4 was asked for'],
  [{ ...scaled, redis: null }, 'redis is {"durability":"always"}, null was asked for'],
  [
    { ...scaled, server: { ...scaled.server, corsOrigins: ['http://a.test'] } },
    'server.corsOrigins.0 is not set, "http://a.test" was asked for',
  ],
])('a difference is a sentence', (wanted, sentence) => {
  expect(sameSystem(scaled, wanted)).toBe(sentence);
});
