import { createServer } from 'node:http';

/** An error that the visitor may read. */
export class VisitorError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/**
 * Serves GET requests by the function that `routeOf` returns for their path. The function returns the address of a
 * redirect, or answers itself. `otherwise` gets all other requests. An unknown error is logged without the address,
 * which may contain a code, and the visitor gets 502.
 */
export function serve({ publicUrl, port, routeOf, otherwise = notFound }) {
  const server = createServer((request, response) => {
    answer(request, response).catch((error) => sendError(response, error));
  });
  server.listen(port, process.env.HOST ?? '127.0.0.1', () => process.stdout.write(`serving ${publicUrl}\n`));
  process.once('SIGTERM', () => server.close(() => process.exit(0)).closeAllConnections());
  return server;

  async function answer(request, response) {
    // A path such as `//` is valid in HTTP, but is not a valid URL.
    if (!URL.canParse(request.url, publicUrl)) return notFound(request, response);
    const { pathname, searchParams } = new URL(request.url, publicUrl);
    const route = request.method === 'GET' ? routeOf(pathname) : undefined;
    if (!route) return otherwise(request, response);
    response.setHeader('cache-control', 'no-store');
    response.setHeader('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
    const location = await route({ request, response, query: searchParams });
    if (location !== undefined) response.writeHead(302, { location }).end();
  }
}

function sendError(response, error) {
  if (response.headersSent) return response.destroy(error);
  const isForVisitor = error instanceof VisitorError;
  if (!isForVisitor) process.stderr.write(`${error.name} ${error.code ?? ''} ${error.message}\n`);
  const text = isForVisitor ? error.message : 'The sign-in service is not available. Please try again later.';
  response
    .writeHead(isForVisitor ? error.status : 502, { 'content-type': 'text/plain; charset=utf-8' })
    .end(`${text}\n`);
}

const notFound = (_request, response) => sendError(response, new VisitorError(404, 'There is no such page.'));
