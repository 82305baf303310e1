/** The one event stream. Renderers, reports and metrics read it; nothing else prints a run. */
import type { Tick } from './samples/tick.ts';
import type { ServiceSample } from './samples/resources.ts';

/** What a run says as it goes. `t` is ms since run start where there is a run, else 0. */
export type RunEvent =
  | {
      readonly kind: 'run-start';
      readonly runId: string;
      readonly scenario: string;
      readonly topology: string;
      readonly url: string;
      readonly plannedUsers: number;
      readonly durationMs: number;
      /** End of each stage in ms since run start, and its target. */
      readonly stages: readonly { readonly untilMs: number; readonly target: number }[];
      readonly runDir: string;
    }
  | {
      readonly kind: 'service';
      readonly name: string;
      readonly state: string;
      readonly detail: string;
    }
  | { readonly kind: 'note'; readonly t: number; readonly text: string }
  | { readonly kind: 'warning'; readonly t: number; readonly text: string }
  | {
      readonly kind: 'stage';
      readonly t: number;
      readonly index: number;
      readonly of: number;
      readonly target: number;
    }
  | {
      readonly kind: 'tick';
      readonly t: number;
      readonly tick: Tick;
      readonly services: readonly ServiceSample[];
    }
  | {
      /** A fault began or was undone; `fault` is as written, `detail` what was seen of it. */
      readonly kind: 'fault';
      readonly t: number;
      readonly fault: string;
      readonly phase: 'planned' | 'injected' | 'undone' | 'failed';
      readonly detail: string;
    }
  | { readonly kind: 'draining'; readonly t: number; readonly interrupted: boolean }
  | {
      readonly kind: 'run-end';
      readonly t: number;
      readonly verdict: 'pass' | 'fail' | 'no-data';
      readonly exitCode: number;
    };
