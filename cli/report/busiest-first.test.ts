import { expect, test } from 'vitest';

import { busiestFirst } from './busiest-first.ts';

test('the busiest is first, but who only watches comes after all that are watched', () => {
  const services = [
    { name: 'prometheus', kind: 'prometheus', cpu: 90 },
    { name: 'redis', kind: 'redis', cpu: 3 },
    { name: 'exporter', kind: 'exporter', cpu: 95 },
    { name: 'ws-1', kind: 'server', cpu: 40 },
  ];
  const order = services.toSorted(busiestFirst(({ cpu }) => cpu)).map(({ name }) => name);
  expect(order).toEqual(['ws-1', 'redis', 'exporter', 'prometheus']);
});
