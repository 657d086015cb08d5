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

/** The page of all errors that a client can get. */
export const documents: readonly Document[] = [
  page('docs/reference/errors.md', [
    '# Errors',
    '## Responses without a challenge',
    table(['code', 'HTTP', 'body', '`Retry-After` from', 'text'], problemRows),
    'Texts may change, codes do not. An `ak-stage-flow-error` contains only its request id, which is also in the header ' +
      '`X-authentik-id` and in the log. Superusers and debugged users also get `error` and `traceback`.',
    'If several things are wrong with a request, the first of these is reported: path, method, credentials in the URL, ' +
      'flow, rate limit of anonymous visitors, media type, size, CSRF, JSON, stage. An expired plan is not an error: the ' +
      'flow restarts. A locked or delayed credential is answered like a wrong one.',
    '## Rejected answers',
    'The challenge is shown again, HTTP 200, with `response_errors`: for each field, or `non_field_errors`, a list of ' +
      '`{"string", "code"}`. Any stage may report for a field what is in this table. An external stage names it by the first ' +
      'column, clients get the second:',
    table(
      ['in a reply of a stage', 'code', 'string'],
      Object.entries(fieldMessages).map(([name, { string, code: wire }]) => [code(name), code(wire), string]),
    ),
    'Errors of single stages:',
    ...ofStages,
  ]),
];
