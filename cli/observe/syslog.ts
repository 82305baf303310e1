/** Receives what nginx sends by syslog over UDP: one datagram a line of its access log. */
import { createSocket } from 'node:dgram';

/** Of the kernel's buffer, in which lines wait while this process does not run; it may grant less. */
const wantedBufferBytes = 4 * 1024 * 1024;

export type SyslogServer = {
  readonly port: number;
  close(): Promise<void>;
};

/** `listener` is given what nginx wrote, without what syslog puts before it. */
export async function openSyslog(
  host: string,
  port: number,
  listener: (text: string) => void,
): Promise<SyslogServer> {
  const socket = createSocket('udp4');
  socket.on('message', (datagram) => {
    // `<190>Nov 21 14:30:00 nginx: {…}`
    const start = datagram.indexOf('{');
    listener(datagram.toString('utf8', Math.max(0, start)));
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ address: host, port, exclusive: true }, () => {
      socket.off('error', reject);
      resolve();
    });
  });
  // A datagram that could not be taken is a line that is missing: the counts tell.
  socket.on('error', () => undefined);
  try {
    socket.setRecvBufferSize(wantedBufferBytes);
  } catch {
    // What the kernel gives by itself has to do.
  }
  return {
    port: socket.address().port,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}
