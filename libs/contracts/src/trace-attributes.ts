/** Attributes of spans that Gatehouse adds to those of OpenTelemetry's conventions (docs/reference/traces.md). */
export const traceAttributes = {
  requestId: 'gatehouse.request_id',
  flow: 'gatehouse.flow',
  plan: 'gatehouse.plan',
  outcome: 'gatehouse.outcome',
  stageKind: 'gatehouse.stage.kind',
  stageVerb: 'gatehouse.stage.verb',
  turn: 'gatehouse.turn',
  policies: 'gatehouse.policy.count',
  policyKind: 'gatehouse.policy.kind',
  policyName: 'gatehouse.policy.name',
  messageKind: 'gatehouse.outbox.kind',
  tries: 'gatehouse.outbox.tries',
} as const;
