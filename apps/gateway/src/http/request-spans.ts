import { traceAttributes } from '@gatehouse/contracts';
import {
  beginWork,
  isTracing,
  parseTraceparent,
  type SpanContext,
  SpanKind,
  type TracedWork,
} from '@gatehouse/platform';
import { SpanStatusCode } from '@opentelemetry/api';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
  ATTR_URL_SCHEME,
} from '@opentelemetry/semantic-conventions';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { SOCKET_PATH } from './upgrades.js';

/**
 * What the span of a request does with the `traceparent` header: `link` refers to the trace of the sender, `join`
 * continues it.
 */
export const TRACEPARENT_USES = ['link', 'join'] as const;

/** Paths of the probes, which load balancers request every few seconds. */
const PROBES = '/-/';

/**
 * Records a span for each request that is sampled. The span has the route, and neither the path nor the query, because
 * both can contain tokens. `use` says how to use the `traceparent` of a request from a trusted proxy.
 */
export function recordRequestSpans(fastify: FastifyInstance, use: (typeof TRACEPARENT_USES)[number]): void {
  if (!isTracing()) return;
  const works = new WeakMap<FastifyRequest, TracedWork>();
  fastify.addHook('onRequest', (request, reply, done) => {
    const work = begin(request, use);
    if (work === undefined) return done();
    works.set(request, work);
    reply.raw.once('close', () => end(work, reply));
    done();
  });
  // The body arrives in the asynchronous context of the connection, so the hook enters the context of the span only
  // after the body has arrived.
  fastify.addHook('preHandler', (request, _reply, done) => {
    const work = works.get(request);
    if (work === undefined) done();
    else work.run(done);
  });
}

function begin(request: FastifyRequest, use: (typeof TRACEPARENT_USES)[number]): TracedWork | undefined {
  const { method, protocol, id } = request;
  const { url: route } = request.routeOptions;
  if (route?.startsWith(PROBES) || route === SOCKET_PATH) return undefined;
  const caller = parseTraceparent(request.headers['traceparent']);
  const joins = caller !== undefined && use === 'join' && isFromTrustedProxy(request);
  return beginWork({
    name: route === undefined ? method : `${method} ${route}`,
    kind: SpanKind.SERVER,
    attributes: {
      [ATTR_HTTP_REQUEST_METHOD]: method,
      [ATTR_URL_SCHEME]: protocol,
      [traceAttributes.requestId]: id,
      ...(route !== undefined && { [ATTR_HTTP_ROUTE]: route }),
    },
    ...(joins ? { parent: caller } : { links: linksTo(caller) }),
  });
}

const linksTo = (caller: SpanContext | undefined): SpanContext[] => (caller === undefined ? [] : [caller]);

/**
 * Returns whether an address in TRUSTED_PROXIES has sent the request. Fastify lists the address of the client behind a
 * proxy only if it trusts the proxy.
 */
export const isFromTrustedProxy = ({ ips = [] }: FastifyRequest): boolean => ips.length > 1;

function end(work: TracedWork, { raw }: FastifyReply): void {
  const { span } = work;
  const { statusCode: status } = raw;
  if (raw.headersSent) span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, status);
  const failure = raw.headersSent ? (status >= 500 ? String(status) : undefined) : CLIENT_DISCONNECTED;
  if (failure !== undefined) span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute(ATTR_ERROR_TYPE, failure);
  work.end();
}

/** The `error.type` of a request whose client closed the connection before the response. */
const CLIENT_DISCONNECTED = 'client_disconnected';
