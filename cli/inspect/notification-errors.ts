/** Why notifications failed, from Alertmanager's log: it counts failures and keeps no status. */
import { redactUrls } from './redact-urls.ts';

export type NotificationError = {
  /** The HTTP status of the answer; `null` when there was none. */
  readonly status: number | null;
  /** For people; never an address with its secret. */
  readonly why: string;
};

/** The last error of each integration in these lines (logfmt of 0.25 and later). */
export function readNotificationErrors(log: string): ReadonlyMap<string, NotificationError> {
  const errors = new Map<string, NotificationError>();
  for (const line of log.split('\n')) {
    const err = /\berr="((?:[^"\\]|\\.)*)"/.exec(line)?.[1]?.replaceAll('\\"', '"');
    if (err === undefined) continue;
    const attempt = /\bintegration=(\w+)\[\d+\]/.exec(line)?.[1];
    if (attempt !== undefined) {
      errors.set(attempt, explained(err));
      continue;
    }
    // The sum of a notification: `team/discord[0]: …; team/webhook[0]: …`.
    for (const part of err.split(/; (?=[^;\s]+\/\w+\[\d+\]: )/)) {
      const match = /^[^\s]*?(\w+)\[\d+\]: (.*)$/s.exec(part);
      if (match?.[1] === undefined || match[2] === undefined) continue;
      const said = explained(match[2]);
      // A deadline that ended the retries hides what each of them met.
      if (!(errors.has(match[1]) && said.status === null)) errors.set(match[1], said);
    }
  }
  return errors;
}

const relayMark = 'rtops could not pass it on';

/** What the relay before a webhook answers when the webhook itself gave no answer. */
export function relayFailed(reason: string): string {
  return `${relayMark}: ${reason}`;
}

function explained(said: string): NotificationError {
  // The status of such an answer is the relay's own.
  const behindRelay = said.indexOf(relayMark);
  const err = behindRelay < 0 ? said : said.slice(behindRelay);
  const code = /status code:? (\d{3})/.exec(err)?.[1];
  if (code !== undefined) return { status: Number(code), why: meaning(Number(code)) };
  if (/connection refused/.test(err)) return { status: null, why: 'the connection was refused' };
  if (/no such host/.test(err)) return { status: null, why: 'its host name is not known' };
  if (/deadline exceeded|Client\.Timeout/i.test(err)) {
    return { status: null, why: 'no answer in time: it hangs' };
  }
  if (/x509|certificate/.test(err)) return { status: null, why: 'its certificate is not trusted' };
  return { status: null, why: redactUrls(err).slice(0, 200) };
}

function meaning(status: number): string {
  if (status === 401 || status === 403) return 'it refuses the address: a wrong or revoked secret';
  if (status === 404 || status === 410)
    return 'there is no such webhook: a wrong or deleted address';
  if (status >= 300 && status < 400)
    return 'it is elsewhere by now: set the address it redirects to';
  if (status === 429) return 'too many messages: it limits their rate';
  if (status === 400) return 'it refuses the message';
  return status >= 500 ? 'the receiver itself fails' : 'it does not take the message';
}
