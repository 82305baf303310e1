/** A window in which everything was there and everything happened; tests take away what they are about. */
import type { Setting } from '../judge-panel.ts';

export const fullSetting: Setting = {
  present: {
    ...{ loki: true, alertmanager: true, nginx: true, redis: true },
    ...{ run: true, http: true, nodes: true, log: true },
  },
  trafficMs: 60_000,
  hadFault: true,
  longestFaultMs: 20_000,
  faulted: true,
  restarted: true,
  failedOver: true,
};
