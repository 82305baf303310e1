/** What each service uses now: CPU as a bar, memory, connections, event-loop lag; how often it was started again. */
import type { ReactNode } from 'react';

import { busiestFirst, observersLast } from '../report/busiest-first.ts';
import { displayWidth, padColumns } from '../report/display-width.ts';
import { formatCount, formatMb, formatMs, formatPercent } from '../report/format.ts';
import { bar } from '../report/sparkline.ts';
import { fit, plainText } from '../report/text-style.ts';
import type { TextStyle } from '../report/text-style.ts';
import type { AbsentService, ServiceSample } from './run-state.ts';
import { Line, Toned } from './tone.tsx';

/** From here on a Node process is close to its one core; the default threshold is 70. */
const hotPct = 70;

/** CPU, memory, connected and loop lag: all but the name, the bar and the restarts. */
const figuresWidth = 6 + 10 + 11 + 11;
const restartsWidth = 10;

/** A heading and `lines` − 1 rows; where they do not all fit, the busiest and how many more. */
export function ServicesPart({
  services,
  absent,
  lines,
  width,
  style,
}: {
  readonly services: readonly ServiceSample[];
  readonly absent: readonly AbsentService[];
  readonly lines: number;
  readonly width: number;
  readonly style: TextStyle;
}): ReactNode {
  // What is not there is what a person looks for: it is shown before all others.
  const missing = absent.slice(0, Math.max(0, lines - 1));
  const rows = lines - 1 - missing.length;
  const all = services.length <= rows;
  const shown = all
    ? services.toSorted(observersLast)
    : services.toSorted(busiestFirst(({ cpuPct }) => cpuPct)).slice(0, rows > 1 ? rows - 1 : rows);
  const restarted = shown.some(({ restarts }) => restarts > 0);
  const nameWidth = Math.max(
    11,
    ...[...missing, ...shown].map(({ name }) => Math.min(14, displayWidth(plainText(name)))),
  );
  const barWidth = Math.max(
    6,
    Math.min(40, width - (nameWidth + 3) - figuresWidth - restartsWidth),
  );
  const heading =
    ' '.repeat(nameWidth - 7 + barWidth) +
    'cpu'.padStart(6) +
    'memory'.padStart(10) +
    'connected'.padStart(11) +
    'loop lag'.padStart(11) +
    (restarted ? 'restarts'.padStart(restartsWidth) : '');
  return (
    <>
      <Line>
        <Toned is="strong">{'Services  '}</Toned>
        <Toned is="dim">{heading}</Toned>
      </Line>
      {missing.map(({ name, state }) => (
        <Line key={name}>
          {`  ${padColumns(fit(plainText(name), nameWidth, style), nameWidth)} `}
          <Toned is="bad">{state}</Toned>
        </Line>
      ))}
      {shown.map((one) => (
        <Line key={one.name}>
          {`  ${padColumns(fit(plainText(one.name), nameWidth, style), nameWidth)} `}
          <Toned is={one.cpuPct >= hotPct ? 'bad' : 'accent'}>
            {bar(one.cpuPct / 100, barWidth, style.ascii)}
          </Toned>
          {formatPercent(one.cpuPct).padStart(6)}
          {formatMb(one.rssMb).padStart(10)}
          {(one.connections === null ? '' : formatCount(one.connections)).padStart(11)}
          {(one.loopLagMs === null ? '' : formatMs(one.loopLagMs)).padStart(11)}
          {one.restarts > 0 ? (
            <Toned is="bad">{String(one.restarts).padStart(restartsWidth)}</Toned>
          ) : null}
        </Line>
      ))}
      {!all && rows > 1 ? (
        <Line>
          <Toned is="dim">{`  and ${services.length - shown.length} more`}</Toned>
        </Line>
      ) : null}
    </>
  );
}
