/** One client's cookies (RFC 6265, as far as one origin needs it). */

type Cookie = { readonly value: string; readonly path: string };

export type CookieJar = {
  /** Takes the `Set-Cookie` lines of an answer. */
  store(lines: readonly string[]): void;
  /** The `Cookie` header for a path; `undefined` when nothing is to be sent. */
  header(path: string): string | undefined;
  /** Names of every cookie that was ever set, sent back or not. */
  names(): readonly string[];
  /** What they lack, as sentences. */
  flaws(): readonly string[];
  readonly sentBack: boolean;
};

/** `sendsBack: false` is a client that drops them: Node's socket.io-client without `withCredentials`. */
export function createCookieJar(sendsBack: boolean, overTls = false): CookieJar {
  const cookies = new Map<string, Cookie>();
  const seen = new Set<string>();
  const flaws = new Set<string>();
  return {
    sentBack: sendsBack,
    names: () => [...seen],
    flaws: () => [...flaws],
    store(lines) {
      for (const line of lines) {
        const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
        const equals = pair.indexOf('=');
        if (equals < 1) continue;
        const name = pair.slice(0, equals);
        seen.add(name);
        for (const missing of missingAttributes(attributes, overTls)) {
          flaws.add(`the cookie ${name} has no ${missing}`);
        }
        if (isOver(attributes)) cookies.delete(name);
        else cookies.set(name, { value: pair.slice(equals + 1), path: pathOf(attributes) });
      }
    },
    header(path) {
      if (!sendsBack) return undefined;
      const pairs = [...cookies]
        .filter(([, cookie]) => covers(cookie.path, path))
        .map(([name, { value }]) => `${name}=${value}`);
      return pairs.length === 0 ? undefined : pairs.join('; ');
    },
  };
}

function missingAttributes(attributes: readonly string[], overTls: boolean): readonly string[] {
  const has = (name: string): boolean =>
    attributes.some((part) => part.toLowerCase().split('=')[0] === name);
  return [
    ...(has('httponly') ? [] : ['HttpOnly']),
    ...(has('samesite') ? [] : ['SameSite']),
    ...(overTls && !has('secure') ? ['Secure'] : []),
  ];
}

function pathOf(attributes: readonly string[]): string {
  const path = attribute(attributes, 'path');
  return path?.startsWith('/') === true ? path : '/';
}

/** RFC 6265 §5.1.4. */
function covers(cookiePath: string, path: string): boolean {
  if (!path.startsWith(cookiePath)) return false;
  return (
    cookiePath.endsWith('/') || path.length === cookiePath.length || path[cookiePath.length] === '/'
  );
}

function isOver(attributes: readonly string[]): boolean {
  const maxAge = attribute(attributes, 'max-age');
  return maxAge !== undefined && Number(maxAge) <= 0;
}

function attribute(attributes: readonly string[], name: string): string | undefined {
  const found = attributes.find((part) => part.toLowerCase().startsWith(`${name}=`));
  return found?.slice(name.length + 1);
}
