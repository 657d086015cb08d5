import { logEvents, logFields, logHead, logLine, logTail } from '@gatehouse/platform';
import { z } from 'zod';
import { code, type Document, page, table } from './markdown.js';

interface EventRow {
  readonly level: string;
  readonly processes: readonly string[];
  readonly msg: string;
  readonly help: string;
  readonly fields: readonly string[];
}

const property = z.object({
  type: z.string().optional(),
  enum: z.array(z.string()).optional(),
  description: z.string(),
});

function fieldRows(fields: Readonly<Record<string, z.ZodType>>): string[][] {
  const { properties = {} } = z.toJSONSchema(z.object(fields), { io: 'input' });
  return Object.entries(properties).map(([name, schema]) => {
    const { type = '', description } = property.parse(schema);
    return [code(name), type, description];
  });
}

function eventsOf(events: Readonly<Record<string, EventRow>>): string {
  const rows = Object.entries(events).map(([name, { level, processes, msg, help, fields }]) => {
    return [code(name), level, processes.join(', '), `“${msg}”. ${help}`, fields.map(code).join(', ')];
  });
  return table(['event', 'level', 'process', 'meaning', 'fields'], rows);
}

const isSecurity = ([, { level }]: [string, EventRow]) => level === 'security';
const all: [string, EventRow][] = Object.entries(logEvents);
const security = Object.fromEntries(all.filter(isSecurity));
const others = Object.fromEntries(all.filter((entry) => !isSecurity(entry)));

function schemaText(): string {
  const { $schema, ...schema } = z.toJSONSchema(logLine, {
    io: 'input',
    override: ({ jsonSchema }) => {
      delete jsonSchema['free'];
      if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  return `${JSON.stringify({ $schema, title: 'A log line of a process of Gatehouse', ...schema }, null, 2)}\n`;
}

/** The page of all log lines, and their JSON Schema. */
export const documents: readonly Document[] = [
  page('docs/reference/logs.md', [
    '# Logs',
    'Each line that a process writes to standard output is one JSON object of this form, also at [JSON ' +
      'Schema](protocol/log-line.schema.json). [Collect and search logs](../how-to/search-logs.md) shows what to do with them. ' +
      'Commands print texts for people instead; so does `npm start` on standard error, and a process that cannot start ' +
      'writes the reason there as one sentence.',
    'No line contains a password, a code, a token, a cookie, a user name or a mail address ' +
      '([ADR 70](../adr/0070-log-events-of-a-closed-list.md)). Texts of other programs, such as the reply of a mail server, ' +
      'are masked: mail addresses, credentials in URLs, and values with a name of a secret. The text of the author of ' +
      'an expression or a policy is not.',
    '## Fields of every line',
    table(['field', 'type', ''], fieldRows(logHead)),
    '## Fields of some lines',
    'A field is left out when it has no value.',
    table(['field', 'type', ''], fieldRows({ ...logFields, ...logTail })),
    'An `error` has `type`, `message`, `stack` (with the stacks of its causes) and `code` (of Node, or SQLSTATE of Postgres).',
    '## Security events',
    'They have the level `security`, which is above `warn`: `LOG_LEVEL=warn` does not hide them. Of each event, a ' +
      'process writes `LOG_SECURITY_RATE` lines a second at most.',
    eventsOf(security),
    '## Other events',
    eventsOf(others),
  ]),
  { path: 'docs/reference/protocol/log-line.schema.json', text: schemaText() },
];
