/**
 * Cuts the secrets of known addresses out of a text, wherever they stand: a receiver that refuses a
 * message often answers with the path it was asked for, and Alertmanager writes the answer down.
 */
import { redactUrls } from './redact-urls.ts';

/** Words of an address that everybody knows, and that a log needs. */
const known = new Set(
  'alert alerts alertmanager channels discord hook hooks http https incoming integration integrations notify rooms services slack team webhook webhooks workflows'.split(
    ' ',
  ),
);
/** A shorter word of an address is cut only together with what stands beside it. */
const shortestWord = 4;
/** A word as long as this is cut even amid other letters. */
const longWord = 8;

/**
 * A function that puts `…` for the paths, queries, credentials and their parts of these addresses,
 * as they are and as URLs, JSON, HTML and Go escape them, and for whatever else follows a host.
 */
export function redactAddresses(addresses: readonly string[]): (text: string) => string {
  const secrets = [...new Set(addresses.flatMap(secretsOf).flatMap(escapedForms))].toSorted(
    (one, other) => other.length - one.length,
  );
  if (secrets.length === 0) return redactUrls;
  const pattern = new RegExp(secrets.map(asPattern).join('|'), 'gi');
  return (text) => redactUrls(text).replace(pattern, '…');
}

function secretsOf(address: string): readonly string[] {
  if (!URL.canParse(address)) return [];
  const { pathname, search, searchParams, username, password, hash } = new URL(address);
  const parts = pathname.split('/').filter((part) => part !== '');
  // A router answers with what is left of the path below where it is mounted.
  const paths = parts
    .map((_, from) => `/${parts.slice(from).join('/')}`)
    .filter((path) => isSecret(path.slice(1)));
  const words = [
    ...parts.flatMap(piecesOf),
    ...[...searchParams].flatMap(([name, value]) => (value === '' ? [name] : [value])),
    ...(search === '' ? [] : [search.slice(1)]),
    ...(hash === '' ? [] : [hash.slice(1)]),
    decoded(username),
    decoded(password),
  ];
  return [...paths, ...words.filter(isSecret)];
}

/** `a:b` of a path is two words as well. */
function piecesOf(part: string): readonly string[] {
  const pieces = part.split(/[:;,=&]/);
  return pieces.length === 1 ? [part] : [part, ...pieces];
}

function isSecret(text: string): boolean {
  // A short number is as likely a count or a status.
  return text.length >= shortestWord && !known.has(text.toLowerCase());
}

function escapedForms(secret: string): readonly string[] {
  const plain = [secret, decoded(secret), encodeURI(decoded(secret))];
  plain.push(encodeURIComponent(decoded(secret)));
  return plain.flatMap((text) => [
    text,
    text.replaceAll('/', String.raw`\/`),
    htmlEscaped(text, (code) => `&#${code};`),
    htmlEscaped(text, (code) => `&#x${code.toString(16)};`),
    text.replace(/[&<>=+'"/]/g, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`),
    text.replace(/[&<>]/g, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`),
  ]);
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
};

function htmlEscaped(text: string, other: (code: number) => string): string {
  return text.replace(/[&<>'"/+=`]/g, (mark) => entities[mark] ?? other(mark.charCodeAt(0)));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function asPattern(secret: string): string {
  const exact = secret.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  return secret.length >= longWord || secret.startsWith('/')
    ? exact
    : String.raw`(?<![\w-])${exact}(?![\w-])`;
}
