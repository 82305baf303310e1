/** `failover-test --self-check`: servers that lie, each in one way, must each be found out by name. */
import { exitCode } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import type { Report } from '../report/report.ts';
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

/**
 * 0 when every lie was found and the honest server, under the same fault, was cleared; else 99. 122
 * when the honest one delivered nothing: there was nothing to find. Throws a usage failure (2) for a
 * load or a fault of the user's: those are the check's own.
 */
export async function selfCheck(
  world: World,
  options: FailoverOptions,
  interrupt: Interrupt,
): Promise<ExitCode> {
  refuseOwnLoad(options);
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
  const { whole, failure } = await runSeries(world, variants, interrupt);
  const results = judgeLies(whole.map(({ report }) => report));
  const out = options.json ? world.stderr : world.stdout;
  out.write(renderLies(results, lies.length, terminalStyle(world, out)));
  const code = codeOf(results);
  if (options.json) {
    const document = { schemaVersion: 1, kind: 'self-check', results, exitCode: code };
    world.stdout.write(`${JSON.stringify(document)}\n`);
  }
  if (failure !== undefined) throw failure;
  return code;
}

/**
 * What the ledger made of each server, in the order of the lies; `reports` of whole runs, from the
 * first on. Where nothing was delivered nobody is cleared.
 */
export function judgeLies(
  reports: readonly Pick<Report, 'run' | 'ledger'>[],
): readonly LieResult[] {
  return reports.map(({ run, ledger }, i) => {
    const { what, sabotage, classes } = lieAt(i);
    const found = ledger.exceptions.filter((one) => classes.includes(one.class));
    return {
      ...{ what, sabotage, runId: run.id, found: found.length },
      classes: [...new Set(found.map((one) => one.class))],
      example: found[0]?.id ?? null,
      right: sabotage === null ? found.length === 0 && ledger.delivered > 0 : found.length > 0,
    };
  });
}

function lieAt(index: number): Lie {
  const lie = lies[index];
  if (lie === undefined) throw new Error(`there is no lie ${index}`);
  return lie;
}

function codeOf(results: readonly LieResult[]): ExitCode {
  if (results.length < lies.length) return exitCode.interrupted;
  const wrong = results.filter(({ right }) => !right);
  if (wrong.length === 0) return exitCode.pass;
  const isBlind = wrong.every(({ sabotage, found }) => sabotage === null && found === 0);
  return isBlind ? exitCode.noVerdict : exitCode.failed;
}

/** Left out in silence, they would be thought to have been checked. */
function refuseOwnLoad({ users, duration, rate, stage, fault = [], flood }: FailoverOptions): void {
  const given = [
    ...(users === undefined ? [] : ['--users']),
    ...(duration === undefined ? [] : ['--duration']),
    ...(rate === undefined ? [] : ['--rate']),
    ...(stage.length === 0 ? [] : ['--stage']),
    ...(fault.length === 0 ? [] : ['--fault']),
    ...(flood === undefined ? [] : ['--flood']),
  ];
  if (given.length === 0) return;
  throw new Failure(exitCode.usage, `--self-check takes no ${given.join(', ')}`, {
    why: 'it has a load and a fault of its own, under which each lie can be seen',
    next: 'rtops failover-test --self-check',
  });
}
