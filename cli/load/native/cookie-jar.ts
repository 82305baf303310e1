/**
 * The cookies of one user, as far as a proxy that pins sessions needs them: name and value. A user
 * speaks to one host on one path, so Path, Domain, Secure and SameSite decide nothing here.
 */
export class CookieJar {
  #cookies: Map<string, string> | undefined;

  /** Takes the `Set-Cookie` lines of a response. `Max-Age=0`, or less, takes a cookie away. */
  take(lines: readonly string[] | undefined): void {
    for (const line of lines ?? []) {
      const [pair = '', ...attributes] = line.split(';');
      const equals = pair.indexOf('=');
      const name = pair.slice(0, Math.max(0, equals)).trim();
      if (name === '') continue;
      this.#cookies ??= new Map();
      if (attributes.some(endsIt)) this.#cookies.delete(name);
      else this.#cookies.set(name, pair.slice(equals + 1).trim());
    }
  }

  /** The value of a `Cookie` header; `undefined` when there is nothing to send. */
  get header(): string | undefined {
    if (this.#cookies === undefined || this.#cookies.size === 0) return undefined;
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }
}

function endsIt(attribute: string): boolean {
  return /^\s*max-age\s*=\s*(0|-\d+)\s*$/i.test(attribute);
}
