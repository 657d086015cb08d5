import { type Catalogue, fieldMessages, problems } from '@gatehouse/contracts';
import { stages } from '@gatehouse/stages';
import { code, type Document, page, table } from './markdown.js';

const FORMS = {
  generic: '`{"detail", "code"}`',
  validation: '`{"non_field_errors": [text], "code"}`',
  flow_error: '`{"component": "ak-stage-flow-error", "request_id"}`',
} as const;

const problemRows = Object.entries(problems).map(([name, entry]) => [
  code(name),
  String(entry.status),
  FORMS[entry.body],
  'retry_after_s' in entry ? `${entry.retry_after_s} s` : '',
  entry.detail,
]);

const messageRows = (catalogue: Catalogue) =>
  Object.values(catalogue).map(({ string, code: wire }) => [code(wire), string]);

const ofStages = Object.values(stages)
  .filter(({ contract }) => Object.keys(contract.errors).length > 0)
  .flatMap(({ contract }) => [
    `### ${contract.component ?? contract.kind}`,
    table(['code', 'string'], messageRows(contract.errors)),
  ]);

/** Everything that a client may be told in place of what it asked for. */
export const documents: readonly Document[] = [
  page('docs/reference/errors.md', [
    '# Errors',
    '## Answers that are no challenge',
    table(['code', 'HTTP', 'body', '`Retry-After` from', 'text'], problemRows),
    'The texts are for people and may change; the codes do not. An `ak-stage-flow-error` says no more than its request id, ' +
      'which is also in the header `X-authentik-id` and in the log; superusers and debugged users read `error` and ' +
      '`traceback` as well.',
    'Of several things that are wrong, the first of these is told: address, method, credentials in the address, flow, rate ' +
      'of strangers, media type, size, CSRF, JSON, stage. A plan that has expired is no error: the flow begins anew. ' +
      'A credential that is locked or delayed is answered like a wrong one.',
    '## Answers that were not accepted',
    'A challenge comes again, HTTP 200, with `response_errors`: for each field, or `non_field_errors`, a list of ' +
      '`{"string", "code"}`. Any stage may say of a field:',
    table(['code', 'string'], messageRows(fieldMessages)),
    'And stages of their own:',
    ...ofStages,
  ]),
];
