/** Text of the live screen: in a tone where colour is wanted, always cut instead of wrapped. */
import { Box, Text } from 'ink';
import { createContext, useContext } from 'react';
import type { ReactNode } from 'react';

import type { TextStyle, Tone } from '../report/text-style.ts';

/** What the terminal can show; set once at the top of the screen. */
export const StyleContext = createContext<TextStyle>({ color: false, ascii: true });

const colors = {
  good: { color: 'green' },
  bad: { color: 'red' },
  warn: { color: 'yellow' },
  accent: { color: 'cyan' },
  dim: { dimColor: true },
  strong: { bold: true },
} as const satisfies Record<Tone, object>;

/** A run of text in one tone. */
export function Toned({
  is,
  children,
}: {
  readonly is: Tone;
  readonly children: ReactNode;
}): ReactNode {
  const style = useContext(StyleContext);
  return <Text {...(style.color ? colors[is] : {})}>{children}</Text>;
}

/** Exactly one line. */
export function Line({ children }: { readonly children?: ReactNode }): ReactNode {
  return (
    <Box height={1} flexShrink={0}>
      <Text wrap="truncate">{children ?? ' '}</Text>
    </Box>
  );
}
