/** The shape of a scenario file, its defaults and the rules between its fields. */
import { z } from 'zod';

import { durationMs, quantity } from '../topology/quantity.ts';
import {
  churnTitle,
  countTitle,
  longestMs,
  messageRateTitle,
  mostUsers,
  parseChurn,
  parseCount,
  parseMessageRate,
  parsePayloadBytes,
  parsePerSec,
  parseShare,
  parseStage,
  payloadTitle,
  perSecTitle,
  shareTitle,
  stageTitle,
} from './amounts.ts';
import { overlapProblem } from './fault-overlap.ts';
import { faultProblem, faultTiming, floodProblem, parseFault } from './parse-fault.ts';

const stage = z.union([
  quantity(stageTitle, parseStage),
  z
    .strictObject({ duration: durationMs(1, longestMs), target: z.int().min(0).max(mostUsers) })
    .transform(({ duration, target }) => ({ durationMs: duration, target })),
]);

const shape = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/)
    .optional()
    .meta({
      title: 'a name of small letters, digits and dashes',
      description: "Default: the file's name.",
    }),
  description: z.string().default(''),
  protocol: z.enum(['socket.io']).default('socket.io'),
  stages: z
    .array(stage)
    .min(1)
    .max(1000)
    .meta({ description: 'Users move in a straight line from one target to the next, from 0.' }),
  rate: quantity(messageRateTitle, parseMessageRate)
    .prefault('0.5/s/user')
    .meta({ description: 'How often messages are sent, whether or not the last was answered.' }),
  rooms: z
    .strictObject({
      size: z.int().min(1).max(10_000).default(10).meta({ description: 'Members of a room.' }),
    })
    .prefault({}),
  payload: quantity(payloadTitle, parsePayloadBytes)
    .prefault('128B')
    .meta({ description: "Size of a message's body." }),
  http: z
    .strictObject({
      rate: quantity(perSecTitle, parsePerSec).prefault('50/s'),
      path: z
        .string()
        .regex(/^\/[\x21-\x7e]*$/)
        .max(2000)
        .default('/api/v1/rooms')
        .meta({ title: 'a path that begins with /, such as /api/v1/rooms' }),
      fresh: quantity(shareTitle, parseShare)
        .prefault('20%')
        .meta({ description: 'Share of the requests that open a connection of their own.' }),
    })
    .prefault({})
    .meta({ description: 'GET requests beside the chat.' }),
  polling: quantity(shareTitle, parseShare)
    .prefault(0)
    .meta({ description: 'Share of users on HTTP long polling, never upgraded.' }),
  fidelity: quantity(countTitle, parseCount).optional().meta({
    description:
      'Users that run the real socket.io-client, as a check on the lean ones; left out: 20, or half of the users where that is fewer.',
  }),
  churn: quantity(churnTitle, parseChurn)
    .prefault(0)
    .meta({ description: 'Share of the users that leave and come back each minute.' }),
  drain: durationMs(0, longestMs)
    .prefault('5s')
    .meta({ description: 'How long after the last send deliveries may still come.' }),
  client: z.enum(['stock', 'retry', 'resume']).default('resume').meta({
    description:
      'After being thrown off: stock joins anew, retry also sends again what had no ack, resume also asks for what it missed.',
  }),
  faults: z.array(z.string()).default([]).meta({
    description:
      'What is done to the system meanwhile, as kill@ws-2,at=20s,for=10s: kind@node, then options.',
  }),
  flood: z.string().nullable().default(null).meta({
    title: 'a flood such as http=5000/s or chat=2000/s',
    description: 'Load beside the chat that wants to hurt.',
  }),
  thresholds: z
    .array(z.string())
    .optional()
    .meta({ description: 'As in docs/thresholds.md; left out: the defaults; []: none.' }),
  seed: z
    .int()
    .min(0)
    .max(4_294_967_295)
    .default(1)
    .meta({ description: 'The same seed gives the same sends at the same times.' }),
});

/** A scenario file: its fields and the rules between them. */
export const scenarioSchema = shape.superRefine(({ stages, fidelity, faults, flood }, context) => {
  if (context.issues.length > 0) return;
  const peak = Math.max(...stages.map(({ target }) => target));
  const broken = (path: string, message: string): void =>
    context.addIssue({ code: 'custom', path: [path], message });
  if (peak === 0) broken('stages', 'stages never reach a user; expected a target above 0');
  else if (fidelity !== undefined && fidelity > peak) {
    broken(
      'fidelity',
      'fidelity asks for more users than the stages bring; expected at most the peak',
    );
  }
  const problems = faults.map((text) => faultProblem(text, stages));
  const cannot = (i: number, detail: string): void =>
    context.addIssue({
      code: 'custom',
      path: ['faults', i],
      message: `is not a fault that can be done: ${detail}`,
    });
  for (const [i, detail] of problems.entries()) if (detail !== undefined) cannot(i, detail);
  if (problems.every((detail) => detail === undefined)) {
    const read = faults.map((text) => parseFault(text, faultTiming(stages)));
    const overlap = overlapProblem(read);
    if (overlap !== undefined) cannot(read.indexOf(overlap.fault), overlap.why);
  }
  const detail = flood === null ? undefined : floodProblem(flood);
  if (detail !== undefined) broken('flood', `is not a flood; ${detail}`);
});

export type ScenarioDocument = z.output<typeof scenarioSchema>;
