/** kill, term, restart, pause, block: faults of the process that leads a service. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { request } from 'undici';

import { exitCode } from '../../exit-code.ts';
import { Failure } from '../../failure.ts';
import { became } from '../became.ts';
import { groupMembers, isAlive, selfIdentity, statFields } from '../process-identity.ts';
import { signalGroup, signalProcess } from '../signals.ts';
import type { Effect, Injection } from './effect.ts';
import type { ServiceState } from '../running-system.ts';
import { oweStart, takeHold } from './holds.ts';
import { answers, stateOf, untilReadyAgain } from './target.ts';

/** A SIGKILL is done within this, or the machine is in a bad way. */
const bitesWithinMs = 2000;

/**
 * SIGKILL to the process group: nginx's workers would go on serving without their master. Held
 * down until undone when `held`; otherwise the supervisor restarts it by the topology's policy.
 */
export function kill(injection: Injection, held: boolean): Effect {
  const { world, fault, target } = injection;
  let gone = false;
  return {
    undo: held ? [{ kind: 'release', service: fault.node }] : [],
    apply: async () => {
      if (held) hold(injection);
      signalGroup(target.process.pid, 'SIGKILL');
      gone = await became(
        world,
        bitesWithinMs,
        // nginx's workers go on serving until they are gone as well.
        () => !isAlive(target.process) && groupMembers(target.process.pid).length === 0,
      );
      // A hold let go before the supervisor saw the death would be no hold at all.
      if (held && gone) await became(world, bitesWithinMs, () => stateIs(injection, 'held'));
      return {
        effective: gone,
        evidence: `pid ${target.process.pid} ${gone ? 'is gone' : 'was sent SIGKILL and is still there'}`,
      };
    },
    recovered: () => untilReadyAgain(injection, gone ? target.process : undefined),
  };
}

/** SIGTERM. Bitten when it takes no more work; it may go on draining after that. */
export function term(injection: Injection): Effect {
  const { world, system, fault, target } = injection;
  const { pid } = target.process;
  const held = fault.forMs !== null;
  let bit = false;
  return {
    undo: held ? [{ kind: 'release', service: fault.node }] : [],
    apply: async () => {
      if (held) {
        hold(injection);
        // It may drain for longer than the fault is to last.
        oweStart(system.stateDir, fault.node, target.process);
      }
      signalProcess(pid, 'SIGTERM');
      bit = await became(
        world,
        bitesWithinMs,
        async () => !isAlive(target.process) || !(await answers(target.service)),
      );
      if (!bit) return { effective: false, evidence: `pid ${pid} goes on as if not asked to end` };
      return {
        effective: true,
        evidence: isAlive(target.process)
          ? `pid ${pid} takes no more work and drains`
          : `pid ${pid} has ended`,
      };
    },
    // What is not going to end is as it was already.
    recovered: () => untilReadyAgain(injection, bit ? target.process : undefined),
  };
}

/** SIGSTOP to the process group. SIGCONT is what the journal says, so it happens in any case. */
export function pause(injection: Injection): Effect {
  const { world, target } = injection;
  const { pid } = target.process;
  return {
    undo: [{ kind: 'continue', process: target.process }],
    apply: async () => {
      signalGroup(pid, 'SIGSTOP');
      // Without /proc what can be seen is that it no longer answers.
      const stopped = await became(world, bitesWithinMs, async () => {
        if (statFields(pid) === undefined) return !(await answers(target.service));
        // nginx's workers too: each is stopped when it is next to run.
        return groupMembers(pid).every((member) => statFields(member)?.[0] === 'T');
      });
      return {
        effective: stopped,
        evidence: `pid ${pid} ${stopped ? 'is stopped' : 'was sent SIGSTOP and still runs'}`,
      };
    },
    recovered: () => untilReadyAgain(injection),
  };
}

/** A busy event loop would show in a health check that takes about this long. */
const silentForMs = 100;

/**
 * The server keeps its own event loop busy, for the time or until the file that it looks at is
 * taken away: it hears nothing else.
 */
export function block(injection: Injection): Effect {
  const { world, system, fault, target } = injection;
  const { service } = target;
  const forMs = fault.forMs ?? 0;
  const lease = join(system.stateDir, `block.${fault.node}`);
  return {
    undo: [{ kind: 'unblock', lease }],
    apply: async () => {
      writeFileSync(lease, '', { mode: 0o600 });
      const query = new URLSearchParams({ ms: String(forMs), while: lease });
      const { statusCode, body } = await request(
        `http://${service.host}:${service.metricsPort}/fault/block?${query.toString()}`,
        { method: 'POST', signal: AbortSignal.timeout(bitesWithinMs) },
      );
      await body.dump();
      if (statusCode !== 202) {
        return { effective: false, evidence: `${fault.node} refused with ${statusCode}` };
      }
      const silentMs = Math.min(silentForMs, forMs / 2);
      const answered = await Promise.race([
        answers(service).then(() => true),
        world.clock.sleep(silentMs).then(() => false),
      ]);
      return {
        effective: !answered,
        evidence: answered
          ? `${fault.node} answered while its event loop should have been busy`
          : `pid ${target.process.pid} did not answer for ${silentMs} ms`,
      };
    },
    recovered: () => untilReadyAgain(injection),
  };
}

/**
 * @throws Failure `usage` for a kill that nobody would ever put right: no `for=`, and a policy that
 * lets the service lie.
 */
export function checkComesBack({ fault, system }: Pick<Injection, 'fault' | 'system'>): void {
  const { policy } = system.topology.restart;
  // After SIGTERM it ends well, which `on-failure` leaves alone.
  const restarts = policy === 'always' || (policy === 'on-failure' && fault.kind !== 'term');
  if (fault.forMs !== null || restarts) return;
  throw new Failure(exitCode.usage, `the fault ${JSON.stringify(fault.text)} cannot be done`, {
    why: `restart policy \`${policy}\` would leave ${fault.node} down for good`,
    next: `give it a time: ${fault.text},for=10s`,
  });
}

/** @throws Failure `usage` when the server does not offer the fault. */
export function checkBlocks({ fault, system }: Pick<Injection, 'fault' | 'system'>): void {
  if (system.topology.server.faults) return;
  throw new Failure(exitCode.usage, `the fault ${JSON.stringify(fault.text)} cannot be done`, {
    why: 'a server blocks its own event loop only when it was started with server.faults=true',
    next: 'rtops down, then rtops failover-test, which starts it so; or rtops up --set server.faults=true',
  });
}

function stateIs({ system, fault }: Injection, state: ServiceState): boolean {
  return stateOf(system)?.services.find(({ name }) => name === fault.node)?.state === state;
}

function hold({ world, system, fault }: Injection): void {
  takeHold(system.stateDir, fault.node, {
    holder: selfIdentity(),
    sinceMs: world.clock.now(),
    why: fault.text,
  });
}
