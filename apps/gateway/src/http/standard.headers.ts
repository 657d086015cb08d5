import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Headers of every response, errors and unknown addresses included (docs/spec/http.md#response-headers). */
export class StandardHeaders {
  private readonly fixed: Readonly<Record<string, string>>;

  /** `hstsMaxAgeS`: max-age of Strict-Transport-Security; undefined for no such header. */
  constructor({ hstsMaxAgeS }: { readonly hstsMaxAgeS: number | undefined }) {
    this.fixed = {
      'x-frame-options': 'SAMEORIGIN',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
      // Pages replace it with their own.
      'content-security-policy': "default-src 'none'; frame-ancestors 'self'",
      'cache-control': 'no-store',
      vary: 'Cookie',
      ...(hstsMaxAgeS ? { 'strict-transport-security': `max-age=${hstsMaxAgeS}` } : {}),
    };
  }

  /** Must be called before routes are registered. */
  addTo(fastify: FastifyInstance) {
    fastify.addHook('onRequest', (request, reply, done) => {
      this.set(request, reply);
      done();
    });
  }

  set(request: FastifyRequest, reply: FastifyReply) {
    void reply.headers(this.forRequest(request.id));
  }

  forRequest(requestId: string): Readonly<Record<string, string>> {
    return { ...this.fixed, 'x-authentik-id': requestId };
  }
}
