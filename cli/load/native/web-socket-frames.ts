/** WebSocket frames as a client reads and writes them (RFC 6455 §5). */

/** Opcodes of §5.2. */
export const opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** What a reader found. Payloads are views: they are gone when the callback returns. */
export type FrameListener = {
  text(payload: Buffer): void;
  ping(payload: Buffer): void;
  /** A close frame; 1005 when it carries no code. */
  close(code: number): void;
  /** Bytes that no server may send; nothing is read after it. */
  broken(text: string): void;
};

/** Takes bytes as they come, however they are cut. */
export type FrameReader = { read(bytes: Buffer): void };

/** More than any chat frame; a length beyond it is a stream out of step. */
const longestPayloadBytes = 16 * 1024 * 1024;

export function createFrameReader(listener: FrameListener): FrameReader {
  /** The beginning of a frame whose end has not come. */
  let rest: Buffer | undefined;
  /** The parts of a message sent in fragments. */
  let parts: Buffer[] | undefined;
  let over = false;

  const stop = (text: string): void => {
    over = true;
    listener.broken(text);
  };

  const message = (code: number, isLast: boolean, payload: Buffer): void => {
    if (code === opcode.text && isLast && parts === undefined) {
      listener.text(payload);
      return;
    }
    if ((code === opcode.continuation) === (parts === undefined)) {
      stop('a fragment out of turn');
      return;
    }
    parts ??= [];
    // A view would be overwritten by the next read.
    parts.push(Buffer.from(payload));
    if (!isLast) return;
    const whole = Buffer.concat(parts);
    parts = undefined;
    listener.text(whole);
  };

  const frame = (first: number, payload: Buffer): void => {
    const code = first & 0x0f;
    switch (code) {
      case opcode.continuation:
      case opcode.text:
        message(code, (first & 0x80) !== 0, payload);
        return;
      case opcode.binary:
        // Chat sends none: Engine.IO's binary attachments are not for these users.
        return;
      case opcode.close:
        over = true;
        listener.close(payload.length >= 2 ? payload.readUInt16BE(0) : 1005);
        return;
      case opcode.ping:
        listener.ping(payload);
        return;
      case opcode.pong:
        return;
      default:
        stop(`a frame of unknown kind ${code}`);
    }
  };

  return {
    read(chunk) {
      const bytes = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
      rest = undefined;
      let at = 0;
      while (!over && at + 2 <= bytes.length) {
        const first = bytes[at] as number;
        const second = bytes[at + 1] as number;
        if ((first & 0x70) !== 0 || (second & 0x80) !== 0) {
          stop('a frame with a mask or an extension that was not agreed');
          return;
        }
        let size = second & 0x7f;
        let from = at + 2;
        if (size === 126) {
          from += 2;
          if (from > bytes.length) break;
          size = bytes.readUInt16BE(at + 2);
        } else if (size === 127) {
          from += 8;
          if (from > bytes.length) break;
          size = Number(bytes.readBigUInt64BE(at + 2));
        }
        if (size > longestPayloadBytes) {
          stop(`a frame of ${size} bytes`);
          return;
        }
        if (from + size > bytes.length) break;
        frame(first, bytes.subarray(from, from + size));
        at = from + size;
      }
      if (!over && at < bytes.length) rest = Buffer.from(bytes.subarray(at));
    },
  };
}

/**
 * One whole client frame. The mask is zero: a valid one, and it spares the copying; masks protect
 * shared proxies from chosen bytes, and there is none between a load generator and its target.
 */
export function maskedFrame(code: number, payload: string | Buffer): Buffer {
  const size = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length;
  const headBytes = size < 126 ? 6 : size < 65_536 ? 8 : 14;
  const frame = Buffer.allocUnsafe(headBytes + size);
  frame[0] = 0x80 | code;
  if (size < 126) {
    frame[1] = 0x80 | size;
  } else if (size < 65_536) {
    frame[1] = 0x80 | 126;
    frame.writeUInt16BE(size, 2);
  } else {
    frame[1] = 0x80 | 127;
    frame.writeBigUInt64BE(BigInt(size), 2);
  }
  frame.writeUInt32BE(0, headBytes - 4);
  if (typeof payload === 'string') frame.write(payload, headBytes);
  else payload.copy(frame, headBytes);
  return frame;
}

/** A close frame with a code. */
export function closeFrame(code: number): Buffer {
  const payload = Buffer.alloc(2);
  payload.writeUInt16BE(code);
  return maskedFrame(opcode.close, payload);
}
