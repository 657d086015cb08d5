import { AUDIT_ACTIONS, auditEvents, EVENT_LEVELS, maskByKey } from '@gatehouse/contracts';
import { z } from 'zod';
import { code, type Document, page, table } from './markdown.js';

const type = z.union([z.string(), z.array(z.string())]).optional();
const member = z.looseObject({
  type,
  description: z.string().optional(),
  const: z.string().optional(),
  enum: z.array(z.string()).optional(),
  anyOf: z.array(z.looseObject({ type })).optional(),
});
type Member = z.output<typeof member>;

function typeOf({ type, const: constant, enum: choices, anyOf }: Member): string {
  if (constant !== undefined) return code(JSON.stringify(constant));
  if (choices) return choices.map(code).join(', ');
  return [type, ...(anyOf ?? []).map((choice) => choice.type)].flat().filter(Boolean).join(' or ') || 'any';
}

function contextTable(context: z.ZodObject): string {
  const { properties = {}, required = [], description } = z.toJSONSchema(context, { io: 'input' });
  const rows = Object.entries(properties).map(([name, schema]) => {
    const parsed = member.parse(schema);
    return [code(name), typeOf(parsed), required.includes(name) ? 'always' : '', parsed.description ?? ''];
  });
  const note = description === undefined ? [] : [`Also ${description}.`];
  if (rows.length === 0) return ['The context is empty.', ...note].join('\n\n');
  return [table(['member of `context`', 'type', '', ''], rows), ...note].join('\n\n');
}

const sections = AUDIT_ACTIONS.flatMap((action) => {
  const { when, level, outcome, actor, subject, context, example } = auditEvents[action];
  return [
    `## ${action}`,
    `${when} Level ${code(level)}, outcome ${code(outcome)}. Actor: ${actor}. User: ${subject}.`,
    contextTable(context),
    `Example: ${code(JSON.stringify(maskByKey(example)))}`,
  ];
});

/** The page of all audit events. */
export const documents: readonly Document[] = [
  page('docs/reference/events.md', [
    '# Audit events',
    'Events are published on `events.<action>` as [CloudEvents](../spec/events.md#cloudevents). ' +
      'The members of `data` are the same for all actions; `context` depends on the action. Their JSON Schema is ' +
      '[audit-events.schema.json](protocol/audit-events.schema.json).',
    table(
      ['action', 'level', 'outcome', 'when'],
      AUDIT_ACTIONS.map((action) => {
        const { level, outcome, when } = auditEvents[action];
        return [`[${code(action)}](#${action})`, code(level), code(outcome), when];
      }),
    ),
    `The levels are ${EVENT_LEVELS.map(code).join(', ')}: an ordinary action, a failed or refused one, and an error of ` +
      'the configuration.',
    'The function `ak_create_event` of expressions causes events with the action `custom_<action>`, and external stages ' +
      'may have actions of their own. They have the level `info`, the outcome `success` and any context.',
    ...sections,
  ]),
];
