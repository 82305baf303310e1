/** A process that loads argv[2] until it is killed; says a line when the load is on. */
import { nativeDriver } from '../../cli/load/native/native-driver.ts';
import { realWorld } from '../../cli/world.ts';

const world = realWorld();
const [url = '', historyDir = ''] = world.argv;
const drive = nativeDriver(world).start({
  runId: 'forever',
  historyDir,
  workers: 2,
  target: { url, secret: 'a secret of at least thirty-two characters' },
  scenario: {
    name: 'forever',
    description: '',
    protocol: 'socket.io',
    stages: [{ durationMs: 60_000, target: 20 }],
    rate: { kind: 'per-user', perSec: 1 },
    roomSize: 10,
    payloadBytes: 64,
    http: { perSec: 0, path: '/', freshShare: 0 },
    pollingShare: 0,
    fidelityUsers: 0,
    churnPerMin: 0,
    drainMs: 1000,
    thresholds: [],
    faults: [],
    client: 'resume',
    flood: null,
    seed: 1,
  },
});
for await (const tick of drive.ticks) world.stdout.write(`${tick.users}\n`);
