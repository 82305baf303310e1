/** What is left of a stream, up to a bound: nobody who answers decides how much memory that takes. */

export type ReadUpTo = {
  readonly bytes: Buffer;
  /** `false`: there was more, which was not read. */
  readonly isWhole: boolean;
};

/** Leaves the stream, and so ends its connection, where it is longer. */
export async function readUpTo(
  stream: AsyncIterable<Uint8Array>,
  mostBytes: number,
): Promise<ReadUpTo> {
  const chunks: Uint8Array[] = [];
  let read = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    read += chunk.length;
    if (read > mostBytes) {
      return { bytes: Buffer.concat(chunks).subarray(0, mostBytes), isWhole: false };
    }
  }
  return { bytes: Buffer.concat(chunks), isWhole: true };
}
