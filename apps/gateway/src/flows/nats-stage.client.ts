import {
  FLOW_VERBS,
  Problem,
  STAGE_OUTCOMES,
  type StageContract,
  type StageReply,
  type StageRequest,
  type StageVerb,
  stageReply,
  stageSubject,
  traceAttributes,
} from '@gatehouse/contracts';
import { StageClient } from '@gatehouse/executor';
import { histogram, type Requester, requestOverBus } from '@gatehouse/platform';
import type { Admission } from '../http/admission/admission.js';
import type { MetricLabels } from './flow.metrics.js';
import type { StageOutages } from './stage-outages.js';

/** Bytes of the largest request (docs/spec/bus-protocol.md#limits): well below the message limit of NATS. */
const MAX_REQUEST_BYTES = 768 * 1024;

const hops = histogram({
  name: 'gatehouse_stage_hop_seconds',
  question: 'slow',
  help: 'Durations of requests to stages, measured by the gateway',
  labels: {
    kind: 'the kind of the stage, or `other` beyond METRICS_KINDS_MAX kinds',
    verb: FLOW_VERBS,
    outcome: [...STAGE_OUTCOMES, 'stage_away', 'stage_timeout', 'bus_down', 'body_too_large', 'fault'],
  },
});

/** Observers of the replies of stages. */
interface StageObservers {
  readonly labels: Pick<MetricLabels, 'kindOf'>;
  readonly outages: Pick<StageOutages, 'report' | 'end'>;
}

/**
 * Sends requests to stage services over the bus, as plain JSON. Reports busy stages, so that new visits of their flows
 * are refused. Also reports stages that no running service serves.
 */
export class NatsStageClient extends StageClient {
  constructor(
    private readonly requester: Requester,
    private readonly admission: Pick<Admission, 'reportBusy'>,
    private readonly observers: StageObservers,
  ) {
    super();
  }

  async send({ kind }: StageContract, verb: StageVerb, request: StageRequest): Promise<StageReply> {
    const { labels, outages } = this.observers;
    const stop = hops.startTimer({ kind: labels.kindOf(kind), verb });
    try {
      const reply = await this.exchange(kind, verb, request);
      stop({ outcome: reply.type });
      outages.end(kind);
      return reply;
    } catch (error) {
      if (error instanceof Problem && error.code === 'stage_busy')
        this.admission.reportBusy(request.flow.slug, error.retryAfterS ?? 1);
      if (error instanceof Problem && error.code === 'stage_away') outages.report(kind, verb);
      stop({ outcome: error instanceof Problem ? error.code : 'fault' });
      if (error instanceof Problem) error.stage = kind;
      throw error;
    }
  }

  private exchange(kind: string, verb: StageVerb, request: StageRequest): Promise<StageReply> {
    const body = Buffer.from(JSON.stringify(request));
    if (body.length > MAX_REQUEST_BYTES) throw tooLarge(request);
    return requestOverBus(this.requester, {
      subject: stageSubject(kind, verb),
      body,
      timeoutMs: request.timeout_ms,
      reply: stageReply,
      attributes: {
        [traceAttributes.stageKind]: kind,
        [traceAttributes.stageVerb]: verb,
        [traceAttributes.turn]: request.id,
      },
      attributesOf: ({ type }) => ({ [traceAttributes.outcome]: type }),
      // A request with an answer must not be sent twice, because the stage could judge the answer twice.
      idempotent: verb === 'challenge',
    });
  }
}

/**
 * Returns the problem of a request above the limit. An answer can be longer on the bus than in the HTTP body: `1e20`
 * becomes 21 digits.
 */
const tooLarge = ({ response }: StageRequest) =>
  response
    ? new Problem('body_too_large')
    : new Problem('stage_fault', { detail: 'the request is too large for the bus' });
