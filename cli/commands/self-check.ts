/** `failover-test --self-check`: servers that lie, each in one way, must each be found out by name. */
import { exitCode } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import { renderLies } from '../report/self-check-text.ts';
import type { LieResult } from '../report/self-check-text.ts';
import type { ExceptionClass } from '../samples/summary.ts';
import { terminalStyle } from '../screen/terminal.ts';
import type { Sabotage } from '../topology/topology.ts';
import type { World } from '../world.ts';
import { readFailoverRequest } from './failover-request.ts';
import type { FailoverOptions } from './failover-request.ts';
import type { Interrupt } from './interrupt.ts';
import { runSeries } from './run-series.ts';

type Lie = {
  readonly sabotage: Sabotage | null;
  readonly what: string;
  /** Any of these is the finding. */
  readonly classes: readonly ExceptionClass[];
};

const allClasses: readonly ExceptionClass[] = [
  ...(['lost', 'dropped', 'duplicated', 'reordered', 'unstored'] as const),
];

const lies: readonly Lie[] = [
  { sabotage: null, what: 'an honest server', classes: allClasses },
  { sabotage: 'drop', what: 'drops one delivery in 1,000', classes: ['dropped', 'lost'] },
  { sabotage: 'double', what: 'delivers one in 1,000 twice', classes: ['duplicated'] },
  { sabotage: 'swap', what: 'swaps two neighbours', classes: ['reordered'] },
  { sabotage: 'ack-before-store', what: 'acknowledges before it stores', classes: ['unstored'] },
  { sabotage: 'store-twice', what: 'stores one in 100 under two seqs', classes: ['duplicated'] },
];

/** 0 when every lie was found and the honest server, under the same fault, was cleared; else 99. */
export async function selfCheck(
  world: World,
  options: FailoverOptions,
  interrupt: Interrupt,
): Promise<ExitCode> {
  const variants = await Promise.all(
    lies.map(async ({ sabotage, what }) => {
      const set = sabotage === null ? [] : [`server.sabotage=${sabotage}`];
      const asked = await readFailoverRequest(
        world,
        {
          ...options,
          stage: ['1s:100', '9s:100'],
          rate: '4/s/user',
          fault: ['kill@ws-1,at=5s,for=1s'],
          set: [...options.set, ...set],
        },
        undefined,
      );
      return { name: what, asked };
    }),
  );
  const runs = await runSeries(world, variants, interrupt);
  const results: LieResult[] = runs.map(({ report, name }, i) => {
    const { sabotage = null, classes = allClasses } = lies[i] ?? {};
    const found = report.ledger.exceptions.filter((one) => classes.includes(one.class));
    const isHonest = sabotage === null;
    return {
      ...{ what: name, sabotage, runId: report.run.id, found: found.length },
      classes: [...new Set(found.map((one) => one.class))],
      example: found[0]?.id ?? null,
      right: isHonest ? found.length === 0 : found.length > 0,
    };
  });
  const out = options.json ? world.stderr : world.stdout;
  out.write(renderLies(results, terminalStyle(world, out)));
  const all = results.length === lies.length;
  const code = !all
    ? exitCode.interrupted
    : results.every(({ right }) => right)
      ? exitCode.pass
      : exitCode.failed;
  if (options.json) {
    const document = { schemaVersion: 1, kind: 'self-check', results, exitCode: code };
    world.stdout.write(`${JSON.stringify(document)}\n`);
  }
  return code;
}
