/** The auditor's reading of who came, was turned away, thrown off, and not back at the end. */
import { recordKind } from './history.ts';
import type { CutShort } from './recount-pairs.ts';

/** As the report has them; who was planned and how many were in at once is not in the history. */
export type UserRecount = {
  readonly attempted: number;
  readonly refused: number;
  readonly lost: number;
  readonly thrownOff: number;
};

export type UserAudit = {
  note(record: { readonly kind: number; readonly code: number; readonly user: number }): void;
  close(partial: boolean, cutShort: readonly CutShort[]): UserRecount;
};

/** What is known of one user so far. */
type Seen = { wasIn: boolean; failed: boolean; isLost: boolean; wasThrownOff: boolean };

/** Records of one user must come in their order. */
export function auditUsers(): UserAudit {
  const users = new Map<number, Seen>();
  return {
    note({ kind, code, user }) {
      const known = users.get(user);
      if (kind === recordKind.connectDue) {
        if (known === undefined) {
          users.set(user, { wasIn: false, failed: false, isLost: false, wasThrownOff: false });
        } else {
          known.isLost = false;
        }
      } else if (known === undefined) {
        return;
      } else if (kind === recordKind.joined || kind === recordKind.resumed) {
        known.wasIn = true;
      } else if (kind === recordKind.connectFailed || kind === recordKind.joinFailed) {
        known.failed = true;
      } else if (kind === recordKind.left && code === 2) {
        known.isLost = true;
      } else if (kind === recordKind.disconnected && code === 0) {
        known.wasThrownOff = true;
      }
    },
    close(partial, cutShort) {
      const all = [...users];
      const count = (holds: (seen: Seen) => boolean): number =>
        all.filter(([, seen]) => holds(seen)).length;
      // Users of a worker that ended were not lost by the system.
      const ended = (user: number): boolean =>
        cutShort.some(({ worker, of }) => of > 0 && user % of === worker);
      return {
        attempted: all.length,
        // A dial that the end of the run cut short is no refusal.
        refused: count(({ wasIn, failed }) => !wasIn && (failed || !partial)),
        lost: all.filter(([user, { isLost }]) => isLost && !ended(user)).length,
        thrownOff: count(({ wasThrownOff }) => wasThrownOff),
      };
    },
  };
}
