// Metrics that can be taken out of a running server and put back: nothing of it is counted, no
// listener is left on any connection, and the server does not know. What it sent is always known.
const listensOf = {
  on: ['on', 'off'],
  onAny: ['onAny', 'offAny'],
  onAnyOutgoing: ['onAnyOutgoing', 'offAnyOutgoing'],
};

/** `createReal`: as `createMetrics` of the server. */
export function switchedMetrics(createReal) {
  let isOn = true;
  let delivered = 0;
  /** Every listener of metrics on a connection that is there: how it is put on, and taken off. */
  const listeners = new Map();
  return {
    create: (...given) => {
      const real = createReal(...given);
      return {
        ...{ connectionsOpened: 0, sentBytes: 0, slowClientsClosed: 0, adapterErrors: 0 },
        disconnections: real.disconnections,
        connectionErrors: real.connectionErrors,
        eventsSent: {
          of: real.eventsSent.of,
          add: (name, by = 1) => {
            if (name === 'chat:message') delivered += by;
            if (isOn) real.eventsSent.add(name, by);
          },
        },
        broadcastSeconds: { observe: (seconds) => isOn && real.broadcastSeconds.observe(seconds) },
        eventDone: (...told) => isOn && real.eventDone(...told),
        arrived: (atMs) => isOn && real.arrived(atMs),
        httpSeconds: (...told) => isOn && real.httpSeconds(...told),
        routeKnown: real.routeKnown,
        watch: (engine, chat) => real.watch(watched(engine), watched(chat)),
        page: () => real.page(),
        briefPage: () => real.briefPage(),
        contentType: real.contentType,
        close: () => real.close(),
      };
    },
    /** Puts counting in or takes it out, at all connections. */
    turn(on) {
      if (isOn === on) return;
      isOn = on;
      for (const { put, take } of [...listeners.values()].flat()) {
        if (on) put();
        else take();
      }
    },
    delivered: () => delivered,
  };

  /** An engine or namespace whose connections' listeners can be taken off and put back. */
  function watched(emitter) {
    return new Proxy(emitter, {
      get(target, key) {
        if (key !== 'on') return Reflect.get(target, key, target);
        return (event, listener) => target.on(event, (connection) => listener(kept(connection)));
      },
    });
  }

  function kept(connection) {
    return new Proxy(connection, {
      get(target, key) {
        const [on, off] = listensOf[key] ?? [];
        if (on === undefined) return Reflect.get(target, key, target);
        return (...given) => {
          const one = { put: () => target[on](...given), take: () => target[off](...given) };
          if (isOn) one.put();
          const all = listeners.get(target);
          if (all === undefined) {
            listeners.set(target, [one]);
            target.once(target.conn === undefined ? 'close' : 'disconnect', () => {
              listeners.delete(target);
            });
          } else all.push(one);
        };
      },
    });
  }
}
