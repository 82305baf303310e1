/** What users do: the port between the pipeline and whatever makes the load. */
import type { DetailPoint } from '../samples/detail.ts';
import type { Tick } from '../samples/tick.ts';
import type { Fidelity, GeneratorSummary, OpSummary, UserCounts } from '../samples/summary.ts';
import type { Scenario } from '../scenario/scenario.ts';

/** What {@link DriveResult.errorTexts} counts the sends under that were due and never left. */
export const unsentText = 'a send was due and never left';

/** Whom to load and how to be let in. */
export type Target = {
  readonly url: string;
  /** Signs access tokens; `null` on somebody else's system, where users register over REST. */
  readonly secret: string | null;
};

export type DriveInput = {
  readonly runId: string;
  readonly scenario: Scenario;
  readonly target: Target;
  /** Folder for the history files (`history/worker-N.bin`), made by the driver. */
  readonly historyDir: string;
  /**
   * Asked once, when the history can be written there no more (`why`): the folder it goes on in, which
   * gets all of it. Left out, or `null` where there is none: the run is stopped.
   */
  readonly moveHistory?: ((why: string) => string | null) | undefined;
  /** `null`: as many as suit the machine and the users. */
  readonly workers: number | null;
  /** Called when time 0 is fixed, with what the result will say of it. */
  readonly onStart?:
    | ((start: Pick<DriveResult, 'startedAtMs' | 'startedAtUs'>) => void)
    | undefined;
};

/** What the load saw, merged over its workers. The ledger is derived from the history, not here. */
export type DriveResult = {
  /** Wall clock of run start, ms since 1970: time 0 of every `t` and of the history. */
  readonly startedAtMs: number;
  /** The same moment on CLOCK_MONOTONIC, in µs: what the servers' logs are aligned by. */
  readonly startedAtUs: number;
  readonly durationMs: number;
  /** Where the history is. */
  readonly historyDir: string;
  readonly stopped: boolean;
  /** It was ended at once: what its workers did last is not in the counts. */
  readonly aborted: boolean;
  readonly users: UserCounts;
  readonly ops: Readonly<Record<string, OpSummary>>;
  readonly fidelity: Fidelity;
  readonly generator: GeneratorSummary;
  readonly points: readonly DetailPoint[];
  readonly holdSends: number;
  readonly finalRead: { readonly done: boolean; readonly why: string | null };
  /**
   * Why connections and requests failed: text → count, the commonest first. {@link unsentText} is
   * among them when sends were due and never left.
   */
  readonly errorTexts: Readonly<Record<string, number>>;
};

export type Drive = {
  /** Run start on the monotonic clock, in ms, as soon as time 0 is fixed: faults are timed from it. */
  readonly startMs: Promise<number>;
  /** One a second until the end. */
  readonly ticks: AsyncIterable<Tick>;
  /** Ends arrivals and sends, drains at most 5 s, then the result comes. */
  stop(): void;
  /** Ends at once; workers are gone when it resolves. The result still comes, from what is on disk. */
  abort(): Promise<void>;
  readonly result: Promise<DriveResult>;
};

export type Driver = { start(input: DriveInput): Drive };
