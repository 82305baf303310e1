/** What sticky-test does to the system it started: by the fault injector, so that a kill of rtops undoes it. */
import { exitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import type { StickyMoments } from '../load/sticky/play-moments.ts';
import type { Fault } from '../scenario/fault.ts';
import { editNginxConf } from '../system/faults/edit-nginx-conf.ts';
import type { Injected } from '../system/faults/fault-injector.ts';
import { openInjector } from '../system/faults/open-injector.ts';
import type { RunningSystem } from '../system/running-system.ts';
import { withNodeDown, withoutNode } from '../topology/edit-pool.ts';
import type { World } from '../world.ts';

/**
 * Dispose of it before the system.
 *
 * @param say one line per moment
 * @param hurry from when on no node on its way back is waited for: a second Ctrl-C
 */
export async function stickyMoments(
  world: World,
  system: RunningSystem,
  say: (what: string) => void,
  hurry: AbortSignal,
): Promise<StickyMoments & AsyncDisposable> {
  const injector = await openInjector(world, system);
  hurry.addEventListener('abort', () => injector.waitNoLonger(), { once: true });
  if (hurry.aborted) injector.waitNoLonger();
  const lost = new Map<string, Injected>();
  const conf = editNginxConf(world, system, 'sticky-test takes a node off the pool of nginx');

  async function inject(kind: Fault['kind'], node: string): Promise<Injected> {
    const text = `${kind}@${node}`;
    const injected = await injector.inject({
      ...{ text, kind, node, atMs: 0, options: {} },
      forMs: kind === 'kill' ? 3_600_000 : null,
    });
    if (!injected.effective) {
      throw new Failure(exitCode.noVerdict, `${text} did nothing: ${injected.evidence}`);
    }
    return injected;
  }

  async function reload(): Promise<void> {
    await (await inject('reload', 'nginx')).undo();
  }

  return {
    reload: async () => {
      say('reloading nginx');
      await reload();
    },
    lose: async (node) => {
      say(`killing ${node}`);
      lost.set(node, await inject('kill', node));
    },
    bringBack: async (node) => {
      say(`bringing ${node} back`);
      await lost.get(node)?.undo();
    },
    takeOff: async (node, how) => {
      say(how === 'down' ? `marking ${node} down` : `deleting the line of ${node}`);
      const service = (await system.services()).find(({ name }) => name === node);
      if (service === undefined) throw new Failure(exitCode.noVerdict, `${node} is not there`);
      const address = `${service.host}:${service.port}`;
      const take = how === 'down' ? withNodeDown : withoutNode;
      conf.edit((text) => take(text, { name: node, address }));
      await reload();
    },
    [Symbol.asyncDispose]: async () => {
      // What cannot be put back stays in the journal, which the guard reads at the end.
      await conf.undo().catch(() => undefined);
      await injector[Symbol.asyncDispose]();
    },
  };
}
