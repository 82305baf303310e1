/** A process that loads argv[2] until it is killed; says a line when the load is on. */
import { nativeDriver } from '../native-driver.ts';
import { realWorld } from '../../../world.ts';
import { smallScenario } from './small-scenario.ts';

const world = realWorld();
const [url = '', historyDir = ''] = world.argv;
const drive = nativeDriver(world).start({
  runId: 'forever',
  historyDir,
  workers: 2,
  target: { url, secret: 'a secret of at least thirty-two characters' },
  scenario: smallScenario({ stages: [{ durationMs: 60_000, target: 20 }] }),
});
for await (const tick of drive.ticks) world.stdout.write(`${tick.users}\n`);
