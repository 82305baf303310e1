import { serverMetrics } from '../server/metric-contract.ts';
import type { DashboardSpec } from './build-dashboard.ts';
import { nodeRow } from './node-row.ts';
import { alike, plainLines } from './panel-spec.ts';
import type { RowSpec } from './panel-spec.ts';
import { betweenRow } from './socketio-between.ts';
import { heat, orZero, quantile, rate, rateOfCount, ratio, sum } from './promql.ts';
import { targets } from './targets.ts';

const notRead = 'No chat server was read within this time: is the system up with monitoring?';
const noTraffic = 'Nobody has sent anything within this time.';
const by = ['instance'];
const legend = '{{instance}}';
const connectionsByServer = sum(serverMetrics.connections, { by });

const connections: RowSpec = {
  title: 'Connections',
  panels: alike({ ...plainLines, whyEmpty: notRead }, [
    {
      title: 'Connections by server',
      description: 'Where users are.',
      view: { kind: 'stacked' },
      unit: 'short',
      queries: [{ expr: connectionsByServer, legend }],
    },
    {
      title: 'Balance',
      description:
        'Connections of the fullest server over the mean of all. 1 is even; 2 is twice its share.',
      unit: 'none',
      queries: [
        {
          expr: ratio(`max(${connectionsByServer})`, `avg(${connectionsByServer})`),
          legend: 'fullest over mean',
        },
      ],
      whyEmpty: 'Nobody is connected.',
    },
    {
      title: 'Transport',
      description:
        'WebSocket and polling. A growing share of polling is a proxy that does not upgrade.',
      view: { kind: 'stacked' },
      unit: 'short',
      queries: [
        { expr: sum(serverMetrics.connections, { by: ['transport'] }), legend: '{{transport}}' },
      ],
    },
    {
      title: 'Opened and upgraded',
      description:
        'Connections a second that got in, and those that went from polling to WebSocket.',
      unit: 'cps',
      queries: [
        { expr: rate(serverMetrics.connectionsOpened, { by }), legend: `${legend} opened` },
        {
          expr: rate(serverMetrics.transportUpgrades, { by }),
          legend: `${legend} upgraded`,
          mayBeZero: true,
        },
      ],
    },
    {
      title: 'Disconnects by reason, killed servers aside',
      description:
        'In Socket.IO’s words. `ping timeout`: the client was gone or stalled; `transport close`: the connection broke. Who was on a server that was killed is not among them, for the dead do not count: see Connections by server.',
      view: { kind: 'bars' },
      unit: 'cps',
      queries: [
        { expr: rate(serverMetrics.disconnections, { by: ['reason'] }), legend: '{{reason}}' },
      ],
      expect: 'data',
    },
    {
      title: 'Refused connections by code',
      description:
        'Codes 0 to 5 are Engine.IO’s; 1 is a session that another node holds: stickiness is broken. Words are the server’s own reasons.',
      view: { kind: 'bars' },
      unit: 'cps',
      queries: [
        {
          expr: `${rate(serverMetrics.connectionErrors, { by: ['code'] })} > 0`,
          legend: '{{code}}',
        },
      ],
      expect: 'empty-when-healthy',
      whyEmpty: 'Nobody was refused.',
    },
  ]),
};

const events: RowSpec = {
  title: 'Events: rate, errors, duration',
  panels: alike({ ...plainLines, whyEmpty: noTraffic }, [
    {
      title: 'Events from clients',
      description: 'By name of the event.',
      view: { kind: 'stacked' },
      unit: 'cps',
      queries: [
        { expr: rate(serverMetrics.eventsReceived, { by: ['event'] }), legend: '{{event}}' },
      ],
    },
    {
      title: 'Events to clients',
      description: 'One for each recipient: the fan-out.',
      view: { kind: 'stacked' },
      unit: 'cps',
      queries: [{ expr: rate(serverMetrics.eventsSent, { by: ['event'] }), legend: '{{event}}' }],
    },
    {
      title: 'Bytes to clients',
      description: 'Broadcast and replayed frames.',
      unit: 'Bps',
      queries: [{ expr: rate(serverMetrics.sentBytes, { by }), legend }],
      needs: ['log'],
      whyEmpty: 'The message path adapter does not count bytes, or nobody has sent anything.',
    },
    {
      title: 'Message to ack: all observations',
      description:
        'Where the time of sends lies: two bands are two kinds of message, or a slow node.',
      view: { kind: 'heatmap' },
      unit: 'cps',
      queries: [
        { expr: heat(serverMetrics.eventSeconds, ['event="chat:send-message"']), legend: '{{le}}' },
      ],
      width: 12,
      height: 9,
    },
    {
      title: 'Message to ack by server',
      description:
        'The chosen quantile of what each server takes from the arrival of a message to its ack.',
      unit: 's',
      queries: [
        {
          expr: quantile(serverMetrics.eventSeconds, { where: ['event="chat:send-message"'], by }),
          legend,
        },
      ],
      target: { atMost: targets.ackP95Sec },
      width: 12,
      height: 9,
    },
    {
      title: 'Duration by event',
      description: 'The chosen quantile of each kind of event, over all servers.',
      unit: 's',
      queries: [
        { expr: quantile(serverMetrics.eventSeconds, { by: ['event'] }), legend: '{{event}}' },
      ],
    },
    {
      title: 'Share of acks that said no',
      description: 'Events that ended in an error, of all events.',
      unit: 'percentunit',
      queries: [
        {
          expr: ratio(
            orZero(
              rateOfCount(serverMetrics.eventSeconds, { where: ['outcome="error"'] }),
              rateOfCount(serverMetrics.eventSeconds),
            ),
            rateOfCount(serverMetrics.eventSeconds),
          ),
          legend: 'said no',
        },
      ],
      expect: 'data',
      target: { atMost: targets.errorShare },
    },
    {
      title: 'Refusals by code',
      description: 'UNAVAILABLE: Redis did not answer, and the message may or may not be stored.',
      view: { kind: 'bars' },
      unit: 'cps',
      queries: [{ expr: rate(serverMetrics.refusals, { by: ['code'] }), legend: '{{code}}' }],
      expect: 'empty-when-healthy',
      whyEmpty: 'Nothing was refused.',
    },
  ]),
};

/** The chat servers: rate, errors, duration; then what they wait for. */
export const socketioServer: DashboardSpec = {
  uid: 'rtops-socketio',
  title: 'rtops: Socket.IO servers',
  description: 'Are the chat servers busy, even, fast, and do their users stay?',
  variables: ['topology', 'instance', 'quantile'],
  rows: [connections, events, betweenRow, nodeRow],
};
