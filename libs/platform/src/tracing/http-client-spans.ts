import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
} from '@opentelemetry/semantic-conventions';
import { type Span, type SpanStart, withSpan } from './active-span.js';

const httpRequestSpan = (method: string, { hostname, port, protocol }: URL): SpanStart => ({
  name: method,
  kind: SpanKind.CLIENT,
  attributes: {
    [ATTR_HTTP_REQUEST_METHOD]: method,
    [ATTR_SERVER_ADDRESS]: hostname,
    [ATTR_SERVER_PORT]: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
  },
});

/**
 * Sends a request to an external HTTP server in a span. The span has no path and no query, because these may contain
 * secrets. The request gets no `traceparent`, because the server is not a part of this deployment.
 */
export const withHttpRequestSpan = <R extends { readonly status: number }>(
  method: string,
  url: URL,
  send: () => Promise<R>,
): Promise<R> =>
  withSpan(
    () => httpRequestSpan(method, url),
    async (span) => {
      const response = await send();
      span?.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, response.status);
      if (response.status >= 400) markHttpFailure(span, response.status);
      return response;
    },
  );

function markHttpFailure(span: Span | undefined, status: number) {
  span?.setStatus({ code: SpanStatusCode.ERROR }).setAttribute(ATTR_ERROR_TYPE, String(status));
}
