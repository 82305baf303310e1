/** The shape of detail.json as a schema. */
import * as z from 'zod';

import { count, figure, threeQuantiles } from './figure-schema.ts';

/** detail.json: the charts' record beside report.json. */
export const detailSchema = z.looseObject({
  points: z.array(
    z.looseObject({
      t: figure,
      stage: figure,
      users: count,
      targetUsers: count,
      sentPerSec: count,
      deliveredPerSec: count,
      httpPerSec: count,
      errorsPerSec: count,
      ackMs: threeQuantiles.nullable(),
      deliveryMs: threeQuantiles.nullable(),
      httpMs: threeQuantiles.nullable(),
    }),
  ),
  services: z.array(
    z.looseObject({
      atMs: figure,
      name: z.string(),
      kind: z.string(),
      pid: figure,
      cpuPct: figure,
      rssMb: figure,
      waitPct: figure,
      loopLagMs: figure.nullable(),
      connections: count.nullable(),
      restarts: count,
    }),
  ),
});
