/**
 * What each fault of failover-test raises on `scaled` under load, and in what time: the table of
 * docs/alerts.md. Seconds; from the fault's begin to firing, and from its end to all resolved.
 */

export type FaultAlerts = {
  /** As for `--fault`, without `at=`. */
  readonly fault: string;
  /** Each of these fires, and nothing that is neither here nor in `perhaps`. */
  readonly alerts: readonly string[];
  /** May fire: it depends on how many users there are, on the balance, or on the machine. */
  readonly perhaps: readonly string[];
  readonly withinSec: number;
  readonly resolvedWithinSec: number;
  /** Why so, for the table. */
  readonly because: string;
};

/** A user who reconnects is one of many, or of few; a fault under load may take the CPU from the load. */
const sideEffects = ['ReconnectStorm', 'ConnectionSkew', 'GeneratorSaturated', 'EventLoopLag'];

export const faultAlerts: readonly FaultAlerts[] = [
  {
    fault: 'kill@ws-2,for=20s',
    alerts: ['ServerDown', 'ServerRestarted', 'ReconnectStorm'],
    perhaps: sideEffects,
    withinSec: 30,
    resolvedWithinSec: 75,
    because: 'its users reconnect to the other node',
  },
  {
    fault: 'term@ws-2,for=20s',
    alerts: ['ServerDown', 'ServerRestarted', 'ReconnectStorm'],
    perhaps: [...sideEffects, 'UpstreamFailover'],
    withinSec: 35,
    resolvedWithinSec: 75,
    because: 'it takes leave of its users first',
  },
  {
    fault: 'pause@ws-2,for=20s',
    alerts: ['ServerDown'],
    perhaps: [...sideEffects, 'LatencySLO', 'DeliveryLoss'],
    withinSec: 25,
    resolvedWithinSec: 75,
    because: 'it is there and does not answer',
  },
  {
    fault: 'block@ws-2,for=20s',
    alerts: ['ServerDown', 'EventLoopLag'],
    perhaps: [...sideEffects, 'LatencySLO', 'DeliveryLoss', 'ErrorRateHigh'],
    withinSec: 30,
    resolvedWithinSec: 75,
    because: 'as paused; afterwards its event loop says how late it was',
  },
  {
    fault: 'kill@redis,for=20s',
    alerts: ['RedisDown', 'ErrorRateHigh'],
    perhaps: [...sideEffects, 'LatencySLO', 'RedisUnreachable'],
    withinSec: 25,
    resolvedWithinSec: 75,
    because: 'nothing can be stored, so nothing is acknowledged',
  },
  {
    fault: 'restart@redis',
    alerts: [],
    perhaps: [...sideEffects, 'ErrorRateHigh', 'LatencySLO'],
    withinSec: 20,
    resolvedWithinSec: 75,
    because: 'it is back before anybody need be told',
  },
  {
    fault: 'client-kill@redis',
    alerts: [],
    perhaps: sideEffects,
    withinSec: 20,
    resolvedWithinSec: 60,
    because: 'servers connect again at once',
  },
  {
    fault: 'power-loss@redis',
    alerts: [],
    perhaps: [...sideEffects, 'ErrorRateHigh', 'LatencySLO'],
    withinSec: 20,
    resolvedWithinSec: 75,
    because: 'as a restart; what was lost is said by the report',
  },
  {
    fault: 'pause@redis,for=20s',
    alerts: ['RedisDown', 'ErrorRateHigh'],
    perhaps: [...sideEffects, 'LatencySLO', 'RedisUnreachable', 'ScrapeSlow', 'ExporterDown'],
    withinSec: 30,
    resolvedWithinSec: 75,
    because: 'its exporter hangs with it, and the servers say that it is gone',
  },
  {
    fault: 'kill@nginx,for=15s',
    alerts: ['LoadBalancerDown', 'ReconnectStorm'],
    perhaps: [...sideEffects, 'LatencySLO', 'UpstreamFailover'],
    withinSec: 60,
    resolvedWithinSec: 75,
    because: 'nobody gets in, and then everybody does',
  },
  {
    fault: 'reload@nginx',
    alerts: [],
    perhaps: ['GeneratorSaturated', 'EventLoopLag'],
    withinSec: 20,
    resolvedWithinSec: 60,
    because: 'connections outlive a reload',
  },
  {
    fault: 'worker-kill@nginx',
    alerts: [],
    perhaps: sideEffects,
    withinSec: 20,
    resolvedWithinSec: 60,
    because: 'nginx starts another; who was on it reconnects',
  },
  {
    fault: 'bad-config@nginx,for=5s',
    alerts: [],
    perhaps: ['GeneratorSaturated', 'EventLoopLag'],
    withinSec: 20,
    resolvedWithinSec: 60,
    because: 'it is refused, and the old one stays',
  },
  {
    fault: 'latency@nginx-ws-1,for=20s,delay=300ms',
    alerts: ['LatencySLO'],
    perhaps: ['GeneratorSaturated', 'EventLoopLag'],
    withinSec: 45,
    resolvedWithinSec: 75,
    because: 'users see it; the servers do not',
  },
  {
    fault: 'rate@nginx-ws-1,for=20s,rate=2KB/s',
    alerts: ['LatencySLO'],
    perhaps: [...sideEffects, 'DeliveryLoss'],
    withinSec: 45,
    resolvedWithinSec: 90,
    because: 'what does not fit waits',
  },
  {
    fault: 'blackhole@ws-1-redis,for=20s',
    alerts: ['RedisUnreachable', 'ErrorRateHigh'],
    perhaps: [...sideEffects, 'LatencySLO', 'UpstreamFailover', 'DeliveryLoss'],
    withinSec: 35,
    resolvedWithinSec: 75,
    because: 'Redis is there for all but one',
  },
  {
    fault: 'reset@nginx-ws-1,for=15s',
    alerts: ['ReconnectStorm', 'UpstreamFailover'],
    perhaps: [...sideEffects, 'LatencySLO'],
    withinSec: 30,
    resolvedWithinSec: 75,
    because: 'its users are thrown off, and nginx goes round it',
  },
  {
    fault: 'refuse@nginx-ws-1,for=15s',
    alerts: [],
    perhaps: ['GeneratorSaturated', 'EventLoopLag', 'UpstreamFailover'],
    withinSec: 20,
    resolvedWithinSec: 60,
    because: 'who is in stays in; new users go elsewhere',
  },
  {
    fault: 'cut@nginx-ws-1,for=15s,bytes=20000',
    alerts: [],
    perhaps: [...sideEffects, 'UpstreamFailover', 'LatencySLO', 'DeliveryLoss'],
    withinSec: 30,
    resolvedWithinSec: 75,
    because: 'connections break one by one, each when it has carried so much',
  },
];

/** The table of docs/alerts.md, a line each. */
export function faultAlertTable(): readonly string[] {
  const cells = faultAlerts.map((row) => [
    `\`${row.fault}\``,
    row.alerts.length === 0 ? 'none' : row.alerts.join(', '),
    row.perhaps.filter((name) => !row.alerts.includes(name)).join(', '),
    row.alerts.length === 0 ? '-' : `${row.withinSec} s`,
    `${row.resolvedWithinSec} s`,
    row.because,
  ]);
  const head = ['fault', 'alerts', 'perhaps', 'within', 'resolved within', 'because'];
  return [head, head.map(() => '---'), ...cells].map((row) => `| ${row.join(' | ')} |`);
}
