import { traceAttributes } from '@gatehouse/contracts';
import { code, type Document, page, table } from './markdown.js';

/** The meaning of each attribute. */
const ATTRIBUTES: Readonly<Record<keyof typeof traceAttributes, string>> = {
  requestId: 'id of the HTTP request: the response header `x-authentik-id`, and `request_id` in log lines',
  flow: 'slug of the flow',
  plan: 'id of the plan. All requests of one login have the same, so a search for it finds their traces',
  outcome:
    'of an HTTP request to a flow: `show`, `done`, `denied` or `problem`; of a stage: the `type` of its reply, or the code of its problem; of a policy: `pass`, `fail` or `error`; of a delivery: `sent`, `parked`, `published` or `later`',
  stageKind: 'kind of the stage',
  stageVerb: '`challenge` or `respond`',
  turn: 'id of the request to a stage or to the policy service, `turn` in log lines',
  policies: 'number of the policies in the request',
  policyKind: 'kind of the policy',
  policyName: 'name of the policy',
  messageKind: '`mail`, `event` or `webhook`',
  tries: 'number of the attempt to deliver a mail, or an event to a webhook',
};

const SPANS: readonly (readonly string[])[] = [
  [
    '`GET <route>`, `POST <route>`, …',
    'server',
    'gateway',
    '`http.request.method`, `http.route`, `http.response.status_code`, `url.scheme`. Requests to an unknown path have no route',
  ],
  [
    '`request <subject>`',
    'client',
    'gateway, enrollment',
    '`messaging.system`, `messaging.destination.name`, `messaging.operation.name`, `messaging.operation.type`, `messaging.message.body.size`',
  ],
  ['`process <subject>`', 'server', 'the service that answers', 'the same'],
  [
    'name of a statement, such as `plan_load`; operation and table of others',
    'client',
    'every process with a database',
    '`db.system.name`, `db.query.summary`',
  ],
  ['`evaluate <kind>`', 'internal', 'policy', ''],
  ['`check password hash`, `hash password`', 'internal', 'password', 'the event `started` ends the time in the queue'],
  [
    'HTTP method, such as `POST`',
    'client',
    'processes that call providers',
    '`http.request.method`, `http.response.status_code`, `server.address`, `server.port`',
  ],
  ['`deliver mail`', 'consumer', 'courier', ''],
  ['`deliver webhook`', 'consumer', 'courier', 'the request to the endpoint is its child'],
  ['`send mail`', 'client', 'courier', '`server.address`, `server.port` of the mail server'],
  ['`publish events`', 'producer', 'courier', 'as `request <subject>`, with `messaging.batch.message_count`'],
];

/** The page of all spans and their attributes. */
export const documents: readonly Document[] = [
  page('docs/reference/traces.md', [
    '# Traces',
    'Gatehouse records traces when `OTEL_EXPORTER_OTLP_ENDPOINT` is set: [trace a login](../how-to/trace-a-login.md). ' +
      'Names follow the semantic conventions of OpenTelemetry for HTTP, messaging and databases.',
    '## Spans',
    'Each HTTP request is a trace of its own. A mail, and a batch of events, are traces of their own too, with a link to ' +
      'each request that caused them. The gateway decides which requests are recorded ([settings](config.md), ' +
      '`OTEL_TRACES_SAMPLER_ARG`). Probes, WebSockets and requests that the gateway refuses at once have no span.',
    table(['name', 'kind', 'process', 'attributes of the conventions'], SPANS),
    'A failed span has the status error and `error.type`: the HTTP status, the code of the problem, the SQLSTATE, or the ' +
      'class of the error. No span has the message of an error, the text or the values of a statement, a path or a query.',
    '## Attributes of Gatehouse',
    table(
      ['name', 'content'],
      Object.entries(traceAttributes).map(([key, name]) => [
        code(name),
        ATTRIBUTES[key as keyof typeof traceAttributes],
      ]),
    ),
    '## Processes',
    'The resource of each process has `service.name` (`gatehouse-` and the name of the process, or `OTEL_SERVICE_NAME`), ' +
      '`service.namespace` (`gatehouse`), `service.version`, `service.instance.id`, and the attributes of ' +
      '`OTEL_RESOURCE_ATTRIBUTES`.',
  ]),
];
