/** The live screen before the load: which services are coming up. */
import { Box } from 'ink';
import type { ReactNode } from 'react';

import { padColumns } from '../report/display-width.ts';
import { plainText, symbolsOf } from '../report/text-style.ts';
import type { ScreenProps } from './run-screen.tsx';
import { Line, Toned } from './tone.tsx';

/** The last note, and one line a service. */
export function StartingScreen({ state, size, style }: ScreenProps): ReactNode {
  const rows = Math.max(1, size.rows - 2);
  const services = [...state.starting.entries()].slice(-rows);
  const note = state.messages.at(-1)?.text ?? 'starting';
  const { pass, fail, dot } = symbolsOf(style);
  return (
    <Box flexDirection="column" width={Math.max(20, size.columns - 1)}>
      <Line>
        <Toned is="strong">{plainText(note)}</Toned>
      </Line>
      {services.map(([name, { state: word, detail }]) => (
        <Line key={name}>
          <Toned is={word === 'ready' ? 'good' : word === 'failed' ? 'bad' : 'dim'}>
            {`  ${word === 'ready' ? pass : word === 'failed' ? fail : dot} `}
          </Toned>
          {padColumns(plainText(name), 14)}
          <Toned is="dim">{`${plainText(word)} ${plainText(detail)}`}</Toned>
        </Line>
      ))}
    </Box>
  );
}
