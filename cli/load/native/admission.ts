/** How the users of a run are let in: by the system's secret, or by accounts of its own making. */
import type { Target } from '../driver.ts';
import { accountsFor, signIn } from './accounts.ts';
import type { Credentials } from './worker-messages.ts';

/** Tokens of registered accounts live 15 min. */
const renewEveryMs = 10 * 60_000;

export class Admission {
  readonly #target: Target;
  readonly #accounts: ReturnType<typeof accountsFor>;
  readonly #over = new AbortController();
  #renewal: NodeJS.Timeout | undefined;

  constructor(runId: string, target: Target, users: number) {
    this.#target = target;
    this.#accounts = accountsFor(runId, users);
  }

  /** Fails (121) when the target lets nobody in. After {@link end} it comes at once, with what there is. */
  async credentials(): Promise<Credentials> {
    const { secret, url } = this.#target;
    if (secret !== null) return { kind: 'secret', secret };
    return { kind: 'tokens', tokens: await signIn(url, this.#accounts, this.#over.signal) };
  }

  /** Hands on new credentials before the old ones expire; `failed` hears when there are none. */
  keepFresh(renewed: (credentials: Credentials) => void, failed: () => void): void {
    if (this.#target.secret !== null || this.#over.signal.aborted) return;
    this.#renewal = setInterval(() => {
      void this.credentials().then(renewed, failed);
    }, renewEveryMs);
  }

  /** Nobody needs to be let in any more. */
  end(): void {
    clearInterval(this.#renewal);
    this.#over.abort();
  }
}
