import type { DashboardSpec } from './build-dashboard.ts';
import type { RowSpec } from './panel-spec.ts';

const noLoki =
  'No Loki, which is optional: start the compose profile "logs". Without it: rtops logs, rtops trace.';
/** Loki's own stream selector: only its four labels, ids are text of the line. */
const stream = '{topology=~"$topology", service=~"$service", level=~"$level"}';

const help = `An id leads through every process: put a request, connection, socket or message id into **Any id**.

Without Loki the same timeline is on the command line, from the files of a run:

\`\`\`
rtops trace ID
rtops logs SERVICE -f
\`\`\`

A WebSocket has a line in nginx's log only once it has ended.`;

const rows: readonly RowSpec[] = [
  {
    title: 'Logs',
    panels: [
      {
        title: 'How to follow a message',
        description: 'Where the lines are, with Loki and without.',
        view: { kind: 'text', markdown: help },
        width: 8,
        height: 10,
      },
      {
        title: 'Lines by service and level',
        description: 'Lines a second. Errors that begin with a fault are its trace.',
        view: { kind: 'bars' },
        unit: 'cps',
        queries: [
          {
            expr: `sum by (service, level) (rate(${stream} |= \`$id\` [$__auto]))`,
            legend: '{{service}} {{level}}',
          },
        ],
        expect: 'data',
        needs: ['loki'],
        whyEmpty: noLoki,
        width: 16,
        height: 10,
      },
      {
        title: 'Lines',
        description: 'In order of time; those with the id, where one is given.',
        view: { kind: 'logs' },
        unit: 'none',
        queries: [{ expr: `${stream} |= \`$id\``, legend: '' }],
        expect: 'data',
        needs: ['loki'],
        whyEmpty: noLoki,
        width: 24,
        height: 16,
      },
    ],
  },
];

/** What the processes say; only with Loki, which is optional. */
export const logsAndTraces: DashboardSpec = {
  uid: 'rtops-logs',
  title: 'rtops: logs and traces',
  description: 'What did every process say about this message, request or connection?',
  variables: ['topology', 'loki', 'service', 'level', 'id'],
  rows,
};
