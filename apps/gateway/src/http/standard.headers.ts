import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const ID_HEADER = 'x-authentik-id';

/** Headers of every response, errors and unknown addresses included (docs/spec/http.md#response-headers). */
export class StandardHeaders {
  private readonly fixed: Readonly<Record<string, string>>;

  /** `hstsMaxAgeS` is the max-age of Strict-Transport-Security in seconds. Undefined leaves that header out. */
  constructor({ hstsMaxAgeS }: { readonly hstsMaxAgeS: number | undefined }) {
    this.fixed = {
      'x-frame-options': 'SAMEORIGIN',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
      // Pages replace this CSP with a CSP that allows their resources.
      'content-security-policy': "default-src 'none'; frame-ancestors 'self'",
      'cache-control': 'no-store',
      vary: 'Cookie',
      ...(hstsMaxAgeS ? { 'strict-transport-security': `max-age=${hstsMaxAgeS}` } : {}),
    };
  }

  /** Adds the headers to every response. Must be called before routes are registered. */
  addTo(fastify: FastifyInstance) {
    fastify.addHook('onRequest', (request, reply, done) => {
      this.set(request, reply);
      done();
    });
  }

  set(request: FastifyRequest, reply: FastifyReply) {
    void reply.headers(this.fixed).header(ID_HEADER, request.id);
  }

  forRequest(requestId: string): Readonly<Record<string, string>> {
    return { ...this.fixed, [ID_HEADER]: requestId };
  }
}
