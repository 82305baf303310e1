/** One client: where it dials from, its cookies, what it says. */
import type { CookieJar } from '../cookie-jar.ts';
import type { Speech } from './speech.ts';

export type StickyClient = {
  readonly index: number;
  readonly url: URL;
  /** The address it dials from; `null` leaves it to the kernel. */
  readonly source: string | null;
  readonly jar: CookieJar;
  readonly speech: Speech;
  /** The node at an upstream's address; the address itself when it is not known. */
  readonly nodeOf: (address: string) => string;
  /** ms since the probe began. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** A moment of chance before each request, so that clients do not march in step. */
  readonly stagger: () => Promise<void>;
};
