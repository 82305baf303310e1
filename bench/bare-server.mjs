// A bare Socket.IO chat on the stock Redis adapter: what most teams run. It promises nothing: the
// ack does not wait for anything to be stored, and a seq is only this process's counter.
import { createAdapter } from '@socket.io/redis-adapter';
import { Redis } from 'ioredis';
import { Server } from 'socket.io';

const pub = new Redis(process.env.REDIS_URL);
const io = new Server(Number(process.env.PORT), {
  adapter: createAdapter(pub, pub.duplicate()),
  serveClient: false,
});
let seq = 0;
io.of('/chat').on('connection', (socket) => {
  socket.on(
    'chat:join-room',
    ({ room }, ack) => (socket.join(room), ack({ ok: true, seq, epoch: 'bare' })),
  );
  socket.on('chat:send-message', ({ id, room, body }, ack) => {
    const at = Date.now();
    seq += 1;
    io.of('/chat').to(room).emit('chat:message', { room, seq, id, sender: 'bare', body, at });
    ack({ ok: true, seq, at });
  });
});
