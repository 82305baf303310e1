/** A node is taken off the WS pool, as somebody with an editor would: on the text of nginx.conf. */
import { pinName } from './nginx-upstreams.ts';
import type { ProxiedNode } from './nginx-upstreams.ts';

/** Its lines stay and say `down`: the places of all others stay as they are. */
export function withNodeDown(conf: string, { address }: ProxiedNode): string {
  return conf
    .split('\n')
    .map((line) => (isServerLine(line, address) ? line.replace(/;$/, ' down;') : line))
    .join('\n');
}

/** Its lines go, its own upstream too, and what the maps say of it. */
export function withoutNode(conf: string, node: ProxiedNode): string {
  const pin = pinName(node);
  const kept: string[] = [];
  let inPin = false;
  for (const line of conf.split('\n')) {
    if (line.trim() === `upstream ${pin} {`) inPin = true;
    if (!inPin && !isServerLine(line, node.address) && !line.trim().endsWith(` ${pin};`)) {
      kept.push(line);
    }
    if (line.trim() === '}') inPin = false;
  }
  return kept.join('\n');
}

function isServerLine(line: string, address: string): boolean {
  return line.trim().startsWith(`server ${address} `);
}
