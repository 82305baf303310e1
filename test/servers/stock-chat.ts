/**
 * A Socket.IO chat as tutorials write it: the sender is told "sent" when the message was emitted; no
 * ids, no log, no resume. Two of them share rooms over nothing, so a test runs one and kills it.
 * As a process of its own: `node stock-chat.ts PORT`; prints a line when it listens.
 */
import { createServer } from 'node:http';

import { Server } from 'socket.io';

import { chatNamespace, event } from '../../server/contract.ts';

const port = Number(process.argv[2]);
const http = createServer((request, response) => {
  response.statusCode = request.url?.startsWith('/api/') === true ? 200 : 404;
  response.end('{}');
});
const io = new Server(http, { serveClient: false });
const seqs = new Map<string, number>();

io.of(chatNamespace).on('connection', (socket) => {
  socket.on(event.join, ({ room }: { room: string }, ack: (reply: unknown) => void) => {
    void socket.join(room);
    ack({ ok: true, seq: seqs.get(room) ?? 0, epoch: 'none' });
  });
  socket.on(
    event.send,
    (message: { id: string; room: string; body: string }, ack: (reply: unknown) => void) => {
      const seq = (seqs.get(message.room) ?? 0) + 1;
      seqs.set(message.room, seq);
      const at = Date.now();
      io.of(chatNamespace)
        .to(message.room)
        .emit(event.message, { ...message, seq, sender: message.id.split('.')[0], at });
      ack({ ok: true, seq, at });
    },
  );
});

http.listen(port, '127.0.0.1', () => {
  process.stdout.write('listening\n');
});
