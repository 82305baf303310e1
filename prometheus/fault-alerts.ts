/**
 * What each fault of failover-test raises on `scaled` under load, and in what time: the table of
 * docs/alerts.md. Seconds; from the fault's begin to firing, and from its end to all resolved.
 */

export type FaultAlerts = {
  /** As for `--fault`, without `at=`. */
  readonly fault: string;
  /** Each of these fires, and nothing else. */
  readonly alerts: readonly string[];
  readonly withinSec: number;
  readonly resolvedWithinSec: number;
  /** Users who arrive while it lasts, where it does nothing to those who are in. */
  readonly arriving?: number;
  /** Why so, for the table. */
  readonly because: string;
};

/**
 * What may fire beside any fault, and says nothing of it: the load and the servers lack CPU. Such a
 * run proves nothing.
 */
export const machineAlerts: readonly string[] = ['GeneratorSaturated', 'EventLoopLag'];

export const faultAlerts: readonly FaultAlerts[] = [
  {
    fault: 'kill@ws-2,for=20s',
    alerts: ['ServerDown', 'ServerRestarted', 'ReconnectStorm'],
    withinSec: 30,
    resolvedWithinSec: 75,
    because: 'its users reconnect to the other node',
  },
  {
    fault: 'kill@api-1,for=20s',
    alerts: ['ServerDown', 'ServerRestarted'],
    withinSec: 30,
    resolvedWithinSec: 75,
    because: 'it has no connections; nginx asks the other one',
  },
  {
    fault: 'term@ws-2,for=20s',
    alerts: ['ServerDown', 'ServerRestarted', 'ReconnectStorm'],
    withinSec: 35,
    resolvedWithinSec: 75,
    because: 'it takes leave of its users first',
  },
  {
    fault: 'pause@ws-2,for=18s',
    alerts: ['ServerDown', 'EventLoopLag'],
    withinSec: 30,
    resolvedWithinSec: 75,
    because: 'its users wait, for a ping may take 45 s; when it goes on it says how late it is',
  },
  {
    fault: 'block@ws-2,for=18s',
    alerts: ['ServerDown', 'EventLoopLag'],
    withinSec: 30,
    resolvedWithinSec: 75,
    because: 'as paused',
  },
  {
    fault: 'kill@redis,for=20s',
    alerts: ['RedisDown', 'ErrorRateHigh'],
    withinSec: 25,
    resolvedWithinSec: 75,
    because: 'nothing can be stored, so nothing is acknowledged',
  },
  {
    fault: 'restart@redis,for=2s',
    alerts: ['ErrorRateHigh'],
    withinSec: 20,
    resolvedWithinSec: 75,
    because: 'two seconds without answers are over 1 % of half a minute; RedisDown waits 5 s',
  },
  {
    fault: 'client-kill@redis',
    alerts: [],
    withinSec: 20,
    resolvedWithinSec: 60,
    because: 'servers connect again at once',
  },
  {
    fault: 'power-loss@redis,for=2s',
    alerts: ['ErrorRateHigh'],
    withinSec: 20,
    resolvedWithinSec: 75,
    because: 'as a restart; what was lost is said by the report',
  },
  {
    fault: 'slow-fsync@redis,for=40s,delay=500ms',
    alerts: ['LatencySLO', 'ExporterDown'],
    withinSec: 55,
    resolvedWithinSec: 75,
    because:
      'with durability `always` each message waits for the disk, and so does each question of its exporter',
  },
  {
    fault: 'pause@redis,for=20s',
    alerts: ['RedisDown', 'ErrorRateHigh'],
    withinSec: 30,
    resolvedWithinSec: 75,
    because: 'its exporter hangs with it, and the servers say that it is gone',
  },
  {
    fault: 'kill@nginx,for=30s',
    alerts: ['LoadBalancerDown', 'ReconnectStorm', 'LatencySLO'],
    withinSec: 60,
    resolvedWithinSec: 75,
    because: 'nobody gets in, and then everybody does, with what they had to say',
  },
  {
    fault: 'reload@nginx',
    alerts: [],
    withinSec: 20,
    resolvedWithinSec: 60,
    because: 'connections outlive a reload',
  },
  {
    fault: 'worker-kill@nginx',
    alerts: ['ReconnectStorm'],
    withinSec: 20,
    resolvedWithinSec: 60,
    because: 'nginx starts another; who was on it, half of all, comes back',
  },
  {
    fault: 'bad-config@nginx,for=5s',
    alerts: [],
    withinSec: 20,
    resolvedWithinSec: 60,
    because: 'it is refused, and the old one stays',
  },
  {
    fault: 'latency@nginx-ws-1,for=40s,delay=300ms',
    alerts: ['LatencySLO'],
    withinSec: 55,
    resolvedWithinSec: 75,
    because: 'users see it; the servers do not',
  },
  {
    fault: 'rate@nginx-ws-1,for=60s,rate=2KB/s',
    alerts: ['LatencySLO'],
    withinSec: 75,
    resolvedWithinSec: 90,
    because: 'what does not fit waits',
  },
  {
    fault: 'blackhole@ws-1-redis,for=60s',
    alerts: ['RedisUnreachable', 'ErrorRateHigh', 'LatencySLO'],
    withinSec: 75,
    resolvedWithinSec: 75,
    because: 'Redis is there for all but one',
  },
  {
    fault: 'reset@nginx-ws-1,for=15s',
    alerts: ['ReconnectStorm', 'UpstreamFailover'],
    withinSec: 30,
    resolvedWithinSec: 75,
    because: 'its users are thrown off, and nginx goes round it',
  },
  {
    fault: 'refuse@nginx-ws-1,for=15s',
    alerts: ['UpstreamFailover'],
    withinSec: 50,
    resolvedWithinSec: 75,
    arriving: 20,
    because: 'who is in stays in; who comes is taken elsewhere',
  },
  {
    fault: 'cut@nginx-ws-1,for=15s,bytes=8KB',
    alerts: ['ReconnectStorm'],
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
    row.alerts.length === 0 ? '-' : `${row.withinSec} s`,
    row.alerts.length === 0 ? '-' : `${row.resolvedWithinSec} s`,
    row.because,
  ]);
  const head = ['fault', 'alerts', 'within', 'resolved within', 'because'];
  return [head, head.map(() => '---'), ...cells].map((row) => `| ${row.join(' | ')} |`);
}
